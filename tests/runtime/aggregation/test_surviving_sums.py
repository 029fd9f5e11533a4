"""Sums that survive dropouts: every pattern for up to five parties at every message, parties that
come back, and many parties at once. Whatever is left comes out bit for bit as the plain sum."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from simulated_parties import (
    MESSAGES,
    VECTOR,
    Network,
    inputs_of,
    names,
    plain_sum,
)

from fedruntime.aggregation import coordinator, graph, session
from fedruntime.aggregation.coordinator import SurvivingSession
from fedruntime.aggregation.double_mask import MOST_ROUNDS
from fedruntime.aggregation.graph import neighbourhood
from fedruntime.crypto import keys
from fedruntime.errors import DropoutError, ProtocolError

NEVER = len(MESSAGES)


def vanish(network: Network, at: Mapping[str, int], *, answering: bool = False) -> None:
    """Let parties fall silent from a message on: before it reaches them, or with their answer."""

    def gone(name: str, party: str, content: dict[str, Any]) -> dict[str, Any] | None:
        return None if MESSAGES.index(name) >= at.get(party, NEVER) else content

    def mute(name: str, party: str, content: dict[str, Any]) -> dict[str, Any] | None:
        return None if MESSAGES.index(name) > at.get(party, NEVER) else content

    if answering:
        network.before, network.after = mute, gone
    else:
        network.before = gone


def outcome(parties: int, at: Mapping[str, int]) -> tuple[list[str], bool]:
    """Who is in the sum, and whether one comes out, as the design has it."""
    everyone = names(parties)
    roster = [party for party in everyone if at.get(party, NEVER) > MESSAGES.index("secure.share")]
    summed = [party for party in roster if at.get(party, NEVER) > MESSAGES.index(VECTOR)]
    helping = [party for party in summed if at.get(party, NEVER) == NEVER]
    if len(roster) < 2:
        return [], False
    threshold = neighbourhood(len(roster), corrupt=0.1, dropout=0.1).threshold
    return summed, len(summed) >= 2 and len(helping) >= threshold


def patterns(parties: int) -> list[dict[str, int]]:
    """Who falls silent at which message, up to the names of the parties: all of them are alike."""
    return [
        dict(zip(names(parties), at, strict=True))
        for at in combinations_with_replacement(range(NEVER + 1), parties)
    ]


@pytest.mark.parametrize("answering", [False, True], ids=["before a message", "after it"])
@pytest.mark.parametrize("parties", [2, 3, 4, 5])
def test_every_pattern_of_dropouts_gives_the_sum_of_the_others_or_none(
    parties: int, answering: bool
) -> None:
    inputs = inputs_of(names(parties))
    sums = 0
    for at in patterns(parties):
        network = Network(names(parties))
        vanish(network, at, answering=answering)
        survivors, possible = outcome(parties, at)
        if possible:
            total = network.open(rounds=1).sum(network.send, network.ask(inputs))
            assert list(total.parties) == survivors, at
            assert total.total.tolist() == plain_sum(inputs, survivors), at
            sums += 1
        else:
            with pytest.raises(DropoutError):
                network.open(rounds=1).sum(network.send, network.ask(inputs))
    assert sums > 0


@pytest.mark.parametrize("message", range(NEVER), ids=MESSAGES)
@pytest.mark.parametrize("party", names(4))
def test_a_party_that_acts_and_whose_answer_is_lost_counts_as_missing(
    message: int, party: str
) -> None:
    inputs = inputs_of(names(4))
    network = Network(names(4))
    vanish(network, {party: message}, answering=True)
    total = network.open().sum(network.send, network.ask(inputs))
    in_sum = names(4) if MESSAGES[message] == "secure.unmask" else sorted({*names(4)} - {party})
    assert list(total.parties) == in_sum
    assert total.total.tolist() == plain_sum(inputs, in_sum)


def test_a_party_that_missed_a_round_takes_part_in_the_next() -> None:
    inputs = inputs_of(names(5))
    network = Network(names(5))
    opened = network.open(rounds=3)
    for number in range(7):  # over three batches of secrets
        late = f"p00{number % 5}"
        network.before = lambda name, party, content, late=late: (
            None if name == VECTOR and party == late else content
        )
        total = opened.sum(network.send, network.ask(inputs))
        others = [party for party in names(5) if party != late]
        assert list(total.parties) == others
        assert total.total.tolist() == plain_sum(inputs, others)
        assert opened.reusable


def test_a_party_that_vanishes_between_batches_is_left_out_of_the_next_session() -> None:
    inputs = inputs_of(names(4))
    network = Network(names(4))
    opened = network.open(rounds=1)
    first = opened.roster.session
    opened.sum(network.send, network.ask(inputs))
    network.before = lambda name, party, content: None if party == "p002" else content
    total = opened.sum(network.send, network.ask(inputs))
    assert total.total.tolist() == plain_sum(inputs, ["p000", "p001", "p003"])
    assert opened.roster.session != first
    assert opened.roster.parties == ("p000", "p001", "p003")


def test_a_session_one_of_whose_parties_lacks_its_shares_is_not_reused() -> None:
    inputs = inputs_of(names(4))
    network = Network(names(4))
    network.after = lambda name, party, content: (
        None if (name, party) == ("secure.deliver", "p001") else content
    )
    opened = network.open()
    total = opened.sum(network.send, network.ask(inputs))
    assert total.total.tolist() == plain_sum(inputs, ["p000", "p002", "p003"])
    assert not opened.reusable


def test_fewer_than_min_parties_give_no_sum() -> None:
    inputs = inputs_of(names(6))
    network = Network(names(6))
    opened = network.open(min_parties=5)
    network.before = lambda name, party, content: (
        None if name == VECTOR and party in ("p000", "p001") else content
    )
    with pytest.raises(
        DropoutError,
        match=r"over 5 parties or more; .*: p002, p003, p004, p005",
    ):
        opened.sum(network.send, network.ask(inputs))
    assert "secure.unmask" not in {name for name, _, _ in network.transcript}


def test_what_cannot_be_unmasked_is_not_asked_for() -> None:
    inputs = inputs_of(names(5))
    network = Network(names(5))
    opened = network.open()
    network.before = lambda name, party, content: (
        None if name == VECTOR and party in ("p000", "p001") else content
    )
    with pytest.raises(DropoutError, match=r"3 of those who hold shares .* and 4 are needed"):
        opened.sum(network.send, network.ask(inputs))
    assert "secure.unmask" not in {name for name, _, _ in network.transcript}


@pytest.mark.parametrize("rounds", [1, 2, MOST_ROUNDS])
def test_sums_do_not_depend_on_how_many_rounds_secrets_are_made_for(rounds: int) -> None:
    inputs = inputs_of(names(3))
    network = Network(names(3))
    opened = network.open(rounds=rounds)
    for _ in range(3):
        total = opened.sum(network.send, network.ask(inputs))
        assert total.total.tolist() == plain_sum(inputs, names(3))


def test_a_batch_of_too_many_rounds_is_refused() -> None:
    with pytest.raises(ProtocolError, match=f"use 1 to {MOST_ROUNDS}"):
        Network(names(3)).open(rounds=MOST_ROUNDS + 1)


def test_an_empty_vector_is_added_too() -> None:
    inputs = inputs_of(names(3), size=0)
    network = Network(names(3))
    assert network.open().sum(network.send, network.ask(inputs)).total.shape == (0,)


def a_third_vanishes(network: Network, opened: SurvivingSession, seed: int) -> None:
    """Three tenths of the parties fall silent before they send their vector."""
    rng = np.random.default_rng(seed)
    parties = list(network.parties)
    gone = set(rng.choice(parties, size=3 * len(parties) // 10, replace=False).tolist())
    inputs = inputs_of(parties, size=2)
    network.before = lambda name, party, content: (
        None if name == VECTOR and party in gone else content
    )
    total = opened.sum(network.send, network.ask(inputs))
    survivors = [party for party in parties if party not in gone]
    assert list(total.parties) == survivors
    assert total.total.tolist() == plain_sum(inputs, survivors)


def test_a_hundred_parties_of_whom_thirty_vanish() -> None:
    network = Network(names(100), corrupt=0.0)
    opened = network.open(dropout=0.3, rounds=2)
    assert opened.roster.neighbourhood.degree < 99
    for seed in (0, 1):
        a_third_vanishes(network, opened, seed)


def test_four_hundred_parties_of_whom_a_third_vanish(monkeypatch: pytest.MonkeyPatch) -> None:
    """The protocol in a sparse graph. Its public-key primitives, which have tests of their own,
    are replaced by hashes, and the graph by a smaller one that may fail once in 32 runs; names
    and entropy are fixed, so this one does not."""
    monkeypatch.setattr(graph, "_CORRECTNESS_BITS", 5)
    monkeypatch.setattr(coordinator, "new_session", lambda public_random: "fixed")
    monkeypatch.setattr(session, "verify", lambda public, signature, message: None)
    monkeypatch.setattr(keys, "agree", hashed_agreement)
    network = Network(names(400), corrupt=0.0)
    a_third_vanishes(network, network.open(dropout=0.3, rounds=1), seed=0)


def hashed_agreement(private: X25519PrivateKey, peer_public: bytes, *, context: str) -> bytes:
    """A key that both sides of a pair derive, and that anyone could."""
    pair = sorted([keys.public_bytes(private), peer_public])
    return hashlib.sha256(b"".join([*pair, context.encode()])).digest()


def test_rounds_in_which_anyone_may_miss_anything() -> None:
    """A session over many rounds: parties miss single messages, come back, and shares run out."""
    rng = np.random.default_rng(0)
    sums = 0
    for _ in range(40):
        everyone = names(int(rng.integers(3, 8)))
        network = Network(everyone)
        opened = network.open(rounds=int(rng.integers(1, 4)))
        for number in range(5):
            missed = {party: str(rng.choice([*MESSAGES, *[""] * 12])) for party in everyone}
            network.before = lambda name, party, content, missed=missed: (
                None if missed[party] == name else content
            )
            inputs = inputs_of(everyone, seed=number)
            try:
                total = opened.sum(network.send, network.ask(inputs))
            except DropoutError:
                break
            assert total.total.tolist() == plain_sum(inputs, total.parties)
            silent = {party for party in everyone if missed[party] == VECTOR}
            assert not silent & set(total.parties)
            sums += 1
            if not opened.reusable:
                break
    assert sums > 60
