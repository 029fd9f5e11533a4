"""Who of a federation takes part: those who answer. What a missing party was not told is kept here
until it is back. Asking, waiting and beginning again are the business of ``Exchange``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fedruntime.data.facts import PartFacts
from fedruntime.dropouts import Dropout
from fedruntime.messages import Ref, Request

_PRUNE_AT_LEAST = 64


@dataclass(frozen=True)
class Missed:
    """A row operation that a missing party has to catch up on.

    Parameters
    ----------
    request : Request
    facts : PartFacts
        Of the handle that the operation made, where what the party tells of its part belongs.
    rows : int
        How many rows its part has to have.
    """

    request: Request
    facts: PartFacts
    rows: int


@dataclass
class Absence:
    """A party that does not take part, and what it has missed."""

    entry: Dropout
    missed: list[Missed] = field(default_factory=list)
    forget: list[str] = field(default_factory=list)
    stays_out: bool = False
    _prune_at: int = _PRUNE_AT_LEAST

    def will_hold(self, name: str) -> bool:
        """Whether rows of a name will be there once it has caught up."""
        return any(missed.request.keep_as == name for missed in self.missed)

    def miss(self, missed: Missed) -> None:
        self.missed.append(missed)
        if len(self.missed) >= self._prune_at:
            self.prune()
            self._prune_at = max(_PRUNE_AT_LEAST, 2 * len(self.missed))

    def prune(self) -> None:
        """Leave out rows that nobody refers to any more, and nothing that is still needed does."""
        forgotten = set(self.forget)
        needed: set[str] = set()
        kept = []
        for missed in reversed(self.missed):
            name = missed.request.keep_as
            if name not in forgotten or name in needed:
                needed.update(_refs(missed.request.arguments))
                kept.append(missed)
        self.missed = kept[::-1]


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

    @property
    def floor(self) -> int:
        return len(self.all) if self._floor is None else self._floor

    def add(self, party: str) -> None:
        self.all = (*self.all, party)
        self.present = (*self.present, party)

    def leave(self, party: str, *, operation: str, purpose: str, message: int) -> Dropout:
        """A party has not answered."""
        self.complete = False
        self.present = tuple(name for name in self.present if name != party)
        entry = Dropout("missing", party, operation, purpose, message, self.present)
        self.absences[party] = Absence(entry, forget=self._untold.pop(party, []))
        self.dropouts.append(entry)
        return entry

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
        return told


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _refs(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _refs(entry)
