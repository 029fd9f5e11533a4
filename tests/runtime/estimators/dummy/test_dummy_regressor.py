"""``DummyRegressor`` over parties against the pooled one: strategies, weights, several targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from sklearn.dummy import DummyRegressor

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(9)
_Y = _RNG.lognormal(size=41)
_SEVERAL = np.column_stack([_Y, _RNG.normal(size=41)])
_X = _RNG.normal(size=(41, 2))
_WEIGHT = _RNG.integers(0, 4, size=41).astype(float)
_STRATEGIES: list[dict[str, Any]] = [
    {"strategy": "mean"},
    {"strategy": "median"},
    *({"strategy": "quantile", "quantile": level} for level in (0.0, 0.3, 1.0)),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", _STRATEGIES, ids=str)
def test_strategies(options: Any, weighted: bool, dealt: Any) -> None:
    weight = {"sample_weight": _WEIGHT} if weighted else {}
    for targets in (_Y, _SEVERAL):
        ours, pooled, handle = fit_both(DummyRegressor(**options), _X, dealt, y=targets, **weight)
        assert_same_state(ours, pooled, rtol=1e-14 if options["strategy"] == "mean" else 0.0)
        assert_same_rows(ours.predict(handle), pooled.predict(_X), atol=1e-13)


def test_constants(dealt: Any) -> None:
    for constant, targets in ((3, _Y), ([1.5, 2.0], _SEVERAL)):
        model = DummyRegressor(strategy="constant", constant=constant)
        ours, pooled, handle = fit_both(model, _X, dealt, y=targets)
        assert_same_state(ours, pooled)
        assert_same_rows(ours.predict(handle), pooled.predict(_X))


def test_integers_and_single_precision(dealt: Any) -> None:
    for targets in (np.arange(41), _Y.astype(np.float32)):
        for options in _STRATEGIES:
            ours, pooled, _ = fit_both(DummyRegressor(**options), _X, dealt, y=targets)
            assert_same_state(ours, pooled, rtol=1e-6)


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal(np.arange(41) % 2)
    for options, error, message in (
        ({"strategy": "quantile"}, ValueError, "you have to specify the desired quantile"),
        ({"strategy": "constant"}, TypeError, "Constant target value has to be specified"),
    ):
        with pytest.raises(error, match=message):
            FLModel(model=DummyRegressor(**options)).fit(dealer(_X), dealer(_Y))
    weight = dealer(np.zeros(41))
    with pytest.raises(DataError, match="sum to zero"):
        FLModel(model=DummyRegressor()).fit(dealer(_X), dealer(_Y), sample_weight=weight)
    holed = np.where(np.arange(41) == 3, np.nan, _Y)
    with pytest.raises(DataError, match="Input y contains NaN"):
        FLModel(model=DummyRegressor()).fit(dealer(_X), dealer(holed))
