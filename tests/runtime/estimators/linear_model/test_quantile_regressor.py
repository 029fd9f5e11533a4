from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, fit_both, gap, weights
from scipy import sparse
from sklearn import datasets
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import mean_pinball_loss

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

# Odd numbers of rows: a median of an even number is any between the two middle ones.
X, Y = (rows[:441] for rows in datasets.load_diabetes(return_X_y=True))


def _objective(model: Any, rows: Any, y: Any, weight: Any = None) -> float:
    loss = mean_pinball_loss(y, model.predict(rows), sample_weight=weight, alpha=model.quantile)
    return float(loss + model.alpha * np.abs(model.coef_).sum())


def _assert_same(ours: Any, pooled: Any) -> None:
    scale = max(np.abs(pooled.coef_).max(), abs(pooled.intercept_))
    np.testing.assert_allclose(ours.coef_, pooled.coef_, rtol=0, atol=1e-9 * scale)
    assert ours.intercept_ == pytest.approx(pooled.intercept_, abs=1e-9 * scale)
    assert ((ours.coef_ == 0) == (pooled.coef_ == 0)).all()
    assert type(ours.intercept_) is type(pooled.intercept_)
    assert type(ours.n_iter_) is type(pooled.n_iter_)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"alpha": 0.0},
        {"alpha": 0.01, "quantile": 0.9},
        {"alpha": 0.02, "quantile": 0.05},
        {"alpha": 0.003, "fit_intercept": False},
        {"alpha": 0.001, "solver": "highs-ds", "quantile": 0.99},
    ],
    ids=str,
)
def test_reaches_the_linear_programs_optimum(parameters: Any, layout: str, deal: Any) -> None:
    y = Y if parameters.get("fit_intercept", True) else Y - 150
    ours, pooled = fit_both(QuantileRegressor(**parameters), X, y, deal, layout)
    _assert_same(ours, pooled)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_sample_weight(form: Any, deal: Any) -> None:
    model = QuantileRegressor(alpha=0.01, quantile=0.3)
    _assert_same(*fit_both(model, form(X), Y, deal, sample_weight=weights(len(Y))))


@pytest.mark.parametrize("alpha", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("quantile", [0.25, 0.5, 0.9])
def test_where_many_models_are_equally_good(quantile: float, alpha: float, deal: Any) -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 3, size=(200, 3)).astype(float)
    rows = np.c_[rows, 2 * rows[:, 0], np.ones(200), np.zeros(200)]
    y = rng.integers(0, 4, size=200).astype(float)
    ours, pooled = fit_both(QuantileRegressor(quantile=quantile, alpha=alpha), rows, y, deal)
    assert _objective(ours, rows, y) == pytest.approx(_objective(pooled, rows, y), rel=1e-10)


@pytest.mark.parametrize("scales", [[1e-6, 1.0, 1e6], [1.0, 1.0, 1.0]], ids=str)
@pytest.mark.parametrize("shift", [0.0, 1e7])
def test_far_and_uneven_units(scales: Any, shift: float, deal: Any) -> None:
    rng = np.random.default_rng(1)
    rows, y = rng.normal(size=(301, 3)), shift + rng.standard_t(2, size=301)
    plain, _ = fit_both(QuantileRegressor(alpha=0.0), rows, y - shift, deal)
    scaled = rows * scales
    dealt = deal(np.arange(301) % 3)
    ours = FLModel(model=QuantileRegressor(alpha=0.0)).fit(dealt(scaled), dealt(y)).to_sklearn()
    np.testing.assert_allclose(ours.coef_ * scales, plain.coef_, rtol=1e-6)
    assert ours.intercept_ - shift == pytest.approx(plain.intercept_, abs=1e-7)


@pytest.mark.parametrize("rows", [1, 3, 6])
def test_rows_that_are_all_met(rows: int, deal: Any) -> None:
    given, y = X[:rows, :6], Y[:rows]
    dealt = deal([0] * rows, parties=2)
    ours = FLModel(model=QuantileRegressor(alpha=0.0)).fit(dealt(given), dealt(y)).to_sklearn()
    np.testing.assert_allclose(ours.predict(given), y, rtol=1e-9)


def test_few_rounds_and_no_warning_for_a_rare_quantile(deal: Any) -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(5000, 8))
    y = rows @ rng.normal(size=8) + rng.standard_t(2, size=5000)
    dealt = deal(np.arange(5000) % 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FLModel(model=QuantileRegressor(alpha=0.0, quantile=0.99)).fit(dealt(rows), dealt(y))
    assert len(dealt.federation.ledger) // 3 <= 180


def test_nothing_of_the_size_of_a_party_leaves(deal: Any) -> None:
    dealt = deal(np.repeat([0, 1], [300, 141]))
    FLModel(model=QuantileRegressor(alpha=0.01)).fit(dealt(X), dealt(Y))
    for entry in dealt.federation.ledger:
        assert not any({300, 141, 441} & set(shape) for _, shape in entry.content)


def test_solvers_that_take_no_sparse_rows_refuse_them_as_pooled(deal: Any) -> None:
    dealt = deal(np.arange(len(Y)) % 2)
    model = FLModel(model=QuantileRegressor(solver="revised simplex"))
    with pytest.raises(ValueError, match="does not support sparse X"):
        model.fit(dealt(sparse.csr_matrix(X)), dealt(Y))


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_no_weight_at_all_is_refused(fit_intercept: bool, deal: Any) -> None:
    dealt = deal(np.arange(len(Y)) % 2)
    model = FLModel(model=QuantileRegressor(fit_intercept=fit_intercept))
    with pytest.raises(DataError, match="add up to zero"):
        model.fit(dealt(X), dealt(Y), sample_weight=dealt(np.zeros(len(Y))))


def test_too_many_features_are_refused(deal: Any) -> None:
    dealt = deal([0, 1, 1])
    with pytest.raises(UnsupportedError, match="up to 2000 features"):
        FLModel(model=QuantileRegressor()).fit(dealt(np.ones((3, 2001))), dealt(Y[:3]))


def test_the_same_for_any_parties(deal: Any) -> None:
    fitted = []
    for owners in (np.zeros(441, int), np.arange(441) * 10 // 441):
        dealt = deal(owners)
        model = FLModel(model=QuantileRegressor(alpha=0.01)).fit(dealt(X), dealt(Y))
        fitted.append(model.to_sklearn().coef_)
    assert gap(*fitted) <= 1e-10
