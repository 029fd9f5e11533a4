"""Sums under masks: the coordinator learns the sum and nothing else.

Two modes, chosen by what the federation promises. Where everyone has to answer, parties share one
key a pair and a sum is one message (``pairwise``). Where ``min_parties`` allows some to be
missing, a sum is two messages and survives them (``double_mask``). Here they are bound to a
federation: which session serves which parties, and what becomes of those who did not answer.

Keys, rosters and shares are signed or sealed between the parties, so a coordinator that alters,
swaps, replays, drops or invents them is noticed before anything is masked. What one that does not
keep to the protocol can still do:

- lie about the result, or give none;
- where parties let sums be over fewer than all, count one that answered as missing, or leave it
  out of a session, so that sums are over a cohort of its choice. No cohort is smaller than each
  party's own ``min_parties``, but the difference of two sums of one statistic over cohorts that
  differ by a party is that party's statistic. The same difference shows where a party really
  vanishes between two such sums. A party whose policy does not set ``min_parties`` is in sums
  over all the parties that it knows, and in no others;
- tell parties different survivors of a round. It gets no sum of fewer than two honest parties,
  among up to 50 parties; but it may get one of fewer than ``min_parties``. In the sparser graph of
  more parties, which a coordinator can draw again by opening another session, neither this nor
  the assumed share of colluding neighbours holds against one that does not keep to the protocol;
- subtract what parties that collude with it have put in: parties are only those whose identities
  the others were given, but it may have been one of them that was given.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from fedruntime.aggregation.adding import (
    Total,
    Words,
    common_layout,
    total_of,
    vectors_of,
)
from fedruntime.aggregation.aggregator import Aggregator, Ask, Lost
from fedruntime.aggregation.agreement import Answers, gather_keys, hand_round, new_session
from fedruntime.aggregation.coordinator import SurvivingSession
from fedruntime.aggregation.graph import CORRUPT, DROPOUT
from fedruntime.aggregation.roster import Roster, Survival
from fedruntime.devices import PYU, SPU
from fedruntime.errors import DropoutError
from fedruntime.messages import Public, Release, Reply
from fedruntime.operations import Operation

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

_PURPOSE = "key agreement"
_Holders = frozenset[tuple[str, int]]


class SecureAggregator(Aggregator):
    """Adds statistics that each party has masked.

    Parameters
    ----------
    device : SPU or PYU, optional
        Accepted as SecretFlow has it; masks are made at the parties, so none is needed.
    participants : sequence of PYU, optional
        Accepted as SecretFlow has it; all parties of the federation take part.
    corrupt : float
        Where a sum may miss parties: the share of them that may collude with the coordinator
        without learning more than their own statistics and the sum tell them. Parties insist on
        the default at least.
    dropout : float
        Where a sum may miss parties: the share of them that may vanish in one round so that a sum
        still comes out. Up to 50 parties more may, as long as over half remain; see
        ``graph.neighbourhood``.
    """

    release = Release.MASKED_SUM

    def __init__(
        self,
        device: SPU | PYU | None = None,
        participants: Sequence[PYU] | None = None,
        *,
        corrupt: float = CORRUPT,
        dropout: float = DROPOUT,
    ) -> None:
        self.device = device
        self.participants = participants
        self.survival = Survival(corrupt, dropout)
        self._sessions: WeakKeyDictionary[Exchange, _Sessions] = WeakKeyDictionary()

    def _add(self, federation: Exchange, ask: Ask, lost: Lost) -> Total:
        sessions = self._sessions.setdefault(federation, _Sessions())
        if 2 < len(federation.parties) > federation.min_parties:
            return self._add_surviving(federation, sessions, ask, lost)
        holders = _holders(federation, federation.parties)
        agreed = sessions.pairwise.get(holders)
        if agreed is None:
            agreed = sessions.pairwise[holders] = _agree(federation)
        replies = ask(session=agreed.session, round_number=next(agreed.rounds))
        return total_of(replies)

    def _add_surviving(
        self, federation: Exchange, sessions: _Sessions, ask: Ask, lost: Lost
    ) -> Total:
        line = _Line(federation)
        layout: Public = None

        def vectors(session: str, number: int, parties: Sequence[str]) -> dict[str, Words]:
            nonlocal layout
            replies = ask(session=session, round_number=number, parties=parties, may_miss=True)
            line.note_missing(parties, replies)
            layout = common_layout(replies)
            return vectors_of(replies)

        # A session in which anything has failed is not used again.
        session = sessions.surviving.pop(_holders(federation, federation.parties), None)
        try:
            if session is None:
                session = SurvivingSession(
                    line.send,
                    federation.parties,
                    self.survival,
                    min_parties=federation.min_parties,
                    public_random=federation.engine.public_random,
                )
            total, parties = session.sum(line.send, vectors)
        except DropoutError:
            lost(sorted(line.missing))
            raise
        if session.reusable:
            sessions.surviving[_holders(federation, session.roster.parties)] = session
        return Total(total, layout, parties)


@dataclass(frozen=True)
class _Agreed:
    """Keys that parties who all answer have agreed on, and the rounds masked with them so far."""

    session: str
    rounds: Iterator[int] = field(default_factory=itertools.count)


@dataclass(frozen=True)
class _Sessions:
    """The sessions of one federation, by who holds their keys."""

    pairwise: dict[_Holders, _Agreed] = field(default_factory=dict)
    surviving: dict[_Holders, SurvivingSession] = field(default_factory=dict)


def _holders(federation: Exchange, parties: Iterable[str]) -> _Holders:
    """Parties as they are now: one that begins again does not hold the keys that it had."""
    return frozenset((party, federation.begun_again(party)) for party in parties)


class _Line:
    """Session operations on their way to parties, and who of these did not answer."""

    def __init__(self, federation: Exchange) -> None:
        self._federation = federation
        self.missing: set[str] = set()

    def send(
        self, operation: Operation, each: Mapping[str, Mapping[str, Public]], *, session: str
    ) -> Answers:
        replies = self._federation.ask(
            operation,
            {},
            each=each,
            parties=tuple(each),
            release=Release.CLEAR,
            session=session,
            purpose=_PURPOSE,
            may_miss=True,
        )
        self.note_missing(each, replies)
        return {party: reply.arrays for party, reply in replies.items()}

    def note_missing(self, asked: Iterable[str], replies: Mapping[str, Reply]) -> None:
        self.missing.update(party for party in asked if party not in replies)


def _agree(federation: Exchange) -> _Agreed:
    """Agree on keys among all parties; the first that does not answer ends it."""
    session = new_session(federation.engine.public_random)

    def send(
        operation: Operation, each: Mapping[str, Mapping[str, Public]], *, session: str
    ) -> Answers:
        replies = federation.ask(
            operation, {}, each=each, release=Release.CLEAR, session=session, purpose=_PURPOSE
        )
        return {party: reply.arrays for party, reply in replies.items()}

    signed = gather_keys(send, session, federation.parties)
    hand_round(send, Roster(session, signed))
    return _Agreed(session)
