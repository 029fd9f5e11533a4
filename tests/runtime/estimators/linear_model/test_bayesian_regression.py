from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, diabetes, gap, moved_by_permutation, weights
from sklearn.base import clone
from sklearn.linear_model import ARDRegression, BayesianRidge

from fedruntime import DataError, FLModel


def _assert_same(
    model: Any, X: Any, y: Any, deal: Any, layout: str = "interleaved", weight: Any = None
) -> None:
    weighted = {} if weight is None else {"sample_weight": weight}
    pooled = clone(model).fit(X, y, **weighted)
    dealt = deal(LAYOUTS[layout](len(X)), parties=3)
    ours = FLModel(model=clone(model))
    ours.fit(dealt(X), dealt(y), **{name: dealt(given) for name, given in weighted.items()})
    fitted = ours.to_sklearn()
    assert vars(fitted).keys() == vars(pooled).keys()
    assert fitted.n_iter_ == pooled.n_iter_
    for name in ("coef_", "sigma_", "lambda_", "alpha_", "scores_", "X_offset_", "X_scale_"):
        one, other = getattr(fitted, name), getattr(pooled, name)
        if not np.any(other):
            assert np.shape(one) == np.shape(other)
            assert not np.any(one)
            continue
        own = 0.0 if weighted else moved_by_permutation(model, X, y, pooled, name)
        bar = max(1e-12, 10 * own)
        if name == "X_offset_":
            np.testing.assert_allclose(one, other, atol=1e-15)
        else:
            assert gap(one, other) <= bar, name
    np.testing.assert_allclose(fitted.intercept_, pooled.intercept_, rtol=1e-12, atol=1e-12)
    means, deviations = fitted.predict(X[:5], return_std=True)
    np.testing.assert_allclose(means, pooled.predict(X[:5]), rtol=1e-10)
    np.testing.assert_allclose(deviations, pooled.predict(X[:5], return_std=True)[1], rtol=1e-10)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"compute_score": True},
        {"fit_intercept": False, "compute_score": True},
        {"alpha_1": 3.0, "lambda_2": 2.0, "max_iter": 4},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [BayesianRidge, ARDRegression])
def test_equals_pooled(kind: Any, parameters: Any, layout: str, deal: Any) -> None:
    X, y = diabetes()
    _assert_same(kind(**parameters), X * 20, y, deal, layout)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_sample_weight(scale: float, fit_intercept: bool, deal: Any) -> None:
    """Small weights count as fewer rows than there are in the surrogate."""
    X, y = diabetes()
    model = BayesianRidge(compute_score=True, fit_intercept=fit_intercept)
    _assert_same(model, X * 20, y, deal, weight=weights(len(X)) * scale)


def test_precisions_to_start_from(deal: Any) -> None:
    X, y = diabetes()
    _assert_same(BayesianRidge(alpha_init=0.5, lambda_init=2.0, max_iter=2), X, y, deal)


@pytest.mark.parametrize("threshold", [1e-4, 1e-2, 1e4])
def test_features_beyond_the_threshold(threshold: float, deal: Any) -> None:
    """So low a threshold leaves no feature at all."""
    X, y = diabetes()
    model = ARDRegression(threshold_lambda=threshold, compute_score=True)
    _assert_same(model, X * 20, y, deal)


@pytest.mark.parametrize("kind", [BayesianRidge, ARDRegression])
def test_more_columns_than_rows(kind: Any, deal: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 30))
    y = X[:, 0] + rng.normal(size=20)
    pooled = kind().fit(X, y)
    dealt = deal(LAYOUTS["interleaved"](20))
    ours = FLModel(model=kind()).fit(dealt(X), dealt(y)).to_sklearn()
    assert ours.n_iter_ == pooled.n_iter_
    moved = moved_by_permutation(kind(), X, y, pooled)
    assert gap(ours.coef_, pooled.coef_) <= max(1e-12, 10 * moved)


def test_a_single_row_is_refused(deal: Any) -> None:
    dealt = deal([0])
    with pytest.raises(DataError, match="a minimum of 2 is required by ARDRegression"):
        FLModel(model=ARDRegression()).fit(dealt(np.ones((1, 2))), dealt(np.ones(1)))
