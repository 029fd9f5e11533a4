"""Sums under pairwise masks: the coordinator learns the sum and nothing else.

This is Bonawitz et al. 2017 without dropouts: every party that takes part must answer. Keys are
agreed once a federation, mask streams are separated by round. What recovers from a missing party
belongs between asking and adding.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.aggregation.session import advertise, agree
from fedruntime.devices import PYU, SPU
from fedruntime.messages import Release

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


@dataclass(frozen=True)
class _Session:
    """Keys that all parties have agreed on, and the rounds masked with them so far."""

    name: str
    parties: tuple[str, ...]
    rounds: Iterator[int] = field(default_factory=itertools.count)


class SecureAggregator(Aggregator):
    """Adds statistics that each party has masked.

    Parameters
    ----------
    device : SPU or PYU, optional
        Accepted as SecretFlow has it; masks are made at the parties, so none is needed.
    participants : sequence of PYU, optional
        Accepted as SecretFlow has it; all parties of the federation take part.
    """

    release = Release.MASKED_SUM

    def __init__(
        self, device: SPU | PYU | None = None, participants: Sequence[PYU] | None = None
    ) -> None:
        self.device = device
        self.participants = participants
        self._sessions: WeakKeyDictionary[Exchange, _Session] = WeakKeyDictionary()

    def _masking(self, federation: Exchange) -> dict[str, Any]:
        session = self._sessions.get(federation)
        if session is None or session.parties != federation.parties:
            session = _Session(self._agree(federation), federation.parties)
            self._sessions[federation] = session
        return {"session": session.name, "round_number": next(session.rounds)}

    def _agree(self, federation: Exchange) -> str:
        session = secrets.token_hex(16)
        purpose = "key agreement"
        replies = federation.ask(
            advertise, {}, release=Release.CLEAR, session=session, purpose=purpose
        )
        public_keys = {party: reply.arrays["key"] for party, reply in replies.items()}
        federation.ask(
            agree,
            {"public_keys": public_keys},
            release=Release.CLEAR,
            session=session,
            purpose=purpose,
        )
        return session
