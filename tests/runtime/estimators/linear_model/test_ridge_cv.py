from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, diabetes, iris, weights
from pooled_twin import pooled_rows
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV, RidgeCV
from sklearn.model_selection import KFold

from fedruntime import FLModel, UnsupportedError

ALPHAS = np.logspace(-3, 2, 6)


def _fit_both(
    model: Any, X: Any, y: Any, deal: Any, layout: str = "interleaved", weight: Any = None
) -> tuple[FLModel, Any]:
    pooled = clone(model).fit(X, y, sample_weight=weight)
    dealt = deal(LAYOUTS[layout](X.shape[0]), parties=3)
    return FLModel(model=clone(model)).fit(dealt(X), dealt(y), dealt(weight)), pooled


def _assert_same(ours: FLModel, pooled: Any) -> None:
    fitted = ours.to_sklearn()
    for name in ("coef_", "intercept_", "alpha_", "best_score_"):
        if hasattr(pooled, name):
            one, other = getattr(fitted, name), getattr(pooled, name)
            assert np.shape(one) == np.shape(other), name
            scale = np.abs(other).max()
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weight", [None, 1 + weights(442)], ids=["plain", "weighted"])
def test_left_out_errors(weight: Any, fit_intercept: bool, layout: str, deal: Any) -> None:
    model = RidgeCV(ALPHAS, fit_intercept=fit_intercept)
    _assert_same(*_fit_both(model, *diabetes(), deal, layout, weight))


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_absolute_error"])
@pytest.mark.parametrize("weight", [None, 1 + weights(442)], ids=["plain", "weighted"])
def test_scores_of_left_out_predictions(scoring: str, weight: Any, deal: Any) -> None:
    model = RidgeCV(ALPHAS, scoring=scoring)
    _assert_same(*_fit_both(model, *diabetes(), deal, weight=weight))


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("columns", [1, 2])
def test_several_targets(columns: int, apart: bool, deal: Any) -> None:
    X, y = diabetes()
    model = RidgeCV(ALPHAS, alpha_per_target=apart)
    _assert_same(*_fit_both(model, X, np.c_[y, np.sin(y)][:, :columns], deal))


def test_scores_of_each_target(deal: Any) -> None:
    X, y = diabetes()
    model = RidgeCV(ALPHAS, alpha_per_target=True, scoring="r2")
    _assert_same(*_fit_both(model, X, np.c_[y, np.sin(y)], deal))


@pytest.mark.parametrize("scoring", [None, "r2"])
def test_stored_results_stay_with_their_rows(scoring: Any, deal: Any) -> None:
    X, y = diabetes()
    model = RidgeCV(ALPHAS, scoring=scoring, store_cv_results=True)
    ours, pooled = _fit_both(model, X, y, deal)
    rows = pooled_rows(ours.cv_results_).astype(float)
    np.testing.assert_allclose(rows, pooled.cv_results_, rtol=1e-9)
    assert not hasattr(ours.to_sklearn(), "cv_results_")


@pytest.mark.parametrize("cv", [3, KFold(4, shuffle=True, random_state=1)], ids=str)
def test_folds(cv: Any, deal: Any) -> None:
    X, y = diabetes()
    _assert_same(*_fit_both(RidgeCV(ALPHAS, cv=cv), X, y, deal))
    _assert_same(*_fit_both(RidgeCV(ALPHAS, cv=cv, scoring="neg_mean_squared_error"), X, y, deal))


def test_sparse_rows_and_more_columns_than_rows(deal: Any) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 60)) * (rng.random((30, 60)) < 0.5), rng.normal(size=30)
    for rows in (X, sparse.csr_matrix(X)):
        _assert_same(*_fit_both(RidgeCV(ALPHAS), rows, y, deal))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 1: 0.5}], ids=str)
@pytest.mark.parametrize(
    "model", [RidgeClassifier(), RidgeClassifierCV(ALPHAS), RidgeClassifierCV(ALPHAS, cv=3)]
)
def test_classifiers(model: Any, class_weight: Any, classes: int, deal: Any) -> None:
    X, y = iris()
    X, y = X[y < classes], y[y < classes]
    model = clone(model).set_params(class_weight=class_weight)
    for weight in (None, 1 + weights(len(y))):
        ours, pooled = _fit_both(model, X, y, deal, weight=weight)
        _assert_same(ours, pooled)
        assert ours.to_sklearn().predict(X).tolist() == pooled.predict(X).tolist()


def test_labels_of_text(deal: Any) -> None:
    X, y = iris()
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    ours, pooled = _fit_both(RidgeClassifier(), X, names, deal)
    assert ours.classes_.tolist() == pooled.classes_.tolist()
    assert (
        pooled_rows(ours.predict(deal(LAYOUTS["interleaved"](len(X)))(X))).tolist()[:3]
        == (pooled.predict(X).tolist()[:3])
    )


def test_one_round_for_all_penalties(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    FLModel(model=RidgeCV(np.logspace(-3, 3, 50))).fit(dealt(X), dealt(y))
    operations = [entry.operation for entry in dealt.federation.ledger]
    assert operations.count("ridge_cv.errors") == 2


@pytest.mark.parametrize(
    "model",
    [
        RidgeCV([0.0, 1.0]),
        RidgeCV(ALPHAS, cv=3, store_cv_results=True),
        RidgeCV(ALPHAS, cv=3, alpha_per_target=True),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused_as_in_scikit_learn(model: Any, deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(ValueError) as pooled:
        clone(model).fit(X, y)
    with pytest.raises(ValueError) as ours:
        FLModel(model=clone(model)).fit(dealt(X), dealt(y))
    assert str(ours.value) == str(pooled.value)


def test_scores_of_left_out_decisions_are_refused(deal: Any) -> None:
    X, y = iris()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(UnsupportedError, match="use cv=5"):
        FLModel(model=RidgeClassifierCV(scoring="accuracy")).fit(dealt(X), dealt(y))
