from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, gap, weights
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

from fedruntime import DataError, FLModel

SOLVERS = ("lbfgs", "newton-cholesky")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 5))
MEAN = np.exp(X @ [0.3, -0.2, 0.5, 0.0, 0.1])
COUNTS = RNG.poisson(MEAN).astype(float)
SIZES = MEAN * RNG.gamma(2.0, size=240)
NUMBERS = X @ [1.0, 2.0, 3.0, 0.0, -1.0] + RNG.normal(size=240)
MODELS = [
    (PoissonRegressor(), COUNTS),
    (PoissonRegressor(alpha=0.0, fit_intercept=False), COUNTS),
    (GammaRegressor(alpha=0.1, tol=1e-8), SIZES),
    (TweedieRegressor(power=-1.0, alpha=0.1), SIZES + 9.0),
    (TweedieRegressor(power=0.0), NUMBERS),
    (TweedieRegressor(power=0.0, link="log"), SIZES),
    (TweedieRegressor(power=1.0, link="identity", alpha=0.0, max_iter=20), COUNTS + 9.0),
    (TweedieRegressor(power=1.5), COUNTS),
    (TweedieRegressor(power=2.0), SIZES),
    (TweedieRegressor(power=3.0, max_iter=300), SIZES),
]


def _fit_both(
    model: Any, rows: Any, y: Any, deal: Any, layout: str = "interleaved", weight: Any = None
) -> tuple[FLModel, Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = clone(model).fit(rows, y, sample_weight=weight)
        dealt = deal(LAYOUTS[layout](len(y)), parties=3)
        ours = FLModel(model=clone(model)).fit(dealt(rows), dealt(y), dealt(weight))
    return ours, pooled, dealt


def _assert_same(ours: FLModel, pooled: Any) -> None:
    fitted = ours.to_sklearn()
    assert gap(fitted.coef_, pooled.coef_) <= 1e-12
    assert fitted.intercept_ == pytest.approx(pooled.intercept_, rel=1e-12, abs=1e-13)
    assert type(fitted.intercept_) is type(pooled.intercept_)
    assert fitted.n_iter_ == pooled.n_iter_
    assert type(fitted.n_iter_) is type(pooled.n_iter_)
    assert vars(fitted).keys() == vars(pooled).keys()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("model", "y"), MODELS, ids=[str(model) for model, _ in MODELS])
def test_equals_pooled(model: Any, y: Any, solver: str, layout: str, deal: Any) -> None:
    ours, pooled, _ = _fit_both(clone(model).set_params(solver=solver), X, y, deal, layout)
    _assert_same(ours, pooled)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("model", "y"), MODELS[:4], ids=[str(model) for model, _ in MODELS[:4]])
def test_weights_and_share_of_deviance(
    model: Any, y: Any, solver: str, kind: Any, deal: Any
) -> None:
    weight = weights(len(y))
    model = clone(model).set_params(solver=solver)
    ours, pooled, dealt = _fit_both(model, kind(X), y, deal, weight=weight)
    _assert_same(ours, pooled)
    for given in (None, weight):
        score = ours.score(dealt(kind(X)), dealt(y), dealt(given))
        assert score == pytest.approx(pooled.score(X, y, sample_weight=given), abs=1e-13)


@pytest.mark.parametrize("solver", SOLVERS)
def test_predictions_at_the_parties(solver: str, deal: Any) -> None:
    ours, pooled, dealt = _fit_both(TweedieRegressor(power=1.5, solver=solver), X, COUNTS, deal)
    total = float(ours.predict(dealt(X)).sum())
    assert total == pytest.approx(pooled.predict(X).sum(), rel=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_warm_start(solver: str, deal: Any) -> None:
    model = PoissonRegressor(solver=solver, max_iter=1, warm_start=True, tol=1e-10)
    pooled, ours = clone(model), FLModel(model=clone(model))
    dealt = deal(np.arange(len(X)) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            pooled.fit(X, COUNTS)
            ours.fit(dealt(X), dealt(COUNTS))
    _assert_same(ours, pooled)


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (PoissonRegressor(), np.r_[COUNTS[1:], -1.0]),
        (GammaRegressor(), np.r_[SIZES[1:], 0.0]),
        (TweedieRegressor(power=1.5), np.r_[COUNTS[1:], -1.0]),
    ],
    ids=str,
)
def test_targets_out_of_range(model: Any, y: Any, deal: Any) -> None:
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(ValueError) as theirs:
        clone(model).fit(X, y)
    with pytest.raises(DataError) as ours:
        FLModel(model=model).fit(dealt(X), dealt(y))
    assert str(ours.value) == str(theirs.value)


def test_a_column_of_targets(deal: Any) -> None:
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        ours = FLModel(model=PoissonRegressor()).fit(dealt(X), dealt(COUNTS[:, np.newaxis]))
    _assert_same(ours, PoissonRegressor().fit(X, COUNTS))
    with pytest.raises(
        DataError, match=r"y should be a 1d array, got an array of shape \(240, 2\)"
    ):
        FLModel(model=PoissonRegressor()).fit(dealt(X), dealt(np.c_[COUNTS, COUNTS]))


@pytest.mark.parametrize("solver", SOLVERS)
def test_line_searches_that_look_where_the_deviance_overflows(solver: str, deal: Any) -> None:
    model = PoissonRegressor(solver=solver, alpha=0.0, max_iter=500)
    for factor in (3.0, 30.0, 300.0):
        ours, pooled, _ = _fit_both(model, factor * X, np.round(COUNTS * 1e4), deal)
        assert ours.n_iter_ == pooled.n_iter_
        np.testing.assert_allclose(ours.to_sklearn().coef_, pooled.coef_, rtol=1e-6, atol=0)


def test_weights_of_zero(deal: Any) -> None:
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(DataError, match="add up to zero"):
        FLModel(model=PoissonRegressor()).fit(dealt(X), dealt(COUNTS), dealt(0 * COUNTS))


def test_only_sums_leave(deal: Any) -> None:
    dealt = deal(np.arange(len(X)) % 2)
    model = FLModel(model=GammaRegressor(solver="newton-cholesky")).fit(dealt(X), dealt(SIZES))
    model.score(dealt(X), dealt(SIZES))
    clear = {e.operation for e in dealt.federation.ledger if e.protection == "in the clear"}
    assert clear <= {"secure.advertise", "secure.agree"}
