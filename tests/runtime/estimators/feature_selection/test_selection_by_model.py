"""Selectors that ask an estimator, over parties against the pooled ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, RFECV, SelectFromModel, SequentialFeatureSelector
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_RNG = np.random.default_rng(8)
_N = 80
_X = _RNG.normal(size=(_N, 6))
_FRAME = pd.DataFrame(_X, columns=list("abcdef"))
_NUMBERS = _X @ [1, 0, -2, 0, 0.5, 0] + _RNG.normal(size=_N)
_LABELS = pd.Series(np.where(_NUMBERS > 0, "high", "low"))
_SCALED = make_pipeline(StandardScaler(), Ridge())


def _assert_same_selection(model: Any, X: Any, y: Any, deal: Any, rtol: float = 1e-10) -> None:
    dealer = deal(np.arange(_N) % 3)
    pooled = clone(model).fit(X, y)
    ours = FLModel(model=clone(model)).fit(dealer(X), dealer(y))
    if hasattr(pooled, "cv"):
        pooled.cv = ours.to_sklearn().cv  # splitters do not compare
    assert_same_state(ours, pooled, rtol)
    assert_same_rows(ours.transform(dealer(X)), pooled.transform(X))
    if hasattr(pooled, "score"):
        assert ours.score(dealer(X), dealer(y)) == pytest.approx(pooled.score(X, y), rel=1e-9)
        assert_same_rows(ours.predict(dealer(X)), pooled.predict(X), 1e-9)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"threshold": "1.25*median"},
        {"threshold": 0.3},
        {"threshold": -np.inf, "max_features": 2},
        {"max_features": lambda X: X.shape[1] // 3},
        {"estimator": _SCALED, "importance_getter": "named_steps.ridge.coef_"},
    ],
    ids=["mean", "median", "number", "two", "a third", "getter"],
)
@pytest.mark.parametrize("rows", [_X, _FRAME], ids=["array", "frame"])
def test_select_from_model(rows: Any, options: Any, deal: Any) -> None:
    model = SelectFromModel(**{"estimator": Ridge(), **options})
    _assert_same_selection(model, rows, _NUMBERS, deal)


def test_a_model_that_is_fitted_already(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 3)
    ridge = FLModel(model=Ridge()).fit(dealer(_X), dealer(_NUMBERS))
    expected = SelectFromModel(Ridge().fit(_X, _NUMBERS), prefit=True).transform(_X)
    selector = FLModel(model=SelectFromModel(ridge, prefit=True))
    assert_same_rows(selector.transform(dealer(_X)), expected)
    assert_same_rows(selector.fit(dealer(_X)).transform(dealer(_X)), expected)
    with pytest.raises(NotFittedError):
        FLModel(model=SelectFromModel(Ridge(), prefit=True)).fit(dealer(_X))


def test_weights_reach_the_model(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 3)
    weight = _RNG.integers(0, 3, size=_N).astype(float)
    for model in (SelectFromModel(Ridge()), RFE(Ridge())):
        pooled = clone(model).fit(_X, _NUMBERS, sample_weight=weight)
        ours = FLModel(model=clone(model))
        ours.fit(dealer(_X), dealer(_NUMBERS), sample_weight=dealer(weight))
        assert_same_state(ours, pooled, 1e-10)


@pytest.mark.parametrize(
    ("model", "rows", "target"),
    [
        (RFE(LinearRegression()), _X, _NUMBERS),
        (RFE(Ridge(), n_features_to_select=2, step=2), _FRAME, _NUMBERS),
        (RFE(Ridge(), n_features_to_select=0.5, step=0.2), _FRAME, _NUMBERS),
        (RFE(_SCALED, importance_getter="named_steps.ridge.coef_"), _FRAME, _NUMBERS),
        (RFECV(LinearRegression(), cv=3), _X, _NUMBERS),
        (
            RFECV(
                Ridge(),
                scoring="neg_mean_squared_error",
                cv=KFold(3, shuffle=True, random_state=0),
                min_features_to_select=2,
                step=2,
            ),
            _FRAME,
            _NUMBERS,
        ),
        (
            SequentialFeatureSelector(LinearRegression(), n_features_to_select=2, cv=3),
            _X,
            _NUMBERS,
        ),
        (SequentialFeatureSelector(Ridge(), tol=0.01, cv=KFold(3)), _FRAME, _NUMBERS),
        (
            SequentialFeatureSelector(Ridge(), n_features_to_select=4, direction="backward", cv=3),
            _X,
            _NUMBERS,
        ),
    ],
    ids=lambda value: str(value) if hasattr(value, "fit") else "",
)
def test_one_feature_after_the_other(model: Any, rows: Any, target: Any, deal: Any) -> None:
    _assert_same_selection(model, rows, target, deal)


@pytest.mark.parametrize(
    "model",
    [
        RFE(LogisticRegression(), n_features_to_select=2),
        RFECV(LogisticRegression(), cv=3, scoring="accuracy"),
        SequentialFeatureSelector(LogisticRegression(), n_features_to_select=2, cv=3),
        SelectFromModel(LogisticRegression()),
    ],
    ids=str,
)
def test_classifiers_on_stratified_folds(model: Any, deal: Any) -> None:
    _assert_same_selection(model, _FRAME, _LABELS, deal, rtol=1e-7)


def test_folds_that_are_given_one_by_one(deal: Any) -> None:
    folds = list(KFold(3).split(_X))
    model = SequentialFeatureSelector(Ridge(), n_features_to_select=2, cv=iter(folds))
    dealer = deal(np.arange(_N) % 3)
    ours = FLModel(model=model).fit(dealer(_X), dealer(_NUMBERS))
    pooled = SequentialFeatureSelector(Ridge(), n_features_to_select=2, cv=folds)
    assert ours.support_.tolist() == pooled.fit(_X, _NUMBERS).support_.tolist()


def test_the_wrapped_estimator_stays_unfitted(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 3)
    for model in (RFE(Ridge()), RFECV(Ridge(), cv=3), SelectFromModel(Ridge())):
        FLModel(model=model).fit(dealer(_X), dealer(_NUMBERS))
        assert not hasattr(model.estimator, "coef_")
        assert type(model.estimator) is type(model.estimator_) is Ridge


@pytest.mark.parametrize("kind", [SelectFromModel, RFE, RFECV, SequentialFeatureSelector])
def test_an_estimator_without_a_federated_fit(kind: Any, deal: Any) -> None:
    dealer = deal(np.arange(_N) % 3)
    with pytest.raises(UnsupportedError, match=r"step 'estimator': .*KNeighborsRegressor"):
        FLModel(model=kind(KNeighborsRegressor())).fit(dealer(_X), dealer(_NUMBERS))
    assert not list(dealer.federation.ledger)


def test_text_in_the_rows_is_not_quoted(deal: Any) -> None:
    frame = pd.DataFrame({"a": ["secret"] * _N, "b": _NUMBERS})
    dealer = deal(np.arange(_N) % 3)
    with pytest.raises(DataError, match="text where numbers are needed") as caught:
        FLModel(model=RFE(Ridge())).fit(dealer(frame), dealer(_NUMBERS))
    assert "secret" not in str(caught.value)


def test_sparse_rows_stay_sparse(deal: Any) -> None:
    rows = sparse.csr_matrix(np.where(_X > 0.3, _X, 0.0))
    dealer = deal(np.arange(_N) % 3)
    model = SelectFromModel(LogisticRegression(), max_features=2)
    ours = FLModel(model=clone(model)).fit(dealer(rows), dealer(_LABELS))
    pooled = clone(model).fit(rows, _LABELS)
    assert_same_rows(ours.transform(dealer(rows)), pooled.transform(rows))
