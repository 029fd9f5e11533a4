"""Which party holds which row of the pooled table, in the pooled order.

Row counts are public, so every split of scikit-learn can be drawn on global positions; a layout
turns positions into the parties' own row numbers. Each party keeps its rows in pooled order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RowLayout:
    """The owner of every pooled row.

    Parameters
    ----------
    parties : tuple of str
        In the federation's order.
    owner : ndarray of shape (n_samples,)
        For each pooled row the position in ``parties`` of the party that holds it.
    source : RowLayout, optional
        The layout that these rows were taken from.
    whole : RowLayout, optional
        The layout with the rows of parties that are missing, where these are the others'.
    """

    parties: tuple[str, ...]
    owner: npt.NDArray[np.intp]
    source: RowLayout | None = None
    whole: RowLayout | None = None

    @classmethod
    def contiguous(cls, parties: Sequence[str], counts: Sequence[int]) -> RowLayout:
        """Parties one after another, each with a block of rows."""
        return cls(tuple(parties), np.repeat(np.arange(len(parties)), counts))

    def __len__(self) -> int:
        return len(self.owner)

    @cached_property
    def positions(self) -> dict[str, Indices]:
        """For each party the pooled positions of its rows, ascending."""
        return {
            party: np.flatnonzero(self.owner == number) for number, party in enumerate(self.parties)
        }

    @cached_property
    def local(self) -> Indices:
        """For each pooled row its row number at its party."""
        local = np.empty(len(self.owner), dtype=np.intp)
        for positions in self.positions.values():
            local[positions] = np.arange(len(positions))
        return local

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple(len(positions) for positions in self.positions.values())

    @cached_property
    def runs(self) -> tuple[Indices, Indices]:
        """Owners and lengths of the maximal blocks of consecutive rows with one owner."""
        if not len(self.owner):
            empty = np.empty(0, dtype=np.intp)
            return empty, empty
        starts = np.flatnonzero(np.r_[True, self.owner[1:] != self.owner[:-1]])
        return self.owner[starts], np.diff(np.r_[starts, len(self.owner)])

    @property
    def lineage(self) -> Iterator[RowLayout]:
        """This layout, the one its rows were taken from, and so on."""
        layout: RowLayout | None = self
        while layout is not None:
            yield layout
            if layout.whole is not None:
                yield layout.whole
            layout = layout.source

    def restricted(self, parties: Collection[str]) -> RowLayout:
        """The rows of some of the parties, in the pooled order; the same object every time."""
        present = tuple(party for party in self.parties if party in parties)
        if present == self.parties:
            return self
        if present not in self._restrictions:
            numbers = np.full(len(self.parties), -1, dtype=np.intp)
            numbers[[self.parties.index(party) for party in present]] = np.arange(len(present))
            owner = numbers[self.owner]
            source = None if self.source is None else self.source.restricted(parties)
            self._restrictions[present] = RowLayout(present, owner[owner >= 0], source, self)
        return self._restrictions[present]

    @cached_property
    def _restrictions(self) -> dict[tuple[str, ...], RowLayout]:
        return {}

    def same_as(self, other: RowLayout) -> bool:
        return self is other or (
            self.parties == other.parties and np.array_equal(self.owner, other.owner)
        )

    def take(self, indices: npt.ArrayLike) -> tuple[RowLayout, dict[str, Indices]]:
        """The layout of the rows ``indices``, in that order, and each party's own row numbers."""
        chosen = np.asarray(indices, dtype=np.intp)
        owner = self.owner[chosen]
        local = self.local[chosen]
        picked = {party: local[owner == number] for number, party in enumerate(self.parties)}
        return RowLayout(self.parties, owner, self), picked

    def split_runs(self, party: str) -> Indices:
        """Lengths of the party's own runs, in order."""
        owners, lengths = self.runs
        own: Indices = lengths[owners == self.parties.index(party)]
        return own

    def keep(self, kept: dict[str, Any]) -> RowLayout:
        """The layout after a filter, from how many rows of each of its runs a party kept."""
        owners, _ = self.runs
        remaining = np.empty(len(owners), dtype=np.intp)
        for number, party in enumerate(self.parties):
            remaining[owners == number] = kept[party]
        return RowLayout(self.parties, np.repeat(owners, remaining), self)
