"""The session in which parties exchange what only they may read: opened once for those who take
part, all of whom have to answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from fedruntime.aggregation.agreement import Answers, gather_keys, hand_round, new_session
from fedruntime.aggregation.roster import Roster
from fedruntime.exchange import Exchange
from fedruntime.messages import Public, Release
from fedruntime.operations import Operation

_OPEN: WeakKeyDictionary[Exchange, dict[tuple[tuple[str, int], ...], str]] = WeakKeyDictionary()


def session_of(federation: Exchange) -> str:
    """The name of the session of those who take part now; opened when it is first asked for."""
    holders = tuple((party, federation.begun_again(party)) for party in federation.parties)
    sessions = _OPEN.setdefault(federation, {})
    if holders not in sessions:
        session = new_session(federation.engine.public_random)

        def send(
            operation: Operation, each: Mapping[str, Mapping[str, Public]], *, session: str
        ) -> Answers:
            return ask(federation, operation, each, session=session, purpose="key agreement")

        hand_round(send, Roster(session, gather_keys(send, session, federation.parties)))
        sessions[holders] = session
    return sessions[holders]


def ask(
    federation: Exchange,
    operation: Operation,
    each: Mapping[str, Mapping[str, Public]],
    *,
    session: str,
    purpose: str,
) -> Answers:
    """What a session operation gives at some of the parties, each called with its own arguments.

    Raises
    ------
    DropoutError
        If a party does not answer: nobody else has its columns.
    """
    replies = federation.ask(
        operation,
        {},
        each=each,
        parties=tuple(each),
        release=Release.CLEAR,
        session=session,
        purpose=purpose,
    )
    return {party: reply.arrays for party, reply in replies.items()}
