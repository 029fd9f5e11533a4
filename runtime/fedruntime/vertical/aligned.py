"""Handles to tables of which parties hold other columns of the same rows.

Such a table is made of blocks: ordinary handles, each of whose rows lie at one party alone. What
works on one column, or on columns of one party, is the blocks' business; here it is found out
whose they are, and what needs columns of several parties is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin

from fedruntime.attempts import Restartable
from fedruntime.caller import where
from fedruntime.data.facts import Facts
from fedruntime.data.handle import AlignedRows, Handle
from fedruntime.data.layout import RowLayout
from fedruntime.data.selection import RowSelection
from fedruntime.data.take import take
from fedruntime.errors import DataError, RevealError, UnsupportedError
from fedruntime.exchange import Exchange
from fedruntime.operations import Statistics, party_op

Place = tuple[int, int]


class Aligned(AlignedRows, NDArrayOperatorsMixin, Restartable):
    """Columns at several parties, of the same rows in the same order.

    Parameters
    ----------
    blocks : sequence of Handle
        The columns of one party each; never empty.
    order : sequence of (int, int)
        For each column its block, and its position there.
    """

    kinds: ClassVar[dict[str, type[Aligned]]] = {}  # facts.kind of the blocks -> class

    def __init_subclass__(cls, kind: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Aligned.kinds[kind] = cls

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

    __pandas_priority__ = 5000  # as of other handles

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Operators and element-wise functions, at each party on its own columns."""
        others = [given for given in inputs if given is not self]
        if any(isinstance(given, Handle | Aligned) for given in others):
            raise UnsupportedError(
                f"{where()}{self!r} meets rows of other parties: compute it column by column "
                "where both lie at one party"
            )
        blocks = []
        for block, columns in zip(self.blocks, self.columns_of, strict=True):
            own = [block if given is self else self._part(given, columns) for given in inputs]
            blocks.append(getattr(ufunc, method)(*own, **kwargs))
        return self.each_of(blocks)

    def _part(self, given: Any, columns: npt.NDArray[np.intp]) -> Any:
        """Of public values, one a column, those of some columns."""
        if np.ndim(given) == 0:
            return given
        if isinstance(given, pd.Series) and set(given.index) == set(self.facts.columns or ()):
            return given[[(self.facts.columns or ())[at] for at in columns]]
        values = np.asarray(given)
        if values.shape in ((self.shape[1],), (1, self.shape[1])):
            return values.reshape(-1)[columns]
        raise UnsupportedError(
            f"{where()}{self!r} meets values of shape {values.shape}: give a number, or one a "
            "column"
        )

    def each_of(self, blocks: Sequence[Handle]) -> Any:
        """The table with other blocks in the place of its own, of the kind that these are."""
        return made_of(blocks, self.order)

    def each(self, change: Callable[[Any], Handle]) -> Any:
        """The table after every block was changed in the same way, column by column."""
        return self.each_of([change(block) for block in self.blocks])

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
        return made_of(blocks, [places[place] for place in chosen])

    def _columns(self, block: Any, positions: list[int]) -> Handle:
        raise NotImplementedError


def made_of(blocks: Sequence[Handle], order: Sequence[Place]) -> Any:
    """A table of blocks, of the kind that these are."""
    return Aligned.kinds[blocks[0].facts.kind](blocks, order)


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
