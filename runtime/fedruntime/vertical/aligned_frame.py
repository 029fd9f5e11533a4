"""Handles to tables with column labels, of which parties hold other columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.selection import RowSelection
from fedruntime.data.template import column_positions
from fedruntime.errors import UnsupportedError
from fedruntime.vertical.aligned import Aligned, owner_of, public_rows


class AlignedFrame(Aligned, kind="frame"):
    """A pandas DataFrame whose columns lie at several parties.

    Attributes
    ----------
    keys_used : frozenset of str
        The columns by which rows were matched. They are not in the table any more, and dropping
        them once more does nothing.
    """

    keys_used: frozenset[str] = frozenset()

    def each_of(self, blocks: Sequence[Handle]) -> Any:
        return self._like_this(super().each_of(blocks))

    def take(self, indices: Any) -> Any:
        return self._like_this(super().take(indices))

    def _pick(self, positions: Sequence[int]) -> Any:
        return self._like_this(super()._pick(positions))

    def _like_this(self, table: Any) -> Any:
        if isinstance(table, AlignedFrame):
            table.__dict__["keys_used"] = self.keys_used
        return table

    def _columns(self, block: Any, positions: list[int]) -> Handle:
        picked: Handle = block._pick(positions)
        return picked

    @property
    def columns(self) -> pd.Index:
        return pd.Index(self.facts.columns or ())

    @property
    def dtypes(self) -> pd.Series:
        return self._by_column(lambda block: block.dtypes)

    def keys(self) -> pd.Index:
        """The column labels."""
        return self.columns

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Column labels, each with its column."""
        for label in self.columns:
            yield label, self[label]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.columns)

    def __contains__(self, label: Any) -> bool:
        return label in self.columns

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.columns:
            return self[name]
        if name in _ROW_BY_ROW:
            return self._method(name)
        if name in _BY_COLUMN:
            return lambda *args, **options: self._by_column(
                lambda block: getattr(block, name)(*args, **options)
            )
        if not hasattr(pd.DataFrame, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        raise UnsupportedError(
            f"{where()}.{name} of {self!r} has no counterpart where columns lie at several "
            "parties; it may have one for the columns of a single party"
        )

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self.take(np.arange(len(self))[key])
        if isinstance(key, RowSelection):
            return self.take(key)
        if isinstance(key, Handle):
            raise UnsupportedError(
                f"{where()}rows of {self!r} chosen by a column of {owner_of(key)} would tell the "
                "other parties which rows these are; filter each table before it is loaded"
            )
        listed = list(key) if isinstance(key, list | np.ndarray | pd.Index | pd.Series) else key
        positions = column_positions(self.facts, listed)
        if isinstance(positions, int):
            block, _ = self.order[positions]
            return self.blocks[block][key]  # type: ignore[index]
        return self._pick(positions)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._become(self._with(key, value))

    def _with(self, key: Any, value: Any) -> AlignedFrame:
        if isinstance(key, list):
            raise UnsupportedError(f"{where()}set the columns of {self!r} one by one")
        parties = self.parties
        if key in self.columns:
            number = self.order[column_positions(self.facts, key)][0]
        elif isinstance(value, Handle) and owner_of(value) in parties:
            number = parties.index(owner_of(value))
        else:
            number = 0
        if isinstance(value, Handle) and owner_of(value) != parties[number]:
            raise UnsupportedError(
                f"{where()}column {key!r} lies at {parties[number]}, its new values at "
                f"{owner_of(value)}: give it another name"
            )
        block: Any = self.blocks[number]
        changed = block.assign(**{key: value})
        order = list(self.order)
        if changed.shape[1] > block.shape[1]:
            order.append((number, block.shape[1]))
        blocks = [changed if at == number else one for at, one in enumerate(self.blocks)]
        frame: AlignedFrame = self._like_this(AlignedFrame(blocks, order))
        return frame

    def assign(self, **columns: Any) -> AlignedFrame:
        """The frame with columns set, each where its values are; a function is called with the
        frame so far."""
        frame = self
        for label, value in columns.items():
            frame = frame._with(label, value(frame) if callable(value) else value)
        return frame

    def __delitem__(self, key: Any) -> None:
        self.drop(columns=[key], inplace=True)

    def pop(self, item: Any) -> Any:
        """Take a column out of the frame."""
        if item in self.keys_used:
            raise KeyError(f"{item!r} has been used to match rows, and is no column any more")
        column = self[item]
        self.drop(columns=[item], inplace=True)
        return column

    def drop(
        self,
        labels: Any = None,
        *,
        axis: Any = 0,
        index: Any = None,
        columns: Any = None,
        inplace: bool = False,
        errors: str = "raise",
    ) -> Any:
        """Drop columns."""
        if labels is not None and axis in (1, "columns"):
            columns = labels
        elif labels is not None or index is not None:
            raise UnsupportedError(f"{where()}drop names rows by labels, which are at the parties")
        given = [columns] if isinstance(columns, str) else list(columns)
        columns = [label for label in given if label not in self.keys_used]
        numbered = pd.DataFrame([np.arange(self.shape[1])], columns=self.columns)
        left = self._pick(numbered.drop(columns=columns, errors=errors).iloc[0].tolist())
        return self._become(left) if inplace else left

    def select_dtypes(self, include: Any = None, exclude: Any = None) -> Any:
        """The columns of some dtypes."""
        numbered = pd.DataFrame(
            {at: pd.Series(dtype=dtype) for at, dtype in enumerate(self.dtypes)}
        )
        return self._pick(numbered.select_dtypes(include, exclude).columns.tolist())

    def copy(self, deep: bool = True) -> AlignedFrame:
        """The same rows under a handle of their own."""
        twin: AlignedFrame = self.each(lambda block: block.copy())
        return twin

    @property
    def loc(self) -> _Labels:
        """Columns by label."""
        return _Labels(self)

    @property
    def iloc(self) -> _Positions:
        """Rows and columns by public positions."""
        return _Positions(self)

    @property
    def values(self) -> Any:
        """The columns as numpy arrays at their parties."""
        return self.to_numpy()

    def to_numpy(self, dtype: Any = None) -> Any:
        """The columns as numpy arrays at their parties."""
        given = {} if dtype is None else {"dtype": dtype}
        return self.each(lambda block: block.to_numpy(**given))

    def _method(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, inplace: bool = False, **options: Any) -> Any:
            for given in (*args, *options.values()):
                if isinstance(given, Handle | Aligned):
                    raise UnsupportedError(
                        f"{where()}{name} of {self!r} with {given!r} would join columns of "
                        "several parties"
                    )
            changed = self.each(
                lambda block: getattr(block, name)(
                    *(_of_block(given, block) for given in args),
                    **{key: _of_block(given, block) for key, given in options.items()},
                )
            )
            return self._become(changed) if inplace else changed

        return method

    def _by_column(self, ask: Callable[[Any], Any]) -> Any:
        """Public figures by column, of all parties, in the order of the table."""
        parts = [ask(block) for block in self.blocks]
        if isinstance(parts[0], pd.DataFrame):
            joined = pd.concat(parts, axis=1)
            return joined[[label for label in self.columns if label in joined.columns]]
        joined = pd.concat(parts)
        return joined[[label for label in self.columns if label in joined.index]]

    def _become(self, other: AlignedFrame) -> None:
        self.__dict__.clear()
        self.__dict__.update(other.__dict__)


class _Positions:
    """What ``.iloc`` gives."""

    def __init__(self, frame: AlignedFrame) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        frame: Any = self._frame
        if isinstance(rows, RowSelection):
            frame, rows = frame.take(rows), slice(None)
        if not (isinstance(rows, slice) and rows == slice(None)):
            frame = frame.take(np.arange(len(frame))[public_rows(frame, rows)])
        if isinstance(columns, int | np.integer):
            return frame[frame.columns[int(columns)]]
        picked = np.arange(frame.shape[1])[columns]
        return frame if len(picked) == frame.shape[1] else frame._pick(picked.tolist())


class _Labels:
    """What ``.loc`` gives: all rows, and columns by label."""

    def __init__(self, frame: AlignedFrame) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if not (isinstance(rows, slice) and rows == slice(None)):
            raise UnsupportedError(
                f"{where()}rows of {self._frame!r} are chosen by public positions: use iloc"
            )
        if isinstance(columns, slice) and columns == slice(None):
            return self._frame
        positions = column_positions(self._frame.facts, columns)
        listed = positions if isinstance(positions, list) else [positions]
        found = self._frame.iloc[:, listed]
        return found if isinstance(positions, list) else found[columns]


_ROW_BY_ROW = frozenset(
    {"abs", "astype", "clip", "fillna", "isna", "isnull", "notna", "notnull", "rename", "replace",
     "round", "reset_index"}
)  # fmt: skip
_BY_COLUMN = frozenset(
    {"count", "describe", "max", "mean", "median", "min", "nunique", "quantile", "std", "sum",
     "var"}
)  # fmt: skip


def _of_block(given: Any, block: Any) -> Any:
    """Of public values by column label those that concern a block."""
    labels = set(block.columns)
    if isinstance(given, dict):
        return {key: value for key, value in given.items() if key in labels}
    if isinstance(given, pd.Series):
        return given[[label for label in given.index if label in labels]]
    return given
