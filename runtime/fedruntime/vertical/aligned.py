"""Handles to tables of which parties hold other columns of the same rows.

Such a table is made of blocks: ordinary handles, each of whose rows lie at one party alone. What
works on one column, or on columns of one party, is the blocks' business; here it is found out
whose they are, and what needs columns of several parties is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from fedruntime.attempts import Restartable
from fedruntime.caller import where
from fedruntime.data.array import FedArray
from fedruntime.data.facts import Facts
from fedruntime.data.frame import FedFrame
from fedruntime.data.handle import AlignedRows, Handle
from fedruntime.data.layout import RowLayout
from fedruntime.data.selection import RowSelection
from fedruntime.data.take import take
from fedruntime.data.template import column_positions
from fedruntime.errors import DataError, RevealError, UnsupportedError
from fedruntime.exchange import Exchange
from fedruntime.operations import Statistics, party_op

Place = tuple[int, int]


class Aligned(AlignedRows, Restartable):
    """Columns at several parties, of the same rows in the same order.

    Parameters
    ----------
    blocks : sequence of Handle
        The columns of one party each; never empty.
    order : sequence of (int, int)
        For each column its block, and its position there.
    """

    def __init__(self, blocks: Sequence[Handle], order: Sequence[Place]) -> None:
        self.__dict__.update(blocks=tuple(blocks), order=tuple(order), products={})

    blocks: tuple[Handle, ...]
    order: tuple[Place, ...]
    products: dict[Any, Any]  # what products across parties have masked of these columns

    @property
    def federation(self) -> Exchange:
        return self.blocks[0].federation

    @property
    def parties(self) -> tuple[str, ...]:
        """The owner of each block."""
        return tuple(owner_of(block) for block in self.blocks)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.blocks[0]), len(self.order)

    @property
    def ndim(self) -> int:
        return 2

    def __len__(self) -> int:
        return len(self.blocks[0])

    @property
    def facts(self) -> Facts:
        """What is public of all columns."""
        facts = [block.facts for block in self.blocks]
        named = facts[0].columns is not None
        return Facts(
            kind=facts[0].kind,
            rows=facts[0].rows,
            tail=(len(self.order),),
            columns=tuple(facts[b].columns[c] for b, c in self.order) if named else None,  # type: ignore[index]
            dtypes=tuple(facts[b].dtypes[c] for b, c in self.order)
            if named
            else (str(np.result_type(*(one.dtypes[0] for one in facts))),),
        )

    @cached_property
    def columns_of(self) -> list[npt.NDArray[np.intp]]:
        """For each block the positions of its columns in the whole table."""
        found = []
        for number, block in enumerate(self.blocks):
            places = {place: at for at, (b, place) in enumerate(self.order) if b == number}
            found.append(np.array([places[at] for at in range(block.shape[1])], dtype=np.intp))
        return found

    def __repr__(self) -> str:
        extent = " x ".join(str(extent) for extent in self.shape)
        held = ", ".join(
            f"{party}: {block.shape[1]}"
            for party, block in zip(self.parties, self.blocks, strict=True)
        )
        return f"<{type(self).__name__} {extent}; columns at {held}>"

    def refuse(self, verb: str, instead: str) -> NoReturn:
        """Refuse to show rows, with the line of the user's script that asked for it."""
        raise RevealError(
            f"{where()}{self!r} cannot be {verb}: rows stay at the parties; {instead}"
        )

    def __str__(self) -> str:
        self.refuse("printed", "print its shape or an aggregate such as describe()")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse("copied into a local array", "keep working on the handle, or aggregate first")

    def __bool__(self) -> NoReturn:
        self.refuse("tested for truth", "use len(X)")

    def take(self, indices: Any) -> Any:
        """The rows at positions, in that order, at every party.

        Those that a stratified split has chosen at the label party are told to all parties.
        """
        if isinstance(indices, RowSelection):
            indices = chosen_positions(indices)
        return type(self)([take(block, indices) for block in self.blocks], self.order)

    def each(self, change: Callable[[Any], Handle], kind: type[Aligned] | None = None) -> Any:
        """The table after every block was changed in the same way, column by column."""
        return (kind or type(self))([change(block) for block in self.blocks], self.order)

    def _pick(self, positions: Sequence[int]) -> Any:
        """Some of the columns."""
        chosen = [self.order[at] for at in positions]
        used = list(dict.fromkeys(b for b, _ in chosen))
        blocks, places = [], {}
        for number, b in enumerate(used):
            own = [c for other, c in chosen if other == b]
            block: Any = self.blocks[b]
            whole = own == list(range(block.shape[1]))
            blocks.append(block if whole else self._columns(block, own))
            places.update({(b, c): (number, at) for at, c in enumerate(own)})
        if not blocks:
            raise UnsupportedError(f"{where()}no column of {self!r} is left")
        return type(self)(blocks, [places[place] for place in chosen])

    def _columns(self, block: Any, positions: list[int]) -> Handle:
        raise NotImplementedError


class AlignedArray(Aligned):
    """A numpy array whose columns lie at several parties."""

    def _columns(self, block: FedArray, positions: list[int]) -> Handle:
        picked: Handle = block[:, positions]
        return picked

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.facts.dtypes[0])

    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if isinstance(columns, int | np.integer):
            block, place = self.order[int(columns)]
            return self.blocks[block][rows, place]  # type: ignore[index]
        found = self
        if not (isinstance(rows, slice) and rows == slice(None)):
            found = self.take(np.arange(len(self))[public_rows(self, rows)])
        picked = np.arange(self.shape[1])[columns]
        return found if len(picked) == self.shape[1] else found._pick(picked.tolist())


class AlignedFrame(Aligned):
    """A pandas DataFrame whose columns lie at several parties.

    Attributes
    ----------
    keys_used : frozenset of str
        The columns by which rows were matched. They are not in the table any more, and dropping
        them once more does nothing.
    """

    keys_used: frozenset[str] = frozenset()

    def each(self, change: Callable[[Any], Handle], kind: type[Aligned] | None = None) -> Any:
        return self._like_this(super().each(change, kind))

    def take(self, indices: Any) -> Any:
        return self._like_this(super().take(indices))

    def _pick(self, positions: Sequence[int]) -> Any:
        return self._like_this(super()._pick(positions))

    def _like_this(self, table: Any) -> Any:
        if isinstance(table, AlignedFrame):
            table.__dict__["keys_used"] = self.keys_used
        return table

    def _columns(self, block: FedFrame, positions: list[int]) -> Handle:
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
    def iloc(self) -> _Positions:
        """Rows and columns by public positions."""
        return _Positions(self)

    @property
    def values(self) -> AlignedArray:
        """The columns as numpy arrays at their parties."""
        return self.to_numpy()

    def to_numpy(self, dtype: Any = None) -> AlignedArray:
        """The columns as numpy arrays at their parties."""
        given = {} if dtype is None else {"dtype": dtype}
        array: AlignedArray = self.each(lambda block: block.to_numpy(**given), AlignedArray)
        return array

    def __arithmetic(self, name: str, other: Any) -> Any:
        if isinstance(other, pd.Series) and set(other.index) == set(self.columns):
            return self.each(lambda block: getattr(block, name)(other[list(block.columns)]))
        if isinstance(other, Handle | Aligned):
            raise UnsupportedError(
                f"{where()}{self!r} meets rows of other parties: compute it column by column "
                "where both lie at one party"
            )
        if np.ndim(other):
            raise UnsupportedError(f"{where()}{self!r} meets {np.ndim(other)}-D values")
        return self.each(lambda block: getattr(block, name)(other))

    def __add__(self, other: Any) -> Any:
        return self.__arithmetic("__add__", other)

    def __sub__(self, other: Any) -> Any:
        return self.__arithmetic("__sub__", other)

    def __mul__(self, other: Any) -> Any:
        return self.__arithmetic("__mul__", other)

    def __truediv__(self, other: Any) -> Any:
        return self.__arithmetic("__truediv__", other)

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
        if not (isinstance(rows, slice) and rows == slice(None)):
            frame = frame.take(np.arange(len(frame))[public_rows(frame, rows)])
        if isinstance(columns, int | np.integer):
            return frame[frame.columns[int(columns)]]
        picked = np.arange(frame.shape[1])[columns]
        return frame if len(picked) == frame.shape[1] else frame._pick(picked.tolist())


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


def public_rows(table: Aligned, rows: Any) -> Any:
    """A subscript that names rows by public positions."""
    if isinstance(rows, int | np.integer) and not isinstance(rows, bool):
        raise RevealError(f"{where()}row {rows} cannot be shown: rows stay at the parties")
    if isinstance(rows, Handle):
        raise UnsupportedError(f"{where()}rows of {table!r} are chosen by public positions")
    return rows


def chosen_positions(selection: RowSelection) -> npt.NDArray[np.intp]:
    """Which rows a stratified split has chosen at the one party that has the labels."""
    numbers = selection.numbers
    told = numbers.federation.collect(tell_positions, numbers=numbers, purpose="stratified split")
    return np.asarray(told[owner_of(numbers)]["positions"], dtype=np.intp)


@party_op("across.chosen", reveals="which rows a split by label has chosen")
def tell_positions(numbers: Any) -> Statistics:
    """The positions of the rows that a split has chosen."""
    return {"positions": np.asarray(numbers)}


def owner_of(handle: Handle) -> str:
    """The one party at which all rows of a handle lie.

    Raises
    ------
    DataError
        If they lie at several parties.
    """
    owners = [
        party
        for party, count in zip(handle.layout.parties, handle.layout.counts, strict=True)
        if count
    ]
    if len(owners) != 1:
        raise DataError(f"{where()}the rows of {handle!r} do not lie at one party alone")
    return owners[0]


def layout_at(parties: Sequence[str], owner: str, rows: int) -> RowLayout:
    """All rows at one of the parties."""
    number = tuple(parties).index(owner)
    return RowLayout(tuple(parties), np.full(rows, number, dtype=np.intp))
