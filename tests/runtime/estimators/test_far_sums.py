"""Sums that leave the range of the exact encoding, or of float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fedruntime import PlainAggregator
from fedruntime.cohort import Cohort
from fedruntime.estimators.far_sums import in_unit, sum_far
from fedruntime.operations import Statistics, party_op


@party_op("test_far_sums.given")
def given(X: Any, unit: float) -> Statistics:
    with np.errstate(over="ignore"):
        return in_unit({"total": X.sum(axis=0), "count": len(X)}, unit)


def _sums(deal: Any, rows: Any) -> Any:
    dealt = deal(np.arange(len(rows)) % 2)
    return sum_far(Cohort(dealt.federation, PlainAggregator(), {"X": dealt(rows)}, "test"), given)


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20, 1e25, 1e60, 1e150, 1e300])
def test_any_finite_size_comes_back(size: float, deal: Any) -> None:
    sums = _sums(deal, np.array([[size, 1.0], [size, 2.0], [-3 * size, 4.0]]))
    assert sums["total"][0] == pytest.approx(-size, rel=1e-12)
    assert sums.keys() == {"total", "count"}


@pytest.mark.parametrize("value", [np.inf, np.nan, 1.7e308])
def test_what_is_no_number_makes_all_sums_infinite(value: float, deal: Any) -> None:
    sums = _sums(deal, np.array([[value, 1.0], [1.0, 1.0], [value, 1.0]]))
    assert np.isinf(sums["total"]).all()
    assert np.isinf(sums["count"])


def test_a_value_out_of_range_does_not_leave() -> None:
    stated = in_unit({"total": np.array([1e30, 2.0])}, 1.0)
    assert stated["total"].tolist() == [0.0, 0.0]
    assert stated["beyond"] == 1
