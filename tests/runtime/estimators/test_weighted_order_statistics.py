"""Weighted quantiles that nobody sees, against scikit-learn's on the pooled rows."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn.utils.stats import _weighted_percentile

from fedruntime.aggregation.secure import SecureAggregator
from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.weighted_order_statistics import weighted_quantiles

_AVERAGES = "average" in inspect.signature(_weighted_percentile).parameters
_RNG = np.random.default_rng(13)
_X = np.column_stack([_RNG.normal(size=40), _RNG.integers(0, 5, 40), -_RNG.lognormal(size=40)])
_LEVELS = np.array([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])


def _cohort(X: Any, weight: Any, dealer: Any) -> Cohort:
    rows = {"X": dealer(X), "sample_weight": dealer(weight)}
    return Cohort(dealer.federation, SecureAggregator(), rows, purpose="test")


@pytest.mark.parametrize("average", [False, True] if _AVERAGES else [False])
@pytest.mark.parametrize("weight", ["ones", "counts", "fractions"])
def test_they_are_scikit_learns(average: bool, weight: str, dealt: Any) -> None:
    weights = {
        "ones": np.ones(40),
        "counts": np.random.default_rng(1).integers(0, 4, 40).astype(float),
        "fractions": np.random.default_rng(2).random(40),
    }[weight]
    options = {"average": True} if average else {}
    expected = [
        [_weighted_percentile(column, weights, 100 * level, **options) for column in _X.T]
        for level in _LEVELS
    ]
    found = weighted_quantiles(_cohort(_X, weights, dealt(40)), _LEVELS, average=average)
    assert found.tolist() == np.array(expected).tolist()


def test_missing_values_have_no_weight(dealt: Any) -> None:
    holed, weights = _X.copy(), np.ones(40)
    holed[::3, 0] = np.nan
    found = weighted_quantiles(_cohort(holed, weights, dealt(40)), _LEVELS, average=False)
    there = holed[~np.isnan(holed[:, 0]), 0]
    expected = np.quantile(there, _LEVELS, method="inverted_cdf")
    assert found[:, 0].tolist() == expected.tolist()


def test_a_column_without_weight_is_refused(deal: Any) -> None:
    with pytest.raises(DataError, match="at least one weight of each column"):
        weighted_quantiles(_cohort(_X, np.zeros(40), deal([0, 1] * 20)), _LEVELS, average=False)


def test_only_sums_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(40) % 2)
    weighted_quantiles(_cohort(_X, np.ones(40), dealer), _LEVELS, average=True)
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "test"]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
