"""Parties without an engine: the coordinator's half talks to them through a network that tests can
break, delay and forge."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.coordinator import SurvivingSession
from fedruntime.aggregation.graph import CORRUPT, DROPOUT
from fedruntime.aggregation.roster import Survival
from fedruntime.aggregation.session import PartySession
from fedruntime.crypto.identity import Identity
from fedruntime.operations import Operation

Words = npt.NDArray[np.uint64]
VECTOR = "vector"  # the message that carries masked statistics; all others are operations
MESSAGES = (
    "secure.advertise",
    "secure.agree",
    "secure.share",
    "secure.deliver",
    VECTOR,
    "secure.unmask",
)


def stream(seed: str) -> Callable[[int], bytes]:
    """Random bytes that are the same in every run."""
    calls = itertools.count()

    def entropy(count: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(calls)}".encode()).digest(count)

    return entropy


def names(count: int) -> list[str]:
    return [f"p{number:03d}" for number in range(count)]


@dataclass
class Network:
    """Simulated parties and what happens to the messages to them.

    ``before`` and ``after`` may change a message or answer, or drop it by giving ``None``; they
    are called with its name, party, and content. Everything that leaves a party is kept in
    ``transcript``.
    """

    parties: Sequence[str]
    min_parties: int = 2
    corrupt: float = CORRUPT
    seed: str = ""
    before: Callable[[str, str, dict[str, Any]], dict[str, Any] | None] | None = None
    after: Callable[[str, str, dict[str, Any]], dict[str, Any] | None] | None = None
    transcript: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.identities = {
            party: Identity.generate(stream(f"{self.seed} identity {party}"))
            for party in self.parties
        }
        self.known = {party: identity.public for party, identity in self.identities.items()}
        self.sessions: dict[tuple[str, str], PartySession] = {}

    def session(self, party: str, name: str) -> PartySession:
        if (party, name) not in self.sessions:
            self.sessions[party, name] = PartySession(
                name,
                party,
                self.identities[party],
                self.known,
                min_parties=self.min_parties,
                corrupt=self.corrupt,
                entropy=stream(f"{self.seed} {len(self.sessions)} {party}"),
            )
        return self.sessions[party, name]

    def send(
        self, operation: Operation, each: Mapping[str, Mapping[str, Any]], *, session: str
    ) -> dict[str, Mapping[str, Any]]:
        def run(party: str, content: dict[str, Any]) -> dict[str, Any]:
            return dict(operation(self.session(party, session), **content))

        return {**self._pass(operation.name, each, run)}

    def ask(
        self, inputs: Mapping[str, Words]
    ) -> Callable[[str, int, Sequence[str]], dict[str, Words]]:
        """How parties are asked for their masked inputs."""

        def ask(session: str, number: int, parties: Sequence[str]) -> dict[str, Words]:
            def run(party: str, content: dict[str, Any]) -> dict[str, Any]:
                vector = inputs[party].copy()
                self.session(party, content["session"]).mask(vector, content["number"])
                return {"vector": vector}

            each = {party: {"session": session, "number": number} for party in parties}
            return {
                party: answer["vector"] for party, answer in self._pass(VECTOR, each, run).items()
            }

        return ask

    def open(
        self, *, dropout: float = DROPOUT, rounds: int = 2, min_parties: int = 2
    ) -> SurvivingSession:
        return SurvivingSession(
            self.send,
            self.parties,
            Survival(self.corrupt, dropout),
            min_parties=min_parties,
            rounds=rounds,
        )

    def _pass(
        self,
        name: str,
        each: Mapping[str, Mapping[str, Any]],
        run: Callable[[str, dict[str, Any]], dict[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        answers = {}
        for party, content in each.items():
            told: dict[str, Any] | None = dict(content)
            if self.before is not None:
                told = self.before(name, party, dict(content))
            if told is None:
                continue
            answer: dict[str, Any] | None = run(party, told)
            assert answer is not None
            self.transcript.append((name, party, answer))
            if self.after is not None:
                answer = self.after(name, party, dict(answer))
            if answer is not None:
                answers[party] = answer
        return answers


def inputs_of(parties: Sequence[str], size: int = 3, seed: int = 0) -> dict[str, Words]:
    """A vector of arbitrary words for each party."""
    rng = np.random.default_rng(seed)
    return {
        party: rng.integers(0, 2**64, size=size, dtype=np.uint64, endpoint=False)
        for party in parties
    }


def plain_sum(inputs: Mapping[str, Words], parties: Sequence[str]) -> list[int]:
    """The sum without any masks, modulo 2**64."""
    columns = np.array([inputs[party].astype(object) for party in parties])
    return [int(total) % 2**64 for total in columns.sum(axis=0)]
