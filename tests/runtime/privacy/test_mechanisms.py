"""Noise as a party adds it: its distribution, its grid, its share of the whole."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fedruntime.aggregation.encoding import pack, unpack
from fedruntime.errors import BudgetError, ProtocolError
from fedruntime.messages import Noise, Release
from fedruntime.operations import Operation, OperationKind
from fedruntime.privacy import mechanisms
from fedruntime.privacy.mechanisms import Normals, add_noise, deviation, grid_step, scales, shares


def _entropy(seed: int) -> Callable[[int], bytes]:
    calls = itertools.count()
    return lambda n: hashlib.shake_256(f"{seed} {next(calls)}".encode()).digest(n)


def _operation(**options: Any) -> Operation:
    return Operation("test.sum", OperationKind.STATISTIC, lambda rows: {}, **options)


# -- where it comes from --------------------------------------------------------------------


def test_variates_are_standard_normal() -> None:
    drawn = Normals(_entropy(0))((200_000,))
    assert stats.kstest(drawn, "norm").pvalue > 0.01
    assert abs(drawn.mean()) < 4 / math.sqrt(len(drawn))
    assert drawn.var() == pytest.approx(1.0, abs=4 * math.sqrt(2 / len(drawn)))
    assert stats.kurtosis(drawn) == pytest.approx(0.0, abs=0.05)


def test_tails_are_there() -> None:
    drawn = np.abs(Normals(_entropy(1))((2_000_000,)))
    for far in (3.0, 4.0, 4.5):
        expected = 2 * stats.norm.sf(far) * len(drawn)
        assert abs((drawn > far).sum() - expected) < 5 * math.sqrt(expected)


@pytest.mark.parametrize("word", [0, 2**64 - 1, 1, 2**12])
def test_every_bit_pattern_gives_a_finite_variate(
    word: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Constant:
        def update(self, data: bytes) -> bytes:
            return word.to_bytes(8, "little") * (len(data) // 8)

    normals = Normals(_entropy(0))
    monkeypatch.setattr(normals, "_stream", Constant())
    drawn = normals((3,))
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max() < 12.0


def test_two_streams_never_agree() -> None:
    assert not np.any(Normals()((1000,)) == Normals()((1000,)))


def test_the_same_entropy_gives_the_same_noise() -> None:
    one, other = Normals(_entropy(5))((7, 3)), Normals(_entropy(5))((7, 3))
    assert np.array_equal(one, other)
    assert one.shape == (7, 3)


# -- how much -------------------------------------------------------------------------------


@pytest.mark.parametrize("mu", [0.05, 1.0, 4.0])
def test_noise_has_the_deviation_it_should(mu: float) -> None:
    noisy = add_noise({"sum": np.full(100_000, 3.25)}, {"sum": 2.0}, mu, 1, _entropy(2))["sum"]
    sigma = 2.0 / mu
    assert (noisy - 3.25).std() == pytest.approx(sigma, rel=0.02)
    assert stats.kstest((noisy - 3.25) / sigma, "norm").pvalue > 0.01


def test_each_statistic_has_its_own_scale() -> None:
    statistics = {"low": np.zeros(50_000), "high": np.zeros((2, 25_000))}
    scale = {"low": 1.0, "high": np.array([[5.0], [50.0]])}
    noisy = add_noise(statistics, scale, 0.5, 1, _entropy(3))
    assert noisy["low"].std() == pytest.approx(2.0, rel=0.03)
    assert noisy["high"][0].std() == pytest.approx(10.0, rel=0.03)
    assert noisy["high"][1].std() == pytest.approx(100.0, rel=0.03)


@pytest.mark.parametrize("parties", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("colluding", [0, 1, 2, 4])
def test_without_the_colluding_parties_it_is_still_enough(parties: int, colluding: int) -> None:
    carried_by = shares(parties, colluding, masked=True)
    share = float(deviation(1.0, 1.0, carried_by))
    honest = max(parties - colluding, 1)  # a party trusts itself
    assert honest * share**2 >= 1.0 - 1e-12


def test_without_masks_every_party_carries_all() -> None:
    assert shares(10, 1, masked=False) == 1


def test_the_sum_over_parties_has_the_stated_deviation() -> None:
    carried_by = shares(5, 1, masked=True)
    total = sum(
        add_noise({"s": np.zeros(50_000)}, 1.0, 0.5, carried_by, _entropy(party))["s"]
        for party in range(5)
    )
    stated = float(mechanisms.released_deviation(1.0, 0.5, carried_by, 5))
    assert np.std(total) == pytest.approx(stated, rel=0.02)
    assert stated == pytest.approx(2.0 * math.sqrt(5 / 4))


# -- the grid -------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [1e-9, 0.3, 1.0, 1.5, 1e6])
def test_the_step_is_a_power_of_two_far_below_sigma(sigma: float) -> None:
    step = float(grid_step(np.asarray(sigma)))
    assert math.frexp(step)[0] == 0.5
    assert sigma * 2.0**-25 < step <= sigma * 2.0**-24


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e-30, 12345.678, -1e9 / 7])
def test_what_is_released_lies_on_the_public_grid(value: float) -> None:
    noisy = add_noise({"s": np.full(1000, value)}, 1.0, 0.7, 1, _entropy(4))["s"]
    steps = noisy / grid_step(deviation(1.0, 0.7, 1))
    assert np.array_equal(steps, np.rint(steps))


def test_values_that_round_alike_cannot_be_told_apart() -> None:
    """Low bits of a float would otherwise show through the noise (Mironov 2012)."""
    for tiny in (1e-300, 1e-20, 1e-9):
        with_it = add_noise({"s": np.full(1000, 1.0 + tiny)}, 1.0, 1.0, 1, _entropy(6))["s"]
        without = add_noise({"s": np.full(1000, 1.0)}, 1.0, 1.0, 1, _entropy(6))["s"]
        assert np.array_equal(with_it, without)


def test_the_noise_covers_what_rounding_adds() -> None:
    wide = {"s": np.zeros(10**6)}
    # A million entries may each move by a step more: seen in the noise's deviation.
    noisy = add_noise(wide, 1.0, 1e-3, 1, _entropy(7))["s"]
    assert noisy.std() == pytest.approx(1000.0 * (1.0 + 1000.0 * 2.0**-15), rel=0.01)


def test_sums_of_noisy_statistics_survive_the_encoding_exactly() -> None:
    parts = [add_noise({"s": np.linspace(-50, 50, 99)}, 1.0, 0.3, 2, _entropy(n)) for n in (8, 9)]
    packed = [pack(part) for part in parts]
    decoded = unpack(packed[0][0] + packed[1][0], packed[0][1], 2)["s"]
    assert np.array_equal(decoded, parts[0]["s"] + parts[1]["s"])


def test_whole_numbers_get_noise_too() -> None:
    noisy = add_noise({"count": np.full(5000, 7)}, 1.0, 1.0, 1, _entropy(10))["count"]
    assert noisy.dtype == np.float64
    assert noisy.std() == pytest.approx(1.0, rel=0.05)


def test_what_no_row_can_change_gets_none() -> None:
    noisy = add_noise({"a": np.zeros(3)}, {"a": np.array([0.0, 1.0, 0.0])}, 1.0, 1, _entropy(0))
    assert noisy["a"][0] == noisy["a"][2] == 0.0
    assert noisy["a"][1] != 0.0


# -- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_values_beyond_any_bound_are_refused(value: float) -> None:
    with pytest.raises(BudgetError, match="'s'"):
        add_noise({"s": np.array([value])}, 1.0, 1.0, 1, _entropy(0))


def test_a_statistic_without_a_scale_is_refused() -> None:
    with pytest.raises(BudgetError, match="'extra'"):
        add_noise({"s": 0.0, "extra": 1.0}, {"s": 1.0}, 1.0, 1, _entropy(0))


@pytest.mark.parametrize("scale", [-1.0, math.nan, math.inf])
def test_a_sensitivity_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(ProtocolError, match="sensitivity"):
        add_noise({"s": 0.0}, scale, 1.0, 1, _entropy(0))


@pytest.mark.parametrize("mu", [0.0, -1.0, math.nan, math.inf])
def test_a_mu_that_is_none_is_refused(mu: float) -> None:
    with pytest.raises(ProtocolError, match="mu"):
        scales(_operation(sensitivity=lambda public: 1.0), {}, Noise(mu))


def test_an_operation_without_sensitivity_is_refused() -> None:
    with pytest.raises(BudgetError, match="no private form"):
        scales(_operation(), {}, Noise(1.0))


def test_what_passes_without_noise_under_a_budget() -> None:
    require = mechanisms.require_private
    require(Operation("o", OperationKind.SESSION, lambda s: {}), Release.CLEAR, None)
    require(Operation("o", OperationKind.ROWS, lambda r: r), Release.KEEP, None)
    require(_operation(reveals="row counts", facts=True), Release.CLEAR, None)
    for release in (Release.MASKED_SUM, Release.PLAIN_SUM):
        with pytest.raises(BudgetError, match="without noise"):
            require(_operation(sensitivity=lambda public: 1.0), release, None)
    with pytest.raises(BudgetError, match="in the clear"):
        require(_operation(reveals="labels"), Release.CLEAR, None)
