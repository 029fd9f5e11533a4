"""Neighbourhoods: as large as the tails of the hypergeometric distribution ask for, and no graph
where no threshold is safe."""

from __future__ import annotations

from itertools import pairwise

import pytest
from simulated_parties import names

from fedruntime.aggregation.graph import (
    COMPLETE,
    Neighbourhood,
    neighbourhood,
    neighbours,
    thresholds,
)
from fedruntime.errors import SettingsError

# (parties, corrupt, dropout): the smallest degree for which some threshold satisfies the
# semi-honest conditions of Bell et al. 2020 with 40 and 30 bits.
SMALLEST = {
    (100, 0.05, 0.05): 11,
    (100, 0.1, 0.1): 21,
    (100, 0.2, 0.2): 41,
    (100, 0.1, 0.3): 36,
    (100, 0.33, 0.33): 67,
    (1000, 0.05, 0.05): 31,
    (1000, 0.1, 0.1): 52,
    (1000, 0.2, 0.2): 109,
    (1000, 0.1, 0.3): 100,
    (1000, 0.33, 0.33): 309,
}


@pytest.mark.parametrize("case", SMALLEST, ids=str)
def test_degrees_are_those_of_the_hypergeometric_tails(case: tuple[int, float, float]) -> None:
    parties, corrupt, dropout = case

    def possible(degree: int) -> bool:
        lowest, highest = thresholds(parties, degree, corrupt=corrupt, dropout=dropout)
        return lowest <= highest

    assert possible(SMALLEST[case])
    assert not possible(SMALLEST[case] - 1)


@pytest.mark.parametrize("parties", range(2, COMPLETE + 1))
def test_up_to_fifty_parties_all_share_masks_with_all(parties: int) -> None:
    degree, threshold = vars(neighbourhood(parties, corrupt=0.1, dropout=0.1)).values()
    assert degree == parties - 1
    colluding = max(parties // 10, int(parties > 3))
    assert threshold > colluding
    assert 2 * threshold > parties + colluding
    assert 2 * (threshold - 1) <= parties + colluding  # no larger than it has to be
    assert threshold <= parties - parties // 10


@pytest.mark.parametrize("case", [(51, 0.1, 0.1), (100, 0.1, 0.1), (200, 0.05, 0.2)], ids=str)
def test_above_fifty_both_halves_of_a_partys_masks_need_an_honest_majority(
    case: tuple[int, float, float],
) -> None:
    parties, corrupt, dropout = case
    found = neighbourhood(parties, corrupt=corrupt, dropout=dropout)
    lowest, highest = thresholds(parties, found.degree, corrupt=corrupt, dropout=dropout)
    assert lowest <= found.threshold <= highest
    assert 2 * found.threshold > found.degree + 1 + (lowest - 1)
    assert found.degree % 2 == 0
    assert found.degree < parties


@pytest.mark.parametrize(
    ("parties", "corrupt", "dropout"), [(4, 0.0, 0.5), (40, 0.35, 0.35), (100, 0.33, 0.34)]
)
def test_what_cannot_be_safe_is_refused_with_the_reason(
    parties: int, corrupt: float, dropout: float
) -> None:
    with pytest.raises(SettingsError, match=r"no sum over \d+ parties is safe when .* may vanish"):
        neighbourhood(parties, corrupt=corrupt, dropout=dropout)


@pytest.mark.parametrize(
    ("parties", "corrupt", "dropout", "message"),
    [
        (10, -0.1, 0.1, "corrupt = -0.1 is no share"),
        (10, 0.1, 1.0, r"dropout = 1\.0 is no share"),
        (10, 0.1, float("nan"), "dropout = nan is no share"),
        (1, 0.1, 0.1, "at least 2 parties"),
    ],
)
def test_what_makes_no_sense_is_refused(
    parties: int, corrupt: float, dropout: float, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        neighbourhood(parties, corrupt=corrupt, dropout=dropout)


def test_two_parties_need_each_other() -> None:
    assert neighbourhood(2, corrupt=0.1, dropout=0.1) == Neighbourhood(degree=1, threshold=2)


@pytest.mark.parametrize("degree", [2, 12, 40])
def test_neighbours_are_mutual_and_as_many_as_asked_for(degree: int) -> None:
    parties = names(60)
    graph = neighbours(parties, degree, b"seed")
    assert set(graph) == set(parties)
    for party, near in graph.items():
        assert len(near) == len(set(near)) == degree
        assert list(near) == sorted(near)
        assert party not in near
        assert all(party in graph[peer] for peer in near)


def test_the_graph_is_connected() -> None:
    graph = neighbours(names(60), 2, b"seed")
    reached = {"p000"}
    while more := {peer for party in reached for peer in graph[party]} - reached:
        reached |= more
    assert len(reached) == 60


def test_the_graph_depends_on_nothing_but_names_and_seed() -> None:
    parties = names(60)
    graph = neighbours(parties, 12, b"seed")
    assert graph == neighbours(parties[::-1], 12, b"seed")
    others = [neighbours(parties, 12, bytes([number])) for number in range(4)]
    assert all(one != other for one, other in pairwise([graph, *others]))


def test_a_degree_of_all_others_is_the_complete_graph() -> None:
    assert neighbours(["c", "a", "b"], 2, b"") == {
        "a": ("b", "c"),
        "b": ("a", "c"),
        "c": ("a", "b"),
    }
