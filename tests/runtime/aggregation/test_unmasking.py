"""What a party refuses when it is asked to help unmask a sum."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from simulated_parties import Network, names

from fedruntime.aggregation.double_mask import DoubleMasks
from fedruntime.aggregation.graph import COMPLETE, neighbourhood
from fedruntime.crypto import shamir
from fedruntime.errors import ProtocolError

PARTIES = names(5)  # of whom three open a share if none is assumed to collude


def masked(
    parties: list[str] = PARTIES, *, rounds: int = 2, min_parties: int = 2
) -> dict[str, DoubleMasks]:
    """Parties that have all masked round 0."""
    network = Network(parties, min_parties=min_parties, corrupt=0.0)
    name = network.open(rounds=rounds).roster.session
    sessions = {party: network.session(party, name) for party in parties}
    for session in sessions.values():
        session.mask(np.zeros(1, dtype=np.uint64), 0)
    return {party: session.surviving() for party, session in sessions.items()}


def test_a_party_gives_one_share_a_party_a_seeds_or_a_mask_keys() -> None:
    seeds, mask_keys = masked()["p000"].unmask(0, PARTIES[:3])
    assert len(seeds) == 3
    assert len(mask_keys) == 2


def test_a_round_is_unmasked_once() -> None:
    party = masked()["p000"]
    party.unmask(0, PARTIES[:3])
    for survivors in (PARTIES[:3], PARTIES):
        with pytest.raises(ProtocolError, match="unmasks the round that it masked last, and only"):
            party.unmask(0, survivors)


def test_a_refusal_does_not_use_up_the_round() -> None:
    party = masked()["p000"]
    with pytest.raises(ProtocolError):
        party.unmask(0, PARTIES[1:])
    party.unmask(0, PARTIES)


@pytest.mark.parametrize("number", [-1, 1, 2])
def test_another_round_than_the_last_is_not_unmasked(number: int) -> None:
    with pytest.raises(ProtocolError, match=f"round {number} is not unmasked by 'p000'"):
        masked()["p000"].unmask(number, PARTIES)


def test_an_earlier_round_is_not_unmasked_any_more() -> None:
    party = masked()["p000"]
    party.mask(np.zeros(1, dtype=np.uint64), 1)
    with pytest.raises(ProtocolError, match="round 0 is not unmasked"):
        party.unmask(0, PARTIES)
    party.unmask(1, PARTIES)


def test_nothing_is_unmasked_by_who_has_not_masked() -> None:
    network = Network(PARTIES)
    party = network.session("p000", network.open().roster.session).surviving()
    with pytest.raises(ProtocolError, match="round 0 is not unmasked"):
        party.unmask(0, PARTIES)


@pytest.mark.parametrize(
    ("survivors", "message"),
    [
        (PARTIES[1:], "leave it out or hold parties that are not in this session"),
        ([*PARTIES, "eve"], "leave it out or hold parties that are not in this session"),
        (["p000"], "over 2 parties or more; 1 have answered"),
        (PARTIES[:2], "only 2 of the 5 parties that hold shares with 'p000' .* 3 are needed"),
        (["p000"] * 5, "over 2 parties or more; 1 have answered"),
    ],
    ids=["itself left out", "an outsider", "itself alone", "below the threshold", "one five times"],
)
def test_survivors_that_do_not_fit_are_refused(survivors: list[str], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        masked()["p000"].unmask(0, survivors)


def test_a_partys_own_floor_holds_whatever_the_coordinator_says() -> None:
    party = masked(min_parties=4)["p000"]
    with pytest.raises(ProtocolError, match="over 4 parties or more; 3 have answered"):
        party.unmask(0, PARTIES[:3])
    party.unmask(0, PARTIES[:4])


def test_of_two_parties_neither_is_left_alone() -> None:
    party = masked(["p000", "p001"])["p000"]
    with pytest.raises(ProtocolError, match="over 2 parties or more; 1 have answered"):
        party.unmask(0, ["p000"])


def test_no_round_is_masked_twice() -> None:
    party = masked()["p000"]
    with pytest.raises(ProtocolError, match="round 0 of this session has been masked already"):
        party.mask(np.zeros(1, dtype=np.uint64), 0)


def test_a_round_without_shares_is_not_masked() -> None:
    party = masked(rounds=2)["p000"]
    with pytest.raises(ProtocolError, match="holds no shares for round 2"):
        party.mask(np.zeros(1, dtype=np.uint64), 2)


def test_nothing_is_masked_between_making_shares_and_their_delivery() -> None:
    party = masked(rounds=1)["p000"]
    party.share(1, 4)
    with pytest.raises(ProtocolError, match="holds no shares for round 1"):
        party.mask(np.zeros(1, dtype=np.uint64), 1)


def test_told_different_survivors_parties_do_not_give_both_halves_away() -> None:
    """Each of two groups is told that the other has vanished, as far as that goes."""
    parties = masked(rounds=1)
    shares: dict[str, dict[int, np.ndarray]] = {"seeds": {}, "keys": {}}
    for place, (party, session) in enumerate(parties.items()):
        alive = PARTIES if place % 2 else PARTIES[:-1]
        if party not in alive:
            continue
        seeds, mask_keys = session.unmask(0, alive)
        if len(seeds) == len(PARTIES):
            shares["seeds"][place + 1] = seeds[-1]
        else:
            shares["keys"][place + 1] = mask_keys[-1]
    assert {name: len(held) for name, held in shares.items()} == {"seeds": 2, "keys": 2}
    for held in shares.values():
        with pytest.raises(ProtocolError, match="do not fit together"):
            shamir.reconstruct(np.stack(list(held.values()))[:, np.newaxis], list(held))


@pytest.mark.parametrize("corrupt", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("parties", range(2, COMPLETE + 1))
def test_honest_parties_are_too_few_to_open_both_halves(parties: int, corrupt: float) -> None:
    colluding = int(corrupt * parties)
    threshold = neighbourhood(parties, corrupt=corrupt, dropout=0.0).threshold
    honest_answers_for_both = 2 * (threshold - colluding)
    assert honest_answers_for_both > parties - colluding


@pytest.mark.parametrize(("parties", "corrupt"), [(3, 0.0), (4, 0.0), (5, 0.0), (5, 0.2)])
def test_told_different_survivors_no_sum_of_one_honest_party_comes_out(
    parties: int, corrupt: float
) -> None:
    """Every way in which a coordinator, with the shares of those who collude, can tell each
    honest party its own survivors. Where the masks of those whose seeds open can all be removed
    (the others' mask keys open), at least two honest parties are among them."""
    colluding = int(corrupt * parties)
    threshold = neighbourhood(parties, corrupt=corrupt, dropout=0.0).threshold
    honest = range(parties - colluding)
    needed = threshold - colluding
    told = [
        [
            frozenset(others) | {party}
            for size in range(needed - 1, len(honest))
            for others in combinations([other for other in honest if other != party], size)
        ]
        for party in honest
    ]
    fewest = len(honest)
    for survivors in product(*told):
        votes = [sum(party in alive for alive in survivors) for party in honest]
        opened = [party for party in honest if votes[party] >= needed]
        removed = [party for party in honest if len(honest) - votes[party] >= needed]
        assert not set(opened) & set(removed)
        if opened and len(opened) + len(removed) == len(honest):
            fewest = min(fewest, len(opened))
    assert fewest >= 2


def test_a_party_keeps_no_secret_that_it_has_used() -> None:
    party = masked(rounds=3)["p000"]
    party.unmask(0, PARTIES)
    party.mask(np.zeros(1, dtype=np.uint64), 1)
    batch = party._batch
    assert batch is not None
    assert batch.held is not None
    assert set(batch.mask_keys) == set(batch.seeds) == {2}
    mask_keys, seeds = batch.held[:, :3], batch.held[:, 3:]
    for shares in (mask_keys, seeds):
        assert not shares[:, 0].any()
        assert shares[:, 1:].any(axis=(0, 2)).all()
