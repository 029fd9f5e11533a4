"""Order statistics that nobody sees, against numpy on the pooled rows: equal to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from fedruntime.aggregation.secure import SecureAggregator
from fedruntime.cohort import Cohort
from fedruntime.order_statistics import (
    medians,
    order_statistics,
    quantiles,
    quantiles_and_medians,
    value_counts,
)

_FLOATS = st.floats(allow_nan=True, allow_infinity=False, width=64)


def _cohort(X: Any, dealer: Any) -> Cohort:
    return Cohort(dealer.federation, SecureAggregator(), {"X": dealer(X)}, purpose="test")


@given(
    X=arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=_FLOATS)
)
@example(X=np.full((1, 1), 1.5e308))
@example(X=np.full((2, 1), 1.5e308))
@example(X=np.array([[-1.5e308], [1.5e308], [np.nan]]))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_medians_and_counts_of_any_floats(X: Any, deal: Any) -> None:
    cohort = _cohort(X, deal(np.arange(len(X)) % 2, parties=3))
    assert value_counts(cohort).tolist() == (~np.isnan(X)).sum(axis=0).tolist()
    with np.errstate(over="ignore"):
        found = medians(cohort)
    for column, median in zip(X.T, found, strict=True):
        values = column[~np.isnan(column)] + 0.0
        with np.errstate(over="ignore"):
            expected = np.median(values) if len(values) else np.nan
        assert np.array_equal(median, expected, equal_nan=True)


def test_quantiles_are_numpys(dealt: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(53, 4)) * 10.0 ** rng.integers(-200, 200, size=(53, 4))
    X[rng.random(X.shape) < 0.3] = np.nan
    X[:, 3] = np.nan
    q = [0.0, 0.1, 1 / 3, 0.5, 0.77, 1.0]
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        expected = np.nanquantile(X, q, axis=0)
    assert np.array_equal(quantiles(_cohort(X, dealt(53)), q), expected, equal_nan=True)


def test_every_rank_is_the_sorted_column(dealt: Any) -> None:
    X = np.array([[3.0, -0.0], [-np.inf, 0.0], [5e-324, -1e300], [np.inf, -5e-324], [3.0, 2.0]])
    ranks = np.repeat(np.arange(5)[:, np.newaxis], 2, axis=1)
    found = order_statistics(_cohort(X, dealt(5)), ranks)
    assert np.array_equal(found, np.sort(X, axis=0))


def test_single_precision_is_kept(deal: Any) -> None:
    X = np.random.default_rng(1).normal(size=(10, 2)).astype(np.float32)
    found = medians(_cohort(X, deal(np.arange(10) % 3)))
    assert np.array_equal(found.astype(np.float32), np.median(X, axis=0))


def test_a_rank_that_is_not_asked_for_is_nan(deal: Any) -> None:
    found = order_statistics(_cohort(np.ones((4, 2)), deal([0, 0, 1, 1])), [[-1, 0]])
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 1.0


def test_only_counts_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(40) % 2)
    cohort = _cohort(np.random.default_rng(2).normal(size=(40, 3)), dealer)
    medians(cohort)
    sent = [
        entry for entry in dealer.federation.ledger if entry.purpose == "test" and entry.content
    ]
    assert {entry.protection for entry in sent} == {"masked"}
    shapes = {shape for entry in sent for _, shape in entry.content}
    # One median of 40 values lies between two: from 3 to 6 prefixes of 256 counts.
    assert shapes <= {(3,)} | {(prefixes * 256,) for prefixes in range(3, 7)}


_METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased",
]  # fmt: skip


@pytest.mark.parametrize("method", _METHODS)
def test_all_methods_of_numpy(method: str, dealt: Any) -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(24, 3)).round(1)
    X[:5, 1] = np.nan
    q = [0.0, 1 / 24, 0.25, 1 / 3, 0.5, 0.9, 1.0]
    found = quantiles(_cohort(X, dealt(24)), q, method)
    assert np.array_equal(found, np.nanquantile(X, q, axis=0, method=method))


def test_single_precision_is_interpolated_as_numpy_does(dealt: Any) -> None:
    X = np.random.default_rng(4).normal(size=(31, 2)).astype(np.float32)
    q = np.linspace(0, 1, 9)
    assert np.array_equal(quantiles(_cohort(X, dealt(31)), q), np.nanquantile(X, q, axis=0))


@pytest.mark.parametrize("holed", [False, True])
def test_what_a_sparse_matrix_does_not_store_is_zero(holed: bool, dealt: Any) -> None:
    rng = np.random.default_rng(5)
    X = np.where(rng.random((40, 4)) < 0.7, 0.0, rng.normal(size=(40, 4)))
    X[:, 3] = np.abs(X[:, 3])
    if holed:
        X[rng.random(X.shape) < 0.1] = np.nan
    cohort = _cohort(sparse.csr_matrix(X), dealt(40))
    q = [0.0, 0.1, 0.5, 0.87, 1.0]
    found, middle = quantiles_and_medians(cohort, q)
    assert np.array_equal(found, np.nanquantile(X, q, axis=0))
    assert np.array_equal(middle, np.nanmedian(X, axis=0))
    assert value_counts(cohort).tolist() == (~np.isnan(X)).sum(axis=0).tolist()


def test_messages_stay_small_however_many_ranks(deal: Any) -> None:
    X = np.random.default_rng(6).normal(size=(3000, 2))
    dealer = deal(np.arange(3000) % 2)
    ranks = np.repeat(np.arange(0, 3000, 2)[:, np.newaxis], 2, axis=1)
    found = order_statistics(_cohort(X, dealer), ranks)
    assert np.array_equal(found, np.sort(X, axis=0)[::2])
    sizes = [shape[0] for entry in dealer.federation.ledger for _, shape in entry.content]
    assert max(sizes) <= 2**18
    assert len(sizes) <= 2 * 16  # an entry a party and round
