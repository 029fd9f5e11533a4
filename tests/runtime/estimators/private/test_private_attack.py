"""An attack tells no more of a row than the budget promises, and would notice if it could."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from auditing import NEIGHBOURS, Verdict, attack
from private_parties import seeded

import fedruntime.party as party_module
from fedruntime.privacy.mechanisms import add_noise

WORLDS = {world.name: world for world in NEIGHBOURS}
# 60 runs tell whole noise from half of it.
RUNS = {"scaler": 60, "a party tells": 60, "naive Bayes": 60, "logistic": 24}


@cache
def _verdict(world: str) -> Verdict:
    return attack(WORLDS[world], RUNS[world], seeded)


@pytest.mark.parametrize("world", RUNS)
def test_the_budget_holds(world: str) -> None:
    assert _verdict(world).holds, str(_verdict(world))


@pytest.mark.parametrize("world", RUNS)
def test_the_attack_is_strong_enough_to_mean_something(world: str) -> None:
    assert _verdict(world).mu > 0.25 * _verdict(world).promised


@pytest.mark.parametrize("world", ["scaler", "a party tells"])
def test_half_the_noise_is_caught(world: str, monkeypatch: Any) -> None:
    def half(statistics: Any, scale: Any, mu: float, *rest: Any) -> Any:
        return add_noise(statistics, scale, 2.0 * mu, *rest)

    monkeypatch.setattr(party_module, "add_noise", half)
    verdict = attack(WORLDS[world], RUNS[world], seeded)
    assert not verdict.holds, str(verdict)


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    verdict = Verdict("textbook", 10, 8, 2, 1.0, 0.0)
    found, false = verdict._rates()
    assert found == pytest.approx(0.4439045, abs=1e-6)
    assert false == pytest.approx(1.0 - 0.4439045, abs=1e-6)


def test_nothing_told_is_no_bound() -> None:
    assert Verdict("none", 100, 0, 0, 1.0, 0.0).mu < 0.0
