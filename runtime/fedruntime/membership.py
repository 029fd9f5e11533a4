"""Who of a federation takes part: those who answer. What a missing party was not told is kept here
until it is back. Asking, waiting and beginning again are the business of ``Exchange``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from fedruntime.backlog import Backlog, RowsToMake
from fedruntime.dropouts import Dropout


@dataclass
class Absence:
    """A party that does not take part, and what it has missed.

    Parameters
    ----------
    entry : Dropout
    begun : int
        How often it had begun by then; see ``Engine.begun``.
    """

    entry: Dropout
    begun: int = 1
    missed: Backlog = field(default_factory=Backlog)
    forget: list[str] = field(default_factory=list)
    stays_out: bool = False


class Membership:
    """The parties of one federation, present and missing.

    Parameters
    ----------
    parties : sequence of str
        In pooling order.
    floor : int, optional
        With how many of them a result is still worth having; by default all.
    """

    def __init__(self, parties: Sequence[str], floor: int | None) -> None:
        self.all = tuple(parties)
        self.present = self.all
        self.absences: dict[str, Absence] = {}
        self.dropouts: list[Dropout] = []
        self.complete = True  # nobody has ever been missing
        self._floor = floor
        self._untold: dict[str, list[str]] = {}
        self._made: dict[str, Backlog] = {}
        self._begun_again: dict[str, int] = {}

    @property
    def floor(self) -> int:
        return len(self.all) if self._floor is None else self._floor

    def add(self, party: str) -> None:
        self.all = (*self.all, party)
        self.present = (*self.present, party)

    def leave(
        self, party: str, *, operation: str, purpose: str, message: int, begun: int = 1
    ) -> Dropout:
        """A party has not answered; see ``Absence`` for ``begun``."""
        self.complete = False
        self.present = tuple(name for name in self.present if name != party)
        entry = Dropout("missing", party, operation, purpose, message, self.present)
        self.absences[party] = Absence(entry, begun, forget=self._untold.pop(party, []))
        self.dropouts.append(entry)
        return entry

    def made(self, party: str, entry: RowsToMake) -> None:
        """A party holds rows that it can make again."""
        self._made.setdefault(party, Backlog()).add(entry)

    def begin_again(self, party: str, begun: int) -> None:
        """A missing party holds nothing any more: it has to make again all that is needed."""
        absence = self.absences[party]
        absence.begun = begun
        absence.missed = self._made.pop(party, Backlog()).then(absence.missed)
        absence.forget = absence.missed.passing()
        self._begun_again[party] = self.begun_again(party) + 1

    def begun_again(self, party: str) -> int:
        """How often a party has lost what it held."""
        return self._begun_again.get(party, 0)

    def come_back(self, party: str, message: int) -> Dropout:
        """A party has caught up."""
        absence = self.absences.pop(party)
        self._untold[party] = absence.forget
        self.present = tuple(name for name in self.all if name in (*self.present, party))
        return self._note("back", absence, message)

    def leave_out(self, party: str, reason: str, message: int) -> Dropout:
        """A party is back and cannot catch up."""
        absence = self.absences[party]
        absence.stays_out = True
        absence.missed.clear()
        absence.forget.clear()
        return self._note("left out", absence, message, reason)

    def _note(self, event: Any, absence: Absence, message: int, reason: str = "") -> Dropout:
        was = absence.entry
        entry = Dropout(event, was.party, was.operation, was.purpose, message, self.present, reason)
        self.dropouts.append(entry)
        return entry

    # -- rows that nobody refers to any more --------------------------------------------------

    def tell_again(self, party: str, names: Sequence[str]) -> None:
        """What a party was told to drop in a message that it may not have had."""
        if names:
            self._untold.setdefault(party, []).extend(names)

    def forget(self, names: Sequence[str], asked: Collection[str]) -> dict[str, tuple[str, ...]]:
        """What the asked parties are told to drop; others are told when they are next asked."""
        shared = tuple(names)
        told = dict.fromkeys(asked, shared)
        for made in self._made.values():
            made.forget(shared)
        for party in asked:
            if own := self._untold.pop(party, None):
                told[party] = (*own, *shared)
        if shared and len(asked) < len(self.all):
            for party in self.all:
                if party in told:
                    continue
                absence = self.absences.get(party)
                if absence is None:
                    self._untold.setdefault(party, []).extend(shared)
                elif not absence.stays_out:
                    absence.forget.extend(shared)
                    absence.missed.forget(shared)
        return told
