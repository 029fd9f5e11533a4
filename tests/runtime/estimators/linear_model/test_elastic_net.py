from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, diabetes, fit_both, gap, weights
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import (
    ElasticNet,
    ElasticNetCV,
    Lasso,
    LassoCV,
    MultiTaskElasticNet,
    MultiTaskElasticNetCV,
    MultiTaskLasso,
    MultiTaskLassoCV,
)
from sklearn.model_selection import RepeatedKFold, ShuffleSplit

from fedruntime import DataError, FLModel, UnsupportedError

SEVERAL = (
    "alphas"
    if "n_alphas" not in LassoCV().get_params()
    or (LassoCV().get_params()["n_alphas"] in ("deprecated", "warn"))
    else "n_alphas"
)
"""The parameter for the number of strengths, which newer versions renamed."""


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _targets(columns: int) -> Any:
    y = diabetes()[1]
    return np.c_[y, 100 * np.sin(y), np.sqrt(y)][:, :columns]


def _assert_same(ours: Any, pooled: Any, bar: float = 1e-12) -> None:
    assert vars(ours).keys() == vars(pooled).keys()
    assert gap(ours.coef_, pooled.coef_) <= bar
    assert ((ours.coef_ == 0) == (pooled.coef_ == 0)).all()
    np.testing.assert_allclose(ours.intercept_, pooled.intercept_, rtol=bar, atol=bar)
    assert np.array_equal(ours.n_iter_, pooled.n_iter_)
    # What is left when two objectives are subtracted.
    np.testing.assert_allclose(ours.dual_gap_, pooled.dual_gap_, rtol=1e-6, atol=1e-9)
    for name in ("alpha_", "alphas_", "l1_ratio_", "mse_path_", "eps_"):
        if hasattr(pooled, name):
            assert gap(getattr(ours, name), getattr(pooled, name)) <= bar


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"fit_intercept": False},
        {"precompute": True},
        {"positive": True},
        {"selection": "random", "random_state": 3},
        {"max_iter": 3},
        {"tol": 1e-10},
    ],
    ids=str,
)
def test_equals_pooled(parameters: Any, layout: str, deal: Any) -> None:
    X, y = diabetes()
    for model in (Lasso(alpha=0.05, **parameters), ElasticNet(alpha=0.01, **parameters)):
        _assert_same(*fit_both(model, X, y, deal, layout))
        _assert_same(*fit_both(model, X, y, deal, layout, weights(len(X))))


@pytest.mark.parametrize("columns", [1, 3])
def test_several_targets(columns: int, deal: Any) -> None:
    X, _ = diabetes()
    _assert_same(*fit_both(Lasso(alpha=0.05), X, _targets(columns), deal))


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("selection", ["cyclic", "random"])
def test_sparse_rows(selection: str, fit_intercept: bool, deal: Any) -> None:
    X, y = diabetes()
    rows = sparse.csr_matrix(np.where(X > 0, X, 0.0))
    model = Lasso(alpha=0.05, selection=selection, fit_intercept=fit_intercept, random_state=0)
    for weight in (None, weights(len(X))):
        _assert_same(*fit_both(model, rows, y, deal, "interleaved", weight))


@pytest.mark.parametrize("shape", [(12, 40), (40, 12)])
def test_few_rows_and_many_columns(shape: Any, deal: Any) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=shape), rng.normal(size=shape[0])
    _assert_same(*fit_both(Lasso(alpha=0.1), X, y, deal), bar=1e-10)


def test_a_target_without_noise(deal: Any) -> None:
    """What is left of the target, on which the end of iterations depends, is measured, not found by
    subtraction.
    """
    X, _ = diabetes()
    y = X @ np.arange(10.0) + 1e-7 * np.random.default_rng(0).normal(size=len(X))
    _assert_same(*fit_both(Lasso(alpha=1e-5), X, y, deal))


def test_multi_task(deal: Any) -> None:
    X, _ = diabetes()
    for kind in (MultiTaskLasso, MultiTaskElasticNet):
        for fit_intercept in (True, False):
            model = kind(alpha=0.05, fit_intercept=fit_intercept)
            pooled = clone(model).fit(X, _targets(3))
            dealt = deal(LAYOUTS["interleaved"](len(X)))
            ours = FLModel(model=model).fit(dealt(X), dealt(_targets(3)))
            _assert_same(ours.to_sklearn(), pooled)


def test_one_target_is_no_task_of_several(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(LAYOUTS["interleaved"](len(X)))
    with pytest.raises(ValueError, match="For mono-task outputs, use ElasticNet"):
        FLModel(model=MultiTaskElasticNet()).fit(dealt(X), dealt(y))


def test_warm_start(deal: Any) -> None:
    X, y = diabetes()
    pooled = Lasso(alpha=0.05, warm_start=True, max_iter=2)
    ours = FLModel(model=clone(pooled))
    dealt = deal(LAYOUTS["interleaved"](len(X)))
    for _ in range(3):
        pooled.fit(X, y)
        ours.fit(dealt(X), dealt(y))
        _assert_same(ours.to_sklearn(), pooled)


def test_a_generator_goes_on_drawing(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(LAYOUTS["interleaved"](len(X)))
    ours, theirs = np.random.RandomState(4), np.random.RandomState(4)
    for _ in range(2):
        pooled = Lasso(alpha=0.05, selection="random", random_state=theirs).fit(X, y)
        model = Lasso(alpha=0.05, selection="random", random_state=ours)
        _assert_same(FLModel(model=model).fit(dealt(X), dealt(y)).to_sklearn(), pooled)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "model",
    [
        LassoCV(**{SEVERAL: 12}),
        LassoCV(**{SEVERAL: 12}, cv=3, fit_intercept=False, positive=True),
        LassoCV(alphas=[0.1, 1.0, 0.01], precompute=False, cv=3),
        LassoCV(**{SEVERAL: 5}, selection="random", random_state=1),
        ElasticNetCV(**{SEVERAL: 8}, l1_ratio=[0.2, 0.9], cv=3),
        ElasticNetCV(**{SEVERAL: 8}, cv=ShuffleSplit(3, random_state=0)),
        ElasticNetCV(**{SEVERAL: 8}, cv=RepeatedKFold(n_splits=2, n_repeats=2, random_state=0)),
    ],
    ids=str,
)
def test_cross_validation(model: Any, layout: str, deal: Any) -> None:
    _assert_same(*fit_both(model, *diabetes(), deal, layout), bar=1e-11)


def test_cross_validation_with_weights_and_sparse_rows(deal: Any) -> None:
    X, y = diabetes()
    rows = sparse.csr_matrix(np.where(X > 0, X, 0.0))
    model = LassoCV(**{SEVERAL: 12}, cv=3)
    _assert_same(*fit_both(model, X, y, deal, sample_weight=weights(len(X))), bar=1e-11)
    _assert_same(*fit_both(model, rows, y, deal), bar=1e-11)


@pytest.mark.parametrize("kind", [MultiTaskLassoCV, MultiTaskElasticNetCV])
def test_cross_validation_of_tasks(kind: Any, deal: Any) -> None:
    X, _ = diabetes()
    model = kind(**{SEVERAL: 6}, cv=3)
    pooled = clone(model).fit(X, _targets(2))
    dealt = deal(LAYOUTS["interleaved"](len(X)))
    ours = FLModel(model=model).fit(dealt(X), dealt(_targets(2)))
    _assert_same(ours.to_sklearn(), pooled, bar=1e-9)


def test_several_targets_of_a_model_of_one_are_refused(deal: Any) -> None:
    X, _ = diabetes()
    dealt = deal(LAYOUTS["interleaved"](len(X)))
    with pytest.raises(DataError, match="y should be a 1d array"):
        FLModel(model=LassoCV()).fit(dealt(X), dealt(_targets(2)))


def test_a_gram_matrix_of_ones_own_is_refused(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(LAYOUTS["interleaved"](len(X)))
    with pytest.raises(UnsupportedError, match=r"supported: precompute = False, True"):
        FLModel(model=Lasso(precompute=X.T @ X)).fit(dealt(X), dealt(y))
