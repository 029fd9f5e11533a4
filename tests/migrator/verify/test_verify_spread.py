"""The permutation test: what is of one distribution passes, what is not is found."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fedmigrate.verify.spread import MOST_SEEDS, Spread, false_alarms, spread


def _of(values: list[float]) -> Spread:
    points = np.asarray(values)
    return spread(np.abs(points[:, None] - points[None, :]))


_POOLED = [0.90, 0.93, 0.91, 0.95, 0.92]


@pytest.mark.parametrize(
    ("federated", "beyond"),
    [
        pytest.param([0.91, 0.94, 0.90, 0.93, 0.92], False, id="the same spread"),
        pytest.param(_POOLED, False, id="the same values"),
        pytest.param([0.98, 0.99, 0.98, 0.99, 0.98], True, id="another level"),
        pytest.param([0.10, 0.93, 0.91, 0.95, 0.92], False, id="one of five is far"),
        pytest.param([0.96, 0.93, 0.94, 0.95, 0.951], False, id="a little higher"),
        pytest.param([0.50, 0.51, 0.50, 0.52, 0.50], True, id="far below"),
    ],
)
def test_beyond_the_spread(federated: list[float], beyond: bool) -> None:
    assert _of([*_POOLED, *federated]).beyond is beyond


def test_what_draws_do_not_move_has_to_be_equal() -> None:
    assert not _of([0.5] * 10).beyond
    assert _of([0.5] * 5 + [0.51] * 5).beyond


@pytest.mark.parametrize("seeds", range(2, 6))
def test_of_all_ways_to_deal_one_set_of_runs_no_more_than_stated_are_false_alarms(
    seeds: int,
) -> None:
    values = np.random.default_rng(seeds).normal(size=2 * seeds)
    ways = list(combinations(range(2 * seeds), seeds))
    alarms = 0
    for chosen in ways:
        others = [run for run in range(2 * seeds) if run not in chosen]
        alarms += _of([*values[list(chosen)], *values[others]]).apart
    assert alarms / len(ways) <= false_alarms(seeds) * (1 + 1e-12)


def test_five_seeds_raise_false_alarms_in_less_than_a_hundredth() -> None:
    assert false_alarms(5) == pytest.approx(2 / 252)


def test_one_run_of_each_never_decides() -> None:
    assert not _of([0.0, 1.0]).apart


def test_the_most_seeds_are_dealt_in_every_way() -> None:
    assert _of([0.0] * MOST_SEEDS + [1.0] * MOST_SEEDS).beyond
