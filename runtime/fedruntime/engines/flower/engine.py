"""The coordinator's end: requests as messages through the SuperLink, to the node of each party."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flwr.app import Message

from fedruntime.dropouts import listed
from fedruntime.engines.flower.records import FAREWELL, GREETING, REQUEST, frame_of, record_of
from fedruntime.errors import ProtocolError, RevealError, SettingsError
from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.greeting import greeting
from fedruntime.messages import Public, Reply, Request, pack_request, unpack_reply

if TYPE_CHECKING:
    from flwr.serverapp import Grid

_LOOK_AGAIN = 0.1  # seconds between looks for answers; Flower's own waiting takes 3
_FAREWELL = 10.0  # seconds that parties have to hear that they may forget all
_MEETING = 120.0  # seconds that parties have to be found, where there is no deadline


class FlowerEngine:
    """The parties that are connected to a SuperLink.

    Parameters
    ----------
    grid : Grid
        Flower's connection to it.
    parties : sequence of str
        That have to be found there.
    script_sha256 : str
        Of the running script, for the parties to compare with what they have reviewed.
    deadline : float, optional
        Seconds that they have to be found.

    Raises
    ------
    SettingsError
        If a party is not there, or takes no part; says which, and why.
    """

    simulated = False

    def __init__(
        self,
        grid: Grid,
        parties: Sequence[str],
        script_sha256: str,
        deadline: float | None = None,
    ) -> None:
        self._grid = grid
        self._greeting = greeting(script_sha256)
        self._nodes: dict[str, int] = {}
        self._unanswered: dict[str, set[str]] = {party: set() for party in parties}
        self._begun = dict.fromkeys(parties, 0)
        self._here: set[str] = set()
        self._stopped = False
        self.seconds: dict[str, float] = {}  # that the last answer of each took
        try:
            self._meet(tuple(parties), deadline or _MEETING)
        except BaseException:
            self.stop()
            raise

    def _meet(self, parties: Sequence[str], seconds: float) -> None:
        """Greet every node that comes, until all parties have answered."""
        until = time.monotonic() + seconds
        asked: dict[str, int] = {}
        greeted: set[int] = set()
        strange: dict[int, str] = {}
        while len(self._nodes) < len(parties):
            new = [node for node in self._grid.get_node_ids() if node not in greeted]
            asked.update(self._greet(new))
            greeted.update(new)
            for number, message in _answers(self._grid, asked):
                node = asked.pop(number)
                if message.has_error():
                    strange[node] = message.error.reason or "it gives no reason"
                    continue
                party, refusal = frame_of(message.content)
                if refusal:
                    raise SettingsError(f"party {party!r} takes no part: {refusal.decode()}")
                if party in self._nodes:
                    raise SettingsError(f"two nodes at the SuperLink say that they are {party!r}")
                if party in parties:
                    self._nodes[party] = node
                    self._welcomed(party)
            if time.monotonic() >= until:
                raise SettingsError(_missing(parties, self._nodes, strange, seconds))
            time.sleep(_LOOK_AGAIN)

    def _greet(self, nodes: Sequence[int]) -> dict[str, int]:
        messages = [Message(record_of(self._greeting), node, GREETING) for node in nodes]
        numbers = self._grid.push_messages(messages)
        return {number: node for number, node in zip(numbers, nodes, strict=True) if number}

    def _welcomed(self, party: str) -> None:
        self._here.add(party)
        self._begun[party] += 1

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        if self._stopped:
            raise ProtocolError("the federation has ended, so no party can be asked")
        began = time.monotonic()
        asked = self._push(
            {
                party: Message(record_of(dumps(pack_request(request))), self._nodes[party], REQUEST)
                for party, request in requests.items()
            }
        )
        replies: dict[str, Reply] = {}
        while asked:
            for number, message in _answers(self._grid, asked):
                party = asked.pop(number)
                self._unanswered[party].discard(number)
                if message.has_error():
                    self._here.discard(party)  # its node has gone, or has begun anew
                else:
                    replies[party] = unpack_reply(loads(frame_of(message.content)[1]))
                    self.seconds[party] = time.monotonic() - began
            if asked:
                if timeout is not None and time.monotonic() >= began + timeout:
                    break
                time.sleep(_LOOK_AGAIN)
        return {party: replies[party] for party in requests if party in replies}

    def _push(self, messages: Mapping[str, Message]) -> dict[str, str]:
        """Who was sent which message."""
        numbers = self._grid.push_messages(list(messages.values()))
        asked = {}
        for party, number in zip(messages, numbers, strict=True):
            if number:  # Flower did not take the others
                asked[number] = party
                self._unanswered[party].add(number)
            else:
                self._here.discard(party)
        return asked

    def reachable(self, party: str) -> bool:
        unanswered = self._unanswered[party]
        if unanswered:
            for number, message in _answers(self._grid, unanswered):
                unanswered.discard(number)
                if message.has_error():
                    self._here.discard(party)
                elif party not in self._here and frame_of(message.content)[1] == b"":
                    self._welcomed(party)
        if unanswered or self._nodes[party] not in self._grid.get_node_ids():
            return False
        if party not in self._here:
            unanswered.update(self._greet([self._nodes[party]]))
        return party in self._here

    def begun(self, party: str) -> int:
        return self._begun[party]

    def place(self, party: str, name: str, rows: Any) -> Public:
        raise RevealError(f"{party!r} is a real party: it loads its own rows, by fed.load")

    def public_random(self, count: int) -> bytes:
        return os.urandom(count)

    def stop(self) -> None:
        self._stopped = True
        nodes, self._nodes = self._nodes, {}
        asked = self._push(
            {party: Message(record_of(b""), node, FAREWELL) for party, node in nodes.items()}
        )
        until = time.monotonic() + _FAREWELL  # Flower drops what is left when a run ends
        while asked and time.monotonic() < until:
            for number, _ in _answers(self._grid, asked):
                del asked[number]
            time.sleep(_LOOK_AGAIN)


def _answers(grid: Grid, numbers: Iterable[str]) -> list[tuple[str, Message]]:
    """The answers that there are, each with the number of its question."""
    awaited = list(numbers)
    answers = grid.pull_messages(awaited) if awaited else ()
    return [(message.metadata.reply_to_message_id, message) for message in answers]


def _missing(
    parties: Sequence[str], found: Mapping[str, int], strange: Mapping[int, str], seconds: float
) -> str:
    missing = [party for party in parties if party not in found]
    others = "".join(f"; node {node} says: {reason}" for node, reason in strange.items())
    return (
        f"{listed(missing)} did not come to the SuperLink within {seconds:g} seconds: is the "
        f"node started there, and is its key registered?{others}"
    )
