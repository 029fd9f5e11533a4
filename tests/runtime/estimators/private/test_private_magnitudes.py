"""Scales from noisy histograms: right where rows tell them, and rather too wide than too narrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from private_parties import generous, held, open_parties

from fedruntime import FLModel, SecureAggregator
from fedruntime.cohort import Cohort
from fedruntime.estimators.private.bounded_rows import Scales
from fedruntime.estimators.private.magnitudes import magnitude_counts, magnitudes, misplaced
from fedruntime.privacy.budget import PrivacyBudget

N = 3000
RNG = np.random.default_rng(3)
NORMAL = RNG.normal(size=N)

ONE_BELL = {
    "unit": NORMAL,
    "tiny": 1e-6 * NORMAL,
    "huge": 1e8 * NORMAL,
    "far from zero": 5.0 + 0.5 * NORMAL,
    "negative": -40.0 + NORMAL,
    "years": np.round(2007.0 + 10.0 * NORMAL),
    "skewed": RNG.gamma(2.0, 1.0, N),
    "evenly spread": RNG.uniform(0.0, 100.0, N),
}
BESIDE_ONE_VALUE = {
    "half are zero": np.where(RNG.random(N) < 0.5, 0.0, 30.0 + 5.0 * NORMAL),
    "a flag": (RNG.random(N) < 0.3).astype(float),
    "a rare flag": (RNG.random(N) < 0.06).astype(float),
    "amounts that most have not": np.where(RNG.random(N) < 0.1, RNG.lognormal(8.0, 0.5, N), 0.0),
    "forty hours": np.where(RNG.random(N) < 0.6, 40.0, 40.0 + 12.0 * NORMAL),
}


def _found(values: Any, mu: float = 1.0, seed: int = 0) -> Scales:
    federation = open_parties(generous("none"), seed=seed)
    (rows,) = held(federation, np.column_stack([values]))
    cohort = Cohort(federation, SecureAggregator(), {"X": rows}, "test")
    return magnitudes(cohort, "X", [0], mu)


@pytest.mark.parametrize("case", ONE_BELL)
@pytest.mark.parametrize("seed", range(3))
def test_a_bell_is_found_wherever_it_is(case: str, seed: int) -> None:
    values = ONE_BELL[case]
    found = _found(values, seed=seed)
    assert abs(found.centre[0] - values.mean()) < 0.5 * values.std()
    assert 0.6 < found.scale[0] / values.std() < 1.7


@pytest.mark.parametrize("case", BESIDE_ONE_VALUE)
@pytest.mark.parametrize("seed", range(3))
def test_a_value_that_most_rows_have_does_not_hide_the_others(case: str, seed: int) -> None:
    values = BESIDE_ONE_VALUE[case]
    found = _found(values, seed=seed)
    assert abs(found.centre[0] - values.mean()) < 0.6 * values.std()
    assert 0.4 < found.scale[0] / values.std() < 2.5


def test_a_column_of_zeros_is_left_as_it_is() -> None:
    found = _found(np.zeros(N))
    assert (found.centre[0], found.scale[0]) == (0.0, 1.0)


@pytest.mark.parametrize("value", [5.0, -0.1, 1e6])
def test_a_constant_stays_within_a_few_scales(value: float) -> None:
    found = _found(np.full(N, value))
    assert abs(value - found.centre[0]) < 8.0 * found.scale[0]


def test_missing_values_are_not_counted() -> None:
    holed = np.where(np.arange(N) % 3 == 0, np.nan, 7.0 + NORMAL)
    found = _found(holed)
    assert abs(found.centre[0] - 7.0) < 0.5


@pytest.mark.parametrize("mu", [0.01, 0.002])
def test_without_clarity_scales_are_rather_too_wide(mu: float) -> None:
    scales = [_found(NORMAL, mu, seed).scale[0] for seed in range(20)]
    assert np.median(scales) > 0.5


def test_the_expected_share_of_misplaced_columns_falls_with_rows_and_budget() -> None:
    shares = [misplaced(n, 30, mu, 1.0) for n in (100, 400, 1600) for mu in (0.1, 0.2)]
    assert shares == sorted(shares, reverse=True)
    assert misplaced(1, 30, 1e-9, 1.0) == 1.0


@given(st.floats(allow_nan=False))
def test_every_number_has_one_bin(value: float) -> None:
    counts = magnitude_counts(
        X=np.array([[value]]), which=[0], columns=1, centre=np.zeros(1), scale=np.ones(1)
    )["counts"]
    assert counts.sum() == 1.0


@given(st.floats(1e-8, 1e11))
def test_bins_double_and_are_mirrored(value: float) -> None:
    def bin_of(number: float) -> int:
        counts = magnitude_counts(
            X=np.array([[number]]), which=[0], columns=1, centre=np.zeros(1), scale=np.ones(1)
        )["counts"]
        return int(np.argmax(counts[0]))

    middle = bin_of(0.0)
    assert bin_of(2.0 * value) == bin_of(value) + 1
    assert bin_of(-value) - middle == middle - bin_of(value)


def test_declared_columns_are_not_looked_at() -> None:
    from sklearn.linear_model import LinearRegression

    federation = open_parties(PrivacyBudget(8.0, bounds={"0": (-4, 4), "*": (-50, 50)}))
    tables = held(federation, np.column_stack([NORMAL, 10.0 * NORMAL]), NORMAL)
    FLModel(model=LinearRegression()).fit(*tables)
    operations = {payment.operation for payment in federation.budget.history}
    assert operations <= {"private_fit.gram", "private_fit.gradient"}
