"""The covariance estimators of all rows over parties against the pooled ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_state, fit_both
from sklearn.covariance import OAS, EmpiricalCovariance, LedoitWolf, ShrunkCovariance

from fedruntime import FLModel

_RNG = np.random.default_rng(10)
_X = _RNG.normal(size=(50, 4)) @ _RNG.normal(size=(4, 4)) + [0.0, 1.0, 10.0, -3.0]
_KINDS = [EmpiricalCovariance, ShrunkCovariance, LedoitWolf, OAS]


@pytest.mark.parametrize(
    "options", [{}, {"assume_centered": True}, {"store_precision": False}], ids=str
)
@pytest.mark.parametrize("kind", _KINDS)
def test_parameters(kind: Any, options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(kind(**options), _X, dealt)
    assert_same_state(ours, pooled, rtol=1e-12)
    assert ours.score(handle) == pytest.approx(pooled.score(_X), rel=1e-12)


@pytest.mark.parametrize("kind", _KINDS)
def test_one_column(kind: Any, dealt: Any) -> None:
    ours, pooled, _ = fit_both(kind(), _X[:, :1], dealt)
    assert_same_state(ours, pooled, rtol=1e-12)


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_units_cost_no_digits(kind: Any, factor: float, dealt: Any) -> None:
    rows = _X * factor
    ours, pooled, _ = fit_both(kind(), rows, dealt)
    assert_same_state(ours, pooled, rtol=1e-12)


@pytest.mark.parametrize("kind", [LedoitWolf, OAS])
def test_fewer_rows_than_columns(kind: Any, dealt: Any) -> None:
    rows = np.random.default_rng(11).normal(size=(6, 12))
    ours, pooled, _ = fit_both(kind(), rows, dealt)
    assert_same_state(ours, pooled, rtol=1e-12)


def test_other_rows_are_scored_about_the_location_of_the_fit(deal: Any) -> None:
    dealer = deal([0, 1] * 25)
    model = FLModel(model=LedoitWolf()).fit(dealer(_X))
    shifted = _X[::-1] + 2.0
    expected = LedoitWolf().fit(_X).score(shifted)
    assert model.score(dealer(shifted)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.filterwarnings("error:invalid", "error:divide")
def test_one_row_is_warned_of(deal: Any) -> None:
    dealer = deal([0])
    with pytest.warns(UserWarning, match="Only one sample available"):
        model = FLModel(model=EmpiricalCovariance()).fit(dealer(_X[:1]))
    assert not model.covariance_.any()
