from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linear_cases import (
    LAYOUTS,
    breast_cancer,
    diabetes,
    digits,
    fit_both,
    gap,
    moved_by_permutation,
    spectrum,
    weights,
)
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge

from fedruntime import DataError, FLModel
from fedruntime.estimators.registry import Exactness, support


def _assert_same(ours: Any, pooled: Any) -> None:
    assert gap(ours.coef_, pooled.coef_) <= 1e-12
    np.testing.assert_allclose(ours.intercept_, pooled.intercept_, rtol=1e-12, atol=1e-12)
    assert ours.n_iter_ == pooled.n_iter_
    assert vars(ours).keys() == vars(pooled).keys()
    assert getattr(ours, "solver_", None) == getattr(pooled, "solver_", None)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("solver", ["auto", "cholesky", "svd"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_equals_pooled(solver: str, fit_intercept: bool, layout: str, deal: Any) -> None:
    model = Ridge(alpha=0.7, solver=solver, fit_intercept=fit_intercept)
    _assert_same(*fit_both(model, *diabetes(), deal, layout))


@pytest.mark.parametrize("data", [breast_cancer, digits], ids=lambda data: data.__name__)
def test_equals_pooled_on_collinear_columns(data: Any, deal: Any) -> None:
    _assert_same(*fit_both(Ridge(), *data(), deal))


def test_sample_weight(deal: Any) -> None:
    X, y = diabetes()
    _assert_same(*fit_both(Ridge(), X, y, deal, sample_weight=weights(len(X))))


@pytest.mark.parametrize("columns", [1, 2])
def test_several_targets(columns: int, deal: Any) -> None:
    X, y = diabetes()
    _assert_same(*fit_both(Ridge(), X, np.c_[y, y**2][:, :columns], deal))


def test_one_penalty_a_target(deal: Any) -> None:
    X, y = diabetes()
    _assert_same(*fit_both(Ridge(alpha=np.array([0.1, 10.0])), X, np.c_[y, y**2], deal))


def test_penalties_that_are_not_one_a_target_are_refused(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(DataError, match="number of penalties do not correspond: 1 != 2"):
        FLModel(model=Ridge(alpha=np.array([0.1, 10.0]))).fit(dealt(X), dealt(y))
    assert not [e for e in dealt.federation.ledger if e.protection != "facts"]


def test_more_columns_than_rows(deal: Any) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(30, 80)), rng.normal(size=30)
    _assert_same(*fit_both(Ridge(), X, y, deal))


@pytest.mark.parametrize("exponent", [3, 6, 12])
@pytest.mark.parametrize("solver", ["cholesky", "svd"])
def test_a_small_penalty_on_ill_conditioned_rows(exponent: int, solver: str, deal: Any) -> None:
    X, y = spectrum(10.0**exponent)
    model = Ridge(alpha=1e-3, solver=solver)
    ours, pooled = fit_both(model, X, y, deal)
    allowed = max(1e-12, 10 * moved_by_permutation(model, X, y, pooled))
    assert gap(ours.coef_, pooled.coef_) <= allowed


def test_no_penalty_is_least_squares(deal: Any) -> None:
    X, y = diabetes()
    _assert_same(*fit_both(Ridge(alpha=0.0), X, y, deal))


def test_a_penalty_spares_the_second_pass(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    FLModel(model=Ridge(alpha=1.0)).fit(dealt(X), dealt(y))
    operations = [entry.operation for entry in dealt.federation.ledger]
    assert operations.count("gram.sums") == 2


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "parameters",
    [{"positive": True}, {"solver": "lsqr"}, {"solver": "sparse_cg"}, {"solver": "lbfgs"}],
    ids=str,
)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_iterative_solvers_take_the_same_steps(
    parameters: Any, fit_intercept: bool, layout: str, deal: Any
) -> None:
    X, y = diabetes()
    if parameters.get("solver") == "lbfgs":
        parameters = {**parameters, "positive": True}
    model = Ridge(alpha=0.7, fit_intercept=fit_intercept, **parameters)
    for weight in (None, weights(len(X))):
        _assert_same(*fit_both(model, X, y, deal, layout, weight))


@pytest.mark.parametrize("solver", ["lsqr", "sparse_cg"])
def test_iterative_solvers_on_more_columns_than_rows(solver: str, deal: Any) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(30, 80)), rng.normal(size=30)
    _assert_same(*fit_both(Ridge(solver=solver), X, y, deal))


@pytest.mark.parametrize("solver", ["sag", "saga"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_stochastic_solvers_end_where_theirs_would(
    solver: str, fit_intercept: bool, deal: Any
) -> None:
    X, y = breast_cancer()
    model = Ridge(solver=solver, alpha=10.0, fit_intercept=fit_intercept, random_state=0)
    ours, _ = fit_both(model, X, y, deal)
    optimum = clone(model).set_params(solver="cholesky").fit(X, y)
    assert gap(ours.coef_, optimum.coef_) <= 1e-12
    assert support(model).exactness is Exactness.EQUIVALENT
    tight = clone(model).set_params(tol=1e-12, max_iter=100_000).fit(X, y)
    assert gap(ours.coef_, tight.coef_) <= 1e-6


@pytest.mark.parametrize("solver", ["auto", "lsqr", "sparse_cg", "lbfgs", "sag"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_rows(solver: str, fit_intercept: bool, deal: Any) -> None:
    X, y = diabetes()
    rows = sparse.csr_matrix(np.where(X > 0, X, 0.0))
    model = Ridge(solver=solver, fit_intercept=fit_intercept, tol=1e-12, positive=solver == "lbfgs")
    ours, pooled = fit_both(model, rows, y, deal, "interleaved")
    assert gap(ours.coef_, pooled.coef_) <= (1e-8 if solver in ("sag", "lbfgs") else 1e-12)


def test_solvers_for_dense_rows_refuse_sparse_ones_as_in_scikit_learn(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    for solver in ("svd", "cholesky"):
        with pytest.raises((ValueError, TypeError)) as pooled:
            Ridge(solver=solver).fit(sparse.csr_matrix(X), y)
        with pytest.raises(type(pooled.value)):
            FLModel(model=Ridge(solver=solver)).fit(dealt(sparse.csr_matrix(X)), dealt(y))


def test_invalid_parameters_raise_as_in_scikit_learn(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(ValueError, match="The 'alpha' parameter of Ridge must be"):
        FLModel(model=Ridge(alpha=-1.0)).fit(dealt(X), dealt(y))
