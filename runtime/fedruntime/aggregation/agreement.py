"""Opening a session, the coordinator's half: signed channel keys are gathered and handed round.
What they are worth is for each party to judge (``session``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from fedruntime.aggregation.roster import Roster, SignedKey
from fedruntime.aggregation.session_operations import advertise, agree
from fedruntime.messages import Array, Public
from fedruntime.operations import Operation

Answers = dict[str, Mapping[str, Array]]


class Send(Protocol):
    """Sends a session operation to parties; gives the answers of those who answered."""

    def __call__(
        self, operation: Operation, each: Mapping[str, Mapping[str, Public]], *, session: str
    ) -> Answers: ...


def new_session(public_random: Callable[[int], bytes]) -> str:
    """A name that no session has had; see ``Engine.public_random``."""
    return public_random(16).hex()


def gather_keys(send: Send, session: str, parties: Sequence[str]) -> dict[str, SignedKey]:
    """The signed channel keys of those who answer."""
    answers = send(advertise, {party: {} for party in parties}, session=session)
    return {
        party: SignedKey(answer["key"].tobytes(), answer["signature"].tobytes())
        for party, answer in answers.items()
    }


def hand_round(send: Send, roster: Roster) -> tuple[str, ...]:
    """Give everyone the roster; those who have taken it."""
    each = dict.fromkeys(roster.parties, roster.to_arguments())
    return tuple(send(agree, each, session=roster.session))
