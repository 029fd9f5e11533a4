"""Row operations that a party has to work off before it can take part again: in their order, and
without those that nobody needs any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fedruntime.data.facts import PartFacts
from fedruntime.messages import Public, Ref, Request

_PRUNE_AT_LEAST = 64


@dataclass(frozen=True)
class RowsToMake:
    """A row operation and what has to come of it.

    Parameters
    ----------
    request : Request
    rows : int
        How many rows the party's part has to have.
    facts : PartFacts, optional
        Of the handle that the operation made, where what the party tells of its part belongs.
    told : mapping, optional
        What the party told of its part when it had one: it has to tell the same again.
    """

    request: Request
    rows: int
    facts: PartFacts | None = None
    told: Public = None


class Backlog:
    """The row operations of one party."""

    def __init__(self, entries: Iterable[RowsToMake] = (), forgotten: Iterable[str] = ()) -> None:
        self.entries = list(entries)
        self._forgotten = set(forgotten)
        self._prune_at = max(_PRUNE_AT_LEAST, 2 * len(self.entries))

    def add(self, entry: RowsToMake) -> None:
        self.entries.append(entry)
        if len(self.entries) >= self._prune_at:
            self.prune()
            self._prune_at = max(_PRUNE_AT_LEAST, 2 * len(self.entries))

    def forget(self, names: Iterable[str]) -> None:
        """Note rows that no handle refers to any more."""
        self._forgotten.update(names)

    def makes(self, name: str) -> bool:
        """Whether rows of a name come of it."""
        return any(entry.request.keep_as == name for entry in self.entries)

    def prune(self) -> None:
        """Leave out rows that nobody refers to any more, and nothing that is still needed does."""
        needed: set[str] = set()
        kept = []
        for entry in reversed(self.entries):
            name = entry.request.keep_as
            if name not in self._forgotten or name in needed:
                needed.update(_refs(entry.request.arguments))
                kept.append(entry)
        self.entries = kept[::-1]
        self._forgotten.intersection_update(self._names())

    def clear(self) -> None:
        self.entries.clear()
        self._forgotten.clear()

    def then(self, later: Backlog) -> Backlog:
        """This and what comes after it, as one."""
        both = Backlog((*self.entries, *later.entries), self._forgotten | later._forgotten)
        both.prune()
        return both

    def passing(self) -> list[str]:
        """Names of rows that it makes only for others to be made of."""
        return sorted(self._forgotten & set(self._names()))

    def _names(self) -> Iterator[str]:
        return (entry.request.keep_as for entry in self.entries)


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _refs(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _refs(entry)
