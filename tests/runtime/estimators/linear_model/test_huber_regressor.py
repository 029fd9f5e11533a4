from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, gap, moved_by_permutation, weights
from pooled_twin import pooled_rows
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import HuberRegressor
from sklearn.linear_model._huber import _huber_loss_and_gradient

from fedruntime import FLModel
from fedruntime.estimators.linear_model.huber_regressor import huber_statistic

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4))
Y = X @ [1.0, -2.0, 0.0, 3.0] + RNG.standard_t(1.5, size=240)


def _fit_both(
    model: Any, rows: Any, deal: Any, layout: str = "interleaved", weight: Any = None
) -> tuple[FLModel, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = clone(model).fit(rows, Y, sample_weight=weight)
        dealt = deal(LAYOUTS[layout](len(Y)), parties=3)
        ours = FLModel(model=clone(model)).fit(dealt(rows), dealt(Y), dealt(weight))
    return ours, pooled


def _assert_same(ours: FLModel, pooled: Any, bar: float = 1e-12) -> None:
    fitted = ours.to_sklearn()
    assert gap(fitted.coef_, pooled.coef_) <= bar
    assert fitted.intercept_ == pytest.approx(pooled.intercept_, rel=bar, abs=bar)
    assert fitted.scale_ == pytest.approx(pooled.scale_, rel=bar)
    assert fitted.n_iter_ == pooled.n_iter_
    assert not hasattr(fitted, "outliers_")
    outliers = pooled_rows(ours.outliers_)
    assert outliers.tolist() == pooled.outliers_.tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "parameters",
    [{}, {"fit_intercept": False}, {"epsilon": 2.5, "alpha": 3.0}, {"max_iter": 4}, {"tol": 1e-9}],
    ids=str,
)
def test_equals_pooled(parameters: Any, layout: str, deal: Any) -> None:
    model = HuberRegressor(**parameters)
    ours, pooled = _fit_both(model, X, deal, layout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moved = moved_by_permutation(model, X, Y, pooled)
    _assert_same(ours, pooled, bar=max(1e-12, 10 * moved))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_sample_weight(kind: Any, deal: Any) -> None:
    _assert_same(*_fit_both(HuberRegressor(), kind(X), deal, weight=weights(len(Y))), bar=1e-11)


def test_warm_start(deal: Any) -> None:
    model = HuberRegressor(max_iter=3, warm_start=True)
    pooled, ours = clone(model), FLModel(model=clone(model))
    dealt = deal(np.arange(len(X)) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            pooled.fit(X, Y)
            ours.fit(dealt(X), dealt(Y))
    _assert_same(ours, pooled, bar=1e-11)


def test_outliers_stay_with_their_rows(deal: Any) -> None:
    dealt = deal(np.arange(len(X)) % 2)
    model = FLModel(model=HuberRegressor()).fit(dealt(X), dealt(Y))
    assert int(model.outliers_.sum()) == HuberRegressor().fit(X, Y).outliers_.sum()
    for entry in dealt.federation.ledger:
        assert not any({120, 240} & set(shape) for _, shape in entry.content)


@pytest.mark.parametrize("weight", [None, weights(240)], ids=["plain", "weighted"])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_sums_equal_those_of_scikit_learn(form: Any, weight: Any) -> None:
    coef, intercept, scale = np.array([0.5, -1.0, 0.2, 2.0]), 0.3, 0.8
    public = {"coef": coef, "intercept": intercept, "scale": scale, "epsilon": 1.35}
    parts = [
        huber_statistic(form(X)[rows], Y[rows], None if weight is None else weight[rows], **public)
        for rows in (slice(0, 1), slice(1, 1), slice(1, None))
    ]
    sums = {name: sum(part[name] for part in parts) for name in parts[0]}
    given = np.ones(240) if weight is None else weight
    loss, gradient = _huber_loss_and_gradient(np.r_[coef, intercept, scale], X, Y, 1.35, 0.0, given)
    assert sums["loss"] == pytest.approx(loss, rel=1e-12)
    found = np.r_[sums["coef"], sums["intercept"], sums["scale"]]
    np.testing.assert_allclose(found, gradient, rtol=1e-11, atol=1e-10)
