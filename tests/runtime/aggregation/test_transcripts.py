"""What the coordinator sees: words that look random, other ones every round, and nothing that
depends on the inputs beyond their sum."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from scipy import stats
from simulated_parties import VECTOR, Network, Words, inputs_of, names, plain_sum, stream

from fedruntime.aggregation import coordinator
from fedruntime.aggregation.adding import added
from fedruntime.aggregation.agreement import gather_keys, hand_round
from fedruntime.aggregation.roster import Roster
from fedruntime.crypto import masks

PARTIES = names(5)
LATE, SILENT = "p001", "p003"  # one whose vector comes too late, one that never sends it
SURVIVORS = [party for party in PARTIES if party not in (LATE, SILENT)]


# -- masked vectors look random ------------------------------------------------------------------


def masked_vectors(mode: str, *, rounds: int, size: int) -> list[Words]:
    """What parties with nothing but zeros send, in the order of rounds and parties."""
    network = Network(names(3), seed="uniform")
    inputs = {party: np.zeros(size, dtype=np.uint64) for party in network.parties}
    if mode == "surviving":
        session = network.open(rounds=rounds)
        for _ in range(rounds):
            session.sum(network.send, network.ask(inputs))
    else:
        everyone_agrees(network)
        for number in range(rounds):
            network.ask(inputs)("fixed", number, network.parties)
    return [answer["vector"] for name, _, answer in network.transcript if name == VECTOR]


def everyone_agrees(network: Network) -> None:
    hand_round(network.send, Roster("fixed", gather_keys(network.send, "fixed", network.parties)))


@pytest.fixture(autouse=True)
def _fixed_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinator, "new_session", lambda public_random: "fixed")


@pytest.mark.parametrize("mode", ["everyone", "surviving"])
def test_masked_zeros_pass_tests_of_uniformity(mode: str) -> None:
    octets = np.concatenate(masked_vectors(mode, rounds=8, size=2048)).view(np.uint8)
    counts = np.bincount(octets, minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-3
    bits = np.unpackbits(octets)
    assert stats.binomtest(int(bits.sum()), len(bits)).pvalue > 1e-3
    pairs = octets[:-1].astype(np.intp) * 256 + octets[1:]
    assert stats.chisquare(np.bincount(pairs, minlength=1 << 16)).pvalue > 1e-3


@pytest.mark.parametrize("mode", ["everyone", "surviving"])
def test_no_word_comes_twice(mode: str) -> None:
    words = np.concatenate(masked_vectors(mode, rounds=8, size=256))
    assert len(np.unique(words)) == len(words)


# -- nothing depends on the inputs beyond their sum ----------------------------------------------


@dataclass
class Pads:
    """Masks as a random function of their keys, in place of the key stream, with some of them
    moved by a constant: as likely as the ones that were drawn.

    ``used`` has each call's keys, added and subtracted.
    """

    moved: Mapping[bytes, Words] = field(default_factory=dict)
    used: list[tuple[list[bytes], list[bytes]]] = field(default_factory=list)

    def apply(self, vector: Words, *, add: Sequence[bytes], subtract: Sequence[bytes]) -> None:
        self.used.append((list(add), list(subtract)))
        for key in add:
            vector += self._pad(key, vector)
        for key in subtract:
            vector -= self._pad(key, vector)

    def _pad(self, key: bytes, vector: Words) -> Words:
        drawn = np.frombuffer(stream(key.hex())(vector.nbytes), dtype=np.uint64)
        return drawn + self.moved.get(key, np.zeros_like(vector))


def same_sum(inputs: Mapping[str, Words], parties: Sequence[str]) -> dict[str, Words]:
    """Other inputs, arbitrary but for their sum over some parties: all a simulator knows."""
    others = inputs_of(list(inputs), size=3, seed=7)
    first, *rest = parties
    others[first] = added({party: inputs[party] for party in parties})
    for party in rest:
        others[first] -= others[party]
    assert plain_sum(others, parties) == plain_sum(inputs, parties)
    return others


def chained(
    parties: Sequence[str], differences: Mapping[str, Words]
) -> dict[tuple[str, str], Words]:
    """By how much the pad of each pair in a row of parties moves, so that each party's masks
    change by its difference. The differences add up to zero."""
    moved, carried = {}, np.uint64(0) * differences[parties[0]]
    for one, other in itertools.pairwise(parties):
        carried = carried + differences[one]
        moved[one, other] = carried
    assert not (carried + differences[parties[-1]]).any()
    return moved


def as_bytes(transcript: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[tuple[Any, ...]]:
    return [
        (name, party, {part: (array.dtype.str, array.tobytes()) for part, array in answer.items()})
        for name, party, answer in transcript
    ]


def shared_key(used: Mapping[str, tuple[list[bytes], list[bytes]]], one: str, other: str) -> bytes:
    """The key of a pair's mask: what one adds and the other subtracts."""
    (key,) = set(used[one][0]) & set(used[other][1])
    return key


def with_dropouts(inputs: Mapping[str, Words], pads: Pads, patch: pytest.MonkeyPatch) -> Network:
    """A round that one party misses, and another whose vector arrives too late."""
    patch.setattr(masks, "apply_masks", pads.apply)
    network = Network(PARTIES, corrupt=0.0, seed="transcript")
    network.before = lambda name, party, content: (
        None if (name, party) == (VECTOR, SILENT) else content
    )
    network.after = lambda name, party, answer: None if (name, party) == (VECTOR, LATE) else answer
    total = network.open(rounds=1).sum(network.send, network.ask(inputs))
    assert list(total.parties) == SURVIVORS
    assert total.total.tolist() == plain_sum(inputs, SURVIVORS)
    return network


def test_a_transcript_with_dropouts_tells_nothing_but_the_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inputs = inputs_of(PARTIES)
    pads = Pads()
    real = with_dropouts(inputs, pads, monkeypatch)
    *calls, removed = pads.used
    used = dict(zip([party for party in PARTIES if party != SILENT], calls, strict=True))

    others = same_sum(inputs, SURVIVORS)
    differences = {party: inputs[party] - others[party] for party in PARTIES}
    moved = {shared_key(used, *pair): by for pair, by in chained(SURVIVORS, differences).items()}
    moved[used[LATE][0][0]] = differences[LATE]  # the seed of the one that came too late
    assert not moved.keys() & {*removed[0], *removed[1]}  # the coordinator learns none of them
    simulated = with_dropouts(others, Pads(moved), monkeypatch)
    assert as_bytes(simulated.transcript) == as_bytes(real.transcript)


def test_a_transcript_where_everyone_answers_tells_nothing_but_the_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(inputs: Mapping[str, Words], pads: Pads) -> Network:
        monkeypatch.setattr(masks, "apply_masks", pads.apply)
        network = Network(PARTIES, seed="transcript")
        everyone_agrees(network)
        vectors = network.ask(inputs)("fixed", 0, PARTIES)
        assert added(vectors).tolist() == plain_sum(inputs, PARTIES)
        return network

    inputs, pads = inputs_of(PARTIES), Pads()
    real = run(inputs, pads)
    used = dict(zip(PARTIES, pads.used, strict=True))
    others = same_sum(inputs, PARTIES)
    differences = {party: inputs[party] - others[party] for party in PARTIES}
    moved = {shared_key(used, *pair): by for pair, by in chained(PARTIES, differences).items()}
    simulated = run(others, Pads(moved))
    assert as_bytes(simulated.transcript) == as_bytes(real.transcript)


def test_another_sum_gives_another_transcript(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = inputs_of(PARTIES)
    others = {**inputs, SURVIVORS[0]: inputs[SURVIVORS[0]] + np.uint64(1)}
    first, second = (with_dropouts(each, Pads(), monkeypatch) for each in (inputs, others))
    assert as_bytes(first.transcript) != as_bytes(second.transcript)
