"""Reading a table in chunks, again and again: what the first pass finds (row counts, dtypes, a
checksum of every chunk) is what every later pass has to find, too.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.errors import DataError

Chunks = Callable[[], Any]


@dataclass(frozen=True)
class Chunk:
    """Rows of one chunk, and how many there are before it."""

    number: int
    start: int
    rows: Any


class Reading:
    """A table that is read chunk by chunk.

    Parameters
    ----------
    begin : callable
        Begins one pass: gives an iterable of tables, or a table that has partitions of its own,
        as Dask's. It is called for every pass and has to give the same each time.

    Raises
    ------
    DataError
        If it gives something else than tables, tables that do not fit together, or no rows.
    """

    def __init__(self, begin: Chunks) -> None:
        self._begin = begin
        self._dtypes: list[np.dtype[Any]] | None = None
        self.lengths: list[int] = []
        self._sums: list[int] = []
        first: Any = None
        default_labels = True
        for rows in self._pass():
            if first is None or not len(first):
                first = rows if first is None or len(rows) else first
            self._require_like(first, rows)
            default_labels &= _is_default(rows, sum(self.lengths))
            self.lengths.append(len(rows))
            self._sums.append(_checksum(rows))
        if first is None or not any(self.lengths):
            raise DataError("the loader gave no rows: not one chunk of them")
        self.has_default_labels = default_labels
        self.example = self._typed(first[:1])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)])

    @property
    def rows(self) -> int:
        return int(self.starts[-1])

    def chunks(self, last: int) -> Iterator[Chunk]:
        """One pass, to the chunk of a number.

        Raises
        ------
        DataError
            If this pass gives other rows than the first one.
        """
        number = -1
        passed = self._pass()
        for number, rows in enumerate(passed):
            if number >= len(self.lengths) or (len(rows), _checksum(rows)) != (
                self.lengths[number],
                self._sums[number],
            ):
                raise _changed(number)
            yield Chunk(number, int(self.starts[number]), self._typed(rows))
            if number == last < len(self.lengths) - 1:
                passed.close()
                return
        if number + 1 != len(self.lengths):
            raise _changed(number + 1)

    def _pass(self) -> Generator[Any, None, None]:
        given = self._begin()
        try:
            for rows in _tables(given):
                if not isinstance(rows, pd.DataFrame | pd.Series | np.ndarray) or not rows.ndim:
                    raise DataError(
                        f"with chunksize= a loader has to give an iterator of tables; a chunk is "
                        f"a {type(rows).__name__}"
                    )
                yield rows
        finally:
            close = getattr(given, "close", None)
            if close is not None:
                close()

    def _require_like(self, first: Any, rows: Any) -> None:
        if type(rows) is not type(first) or rows.shape[1:] != first.shape[1:]:
            raise DataError(
                f"chunk {len(self.lengths)} is a {type(rows).__name__} of shape {rows.shape}, "
                f"the first one a {type(first).__name__} of shape {first.shape}"
            )
        if isinstance(rows, pd.DataFrame) and not rows.columns.equals(first.columns):
            raise DataError(f"chunk {len(self.lengths)} has other columns than the first one")
        dtypes = _dtypes(rows)
        if self._dtypes is None or not sum(self.lengths):
            self._dtypes = dtypes
        elif len(rows):
            self._dtypes = [
                _common(one, other, number, rows)
                for number, (one, other) in enumerate(zip(self._dtypes, dtypes, strict=True))
            ]

    def _typed(self, rows: Any) -> Any:
        """A chunk in the dtypes that the whole table has: a chunk without holes has integers
        where the whole has floats."""
        assert self._dtypes is not None
        if _dtypes(rows) == self._dtypes:
            return rows
        if isinstance(rows, pd.DataFrame):
            return rows.astype(dict(zip(rows.columns, self._dtypes, strict=True)))
        return rows.astype(self._dtypes[0])


def is_partitioned_table(value: Any) -> bool:
    """Whether a value is a table in partitions that are computed one by one, as Dask's."""
    return all(hasattr(value, name) for name in ("npartitions", "get_partition", "compute"))


def _tables(given: Any) -> Iterable[Any]:
    if is_partitioned_table(given):
        return (given.get_partition(number).compute() for number in range(given.npartitions))
    if isinstance(given, Iterator):
        return given
    raise DataError(
        f"with chunksize= a loader has to give an iterator of tables, as pandas.read_csv or a "
        f"generator function does; it gave a {type(given).__name__}"
    )


def _is_default(rows: Any, start: int) -> bool:
    """Whether row labels are numbers that nobody chose: from zero in the table, or in the chunk."""
    if not isinstance(rows, pd.DataFrame | pd.Series):
        return True
    own, among = pd.RangeIndex(len(rows)), pd.RangeIndex(start, start + len(rows))
    return bool(rows.index.equals(own) or rows.index.equals(among))


def _dtypes(rows: Any) -> list[Any]:
    return list(rows.dtypes) if isinstance(rows, pd.DataFrame) else [rows.dtype]


def _common(one: Any, other: Any, number: int, rows: Any) -> Any:
    if one == other:
        return one
    both = all(isinstance(dtype, np.dtype) and dtype.kind in "iuf" for dtype in (one, other))
    if both:
        return np.result_type(one, other)
    column = rows.columns[number] if isinstance(rows, pd.DataFrame) else number
    raise DataError(
        f"column {column!r} is {one} in one chunk and {other} in another: give the loader the "
        "dtype, such as dtype={...} of pandas.read_csv"
    )


def _checksum(rows: Any) -> int:
    found = 0
    if isinstance(rows, pd.DataFrame):
        columns = [rows.iloc[:, number].to_numpy() for number in range(rows.shape[1])]
    else:
        columns = [rows.to_numpy() if isinstance(rows, pd.Series) else rows]
    for values in columns:
        if values.dtype.kind in "OmM":
            values = pd.util.hash_array(values.ravel(), categorize=False)
        cells = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
        found = zlib.crc32(cells.data, found)
    return found


def _changed(number: int) -> DataError:
    return DataError(
        f"the table changes between passes: chunk {number} is not what it was when the table was "
        "loaded; keep the file as it is during a run, and let a generator draw from a fixed seed"
    )
