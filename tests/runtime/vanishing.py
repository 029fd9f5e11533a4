"""Engines whose parties vanish, and federations of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fedruntime.data.layout import RowLayout
from fedruntime.dropouts import DropoutWarning
from fedruntime.engines.local import LocalEngine
from fedruntime.federation import Federation
from fedruntime.messages import Reply, Request
from fedruntime.settings import Settings

How = Literal["before", "after", "late"]


@dataclass
class Vanishing:
    """When a party vanishes: at which message, counted over all calls, and how.

    ``before`` it is delivered, ``after`` it was executed (the reply is lost), or ``late``: it is
    executed when the coordinator does not wait any more.
    """

    party: str
    message: int
    how: How = "before"
    for_messages: int | None = None  # None: for good


class VanishingEngine(LocalEngine):
    """Simulated parties of which some do not answer from some message on.

    Parameters
    ----------
    parties : sequence of str
    vanishing : sequence of Vanishing
    """

    def __init__(self, parties: Sequence[str], vanishing: Sequence[Vanishing] = ()) -> None:
        super().__init__(parties)
        self.vanishing = list(vanishing)
        self.messages = 0
        self.sent: list[tuple[str, Request]] = []
        self._late: list[tuple[str, Request]] = []

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        number, self.messages = self.messages, self.messages + 1
        self.sent.extend(requests.items())
        gone = {each.party: each for each in self.vanishing if self._is_gone(each, number)}
        replies = super().call(
            {
                party: request
                for party, request in requests.items()
                if party not in gone
                or (gone[party].message == number and gone[party].how == "after")
            }
        )
        for party, each in gone.items():
            if party in requests and each.how == "late":
                self._late.append((party, requests[party]))
            replies.pop(party, None)
        return {party: replies[party] for party in requests if party in replies}

    def reachable(self, party: str) -> bool:
        back = not any(
            each.party == party and self._is_gone(each, self.messages) for each in self.vanishing
        )
        if back:  # what it was slow with it has done by now, and nobody waits for the reply
            for late in [late for late in self._late if late[0] == party]:
                self._late.remove(late)
                super().call(dict([late]))
        return back

    def _is_gone(self, each: Vanishing, message: int) -> bool:
        end = np.inf if each.for_messages is None else each.message + each.for_messages
        return each.message <= message < end


PARTIES = ("alice", "bob", "carol")


def federation_of(
    *vanishing: Vanishing, parties: Sequence[str] = PARTIES, min_parties: int | None = 2
) -> Federation:
    """A federation whose parties vanish as told; the floor is two parties."""
    settings = Settings(parties=tuple(parties), min_parties=min_parties)
    return Federation(settings, engine=VanishingEngine(parties, vanishing))


@dataclass(frozen=True)
class Pool:
    """Pooled rows with their owners, and what is left of them when parties are missing."""

    owner: Any

    def deal(self, federation: Federation, rows: Any) -> Any:
        layout = RowLayout(federation.all_parties, np.asarray(self.owner, dtype=np.intp))
        parts = {party: _pick(rows, at) for party, at in layout.positions.items()}
        return federation.place(parts, layout)

    def without(self, rows: Any, *missing: int) -> Any:
        return _pick(rows, np.flatnonzero(~np.isin(self.owner, missing)))


def _pick(rows: Any, positions: Any) -> Any:
    return rows.iloc[positions] if hasattr(rows, "iloc") else rows[positions]


def quietly(run: Callable[[], Any]) -> Any:
    """Run something without the warnings of parties that vanish."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DropoutWarning)
        return run()
