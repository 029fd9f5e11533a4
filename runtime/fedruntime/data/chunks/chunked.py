"""Rows of a table that is read in chunks: nothing of them is kept but a recipe, and each pass
makes them anew, chunk by chunk. What operations there are on them is not known here.

Rows come out of a pass in the order in which they are read. After a shuffled split that is not
their order in the script, so the places that they have there are kept beside (16 bytes a row).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from fedruntime.data.chunks.reading import Chunk, Reading
from fedruntime.errors import DataError, UnsupportedError

Numbers = npt.NDArray[np.intp]
Made = dict[int, Any]


@dataclass(frozen=True, eq=False)
class Places:
    """Which rows of a table some rows are, and in which order.

    Parameters
    ----------
    reading : Reading
    read : ndarray of int, optional
        Their numbers in the table, ascending, as a pass gives them; by default all rows.
    turn : ndarray of int, optional
        Of each row, in the script's order, which one of ``read`` it is; by default the same order.
    """

    reading: Reading
    read: Numbers | None = None
    turn: Numbers | None = None

    def __len__(self) -> int:
        return self.reading.rows if self.read is None else len(self.read)

    def chosen(self, positions: Numbers) -> tuple[Places, Numbers]:
        """Some of these rows by position; also which ones of ``read`` these are, ascending."""
        turns = positions if self.turn is None else self.turn[positions]
        if (turns[1:] >= turns[:-1]).all():
            ordered, turn = turns, None
        else:
            order = np.argsort(turns, kind="stable")
            ordered = turns[order]
            turn = np.empty_like(order)
            turn[order] = np.arange(len(order))
        read = ordered if self.read is None else self.read[ordered]
        return Places(self.reading, read, turn), ordered

    def own(self, chunk: Chunk) -> slice:
        """Which ones of ``read`` a chunk has."""
        end = chunk.start + len(chunk.rows)
        if self.read is None:
            return slice(chunk.start, end)
        return slice(*np.searchsorted(self.read, [chunk.start, end]))

    @property
    def last(self) -> int:
        """The last chunk that has one of them."""
        if self.read is None:
            return len(self.reading.lengths) - 1
        if not len(self.read):
            return -1
        return int(np.searchsorted(self.reading.starts, self.read[-1], side="right")) - 1

    def same_as(self, other: Places) -> bool:
        """Whether these are the same rows in the same order."""
        if self is other:
            return True
        return (
            self.reading is other.reading
            and _equal(self.read, other.read)
            and _equal(self.turn, other.turn)
        )


class Chunked(ABC):
    """Rows at a party, made chunk by chunk in every pass.

    Parameters
    ----------
    places : Places
    example : array or table
        One of the rows, or none if there are none.
    """

    def __init__(self, places: Places, example: Any) -> None:
        self.places = places
        self.example = example

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.example.shape[1:])

    @property
    def ndim(self) -> int:
        return int(self.example.ndim)

    @property
    def dtype(self) -> Any:
        return self.example.dtype

    @abstractmethod
    def made(self, chunk: Chunk, made: Made) -> Any:
        """The rows of a chunk."""

    def part(self, chunk: Chunk, made: Made) -> Any:
        """The rows of a chunk, made once a pass though several results need them."""
        if id(self) not in made:
            made[id(self)] = self._like_example(self.made(chunk, made))
        return made[id(self)]

    def __getitem__(self, positions: Any) -> Chunked:
        """Rows by position, in that order."""
        return Taken(self, np.asarray(positions, dtype=np.intp))

    def __array__(self, dtype: Any = None, copy: Any = None) -> npt.NDArray[Any]:
        """A mask, one byte a row: the only rows that are ever in memory as a whole."""
        if self.ndim != 1 or str(self.example.dtype) not in ("bool", "boolean"):
            raise UnsupportedError(
                "rows that are read in chunks are not put into memory as a whole, masks excepted"
            )
        found = np.empty(len(self), dtype=bool)
        for chunk in passes(self.places):
            found[self.places.own(chunk)] = np.asarray(self.part(chunk, {}), dtype=bool)
        return found if self.places.turn is None else found[self.places.turn]

    def _like_example(self, rows: Any) -> Any:
        if not rows.shape[0] or not self.example.shape[0]:
            return rows
        if type(rows) is not type(self.example) or rows.shape[1:] != self.example.shape[1:]:
            raise DataError(
                f"an operation gives a {type(rows).__name__} of shape {rows.shape} for one chunk, "
                f"and a {type(self.example).__name__} of shape {self.example.shape} for another"
            )
        dtypes, expected = _dtypes(rows), _dtypes(self.example)
        if dtypes != expected:
            raise DataError(
                f"an operation gives {', '.join(dtypes)} for one chunk and {', '.join(expected)} "
                "for another: convert with .astype(float) first"
            )
        return rows


class Loaded(Chunked):
    """A table as it is read, with the pooled row numbers as row labels if it has none."""

    def __init__(self, reading: Reading, start: int = 0) -> None:
        self._start = start
        super().__init__(Places(reading), reading.example)

    def starting_at(self, start: int) -> Loaded:
        """The same rows behind so many pooled rows of others."""
        return Loaded(self.places.reading, start)

    def made(self, chunk: Chunk, made: Made) -> Any:
        rows = chunk.rows
        if self.places.reading.has_default_labels and isinstance(rows, pd.DataFrame | pd.Series):
            first = self._start + chunk.start
            rows = rows.copy(deep=False)
            rows.index = pd.RangeIndex(first, first + len(rows))
        return rows


class Taken(Chunked):
    """Some rows of others."""

    def __init__(self, origin: Chunked, positions: Numbers) -> None:
        self._origin = origin
        places, self._among = origin.places.chosen(positions)
        super().__init__(places, origin.example if len(positions) else origin.example[:0])

    def made(self, chunk: Chunk, made: Made) -> Any:
        among = self._among[self.places.own(chunk)] - self._origin.places.own(chunk).start
        return _some(self._origin.part(chunk, made), among)


class Derived(Chunked):
    """What a row-wise operation makes of rows.

    Parameters
    ----------
    operation : callable
    arguments : mapping
        With ``Chunked`` values, which have their rows at the same places.
    places : Places
    """

    def __init__(self, operation: Any, arguments: Mapping[str, Any], places: Places) -> None:
        self._operation = operation
        self._arguments = arguments
        if len(places):
            example = self.made(next(passes(places)), {})[:1]
        else:
            example = operation(**replaced(arguments, lambda rows: rows.example[:0]))
        super().__init__(places, example)

    def made(self, chunk: Chunk, made: Made) -> Any:
        return self._operation(**replaced(self._arguments, lambda rows: rows.part(chunk, made)))


def passes(places: Places) -> Iterator[Chunk]:
    """The chunks that hold some of the rows, read once."""
    for chunk in places.reading.chunks(places.last):
        own = places.own(chunk)
        if own.stop > own.start:
            yield chunk


def chunked_in(value: Any) -> Iterator[Chunked]:
    """All rows read in chunks that a value holds."""
    if isinstance(value, Chunked):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from chunked_in(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from chunked_in(entry)


def replaced(value: Any, by: Any) -> Any:
    """A value with something else in the place of rows read in chunks."""
    if isinstance(value, Chunked):
        return by(value)
    if isinstance(value, Mapping):
        return {key: replaced(entry, by) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(replaced(entry, by) for entry in value)
    return value


def _equal(one: Numbers | None, other: Numbers | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _some(rows: Any, positions: Numbers) -> Any:
    if isinstance(rows, pd.DataFrame | pd.Series):
        return rows.iloc[positions]
    return (rows.tocsr() if sparse.issparse(rows) else rows)[positions]


def _dtypes(rows: Any) -> list[str]:
    if isinstance(rows, pd.DataFrame):
        return [str(dtype) for dtype in rows.dtypes]
    return [str(rows.dtype)]
