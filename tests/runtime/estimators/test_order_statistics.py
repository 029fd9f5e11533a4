"""Order statistics that nobody sees, against numpy on the pooled rows: equal to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fedruntime.aggregation.secure import SecureAggregator
from fedruntime.cohort import Cohort
from fedruntime.order_statistics import medians, order_statistics, quantiles, value_counts

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
    assert {shape for entry in sent for _, shape in entry.content} == {(3,), (2, 3, 256)}
