"""Searches find what scikit-learn finds on the pooled rows: the same folds, candidates, scores."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import consensus_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from fedruntime import FLModel
from fedruntime.errors import RevealError, UnsupportedError
from fedruntime.metrics import accuracy_score

_PIPELINE = make_pipeline(StandardScaler(), LogisticRegression())
_GRID = {"logisticregression__C": [0.01, 1.0], "standardscaler": [StandardScaler(), MinMaxScaler()]}
_SPREAD = {"logisticregression__C": [0.01, 0.1, 1.0, 10.0, 100.0]}

SEARCHES = {
    "grid": GridSearchCV(_PIPELINE, _GRID, cv=3, return_train_score=True),
    "grid, shuffled folds": GridSearchCV(
        _PIPELINE, _SPREAD, cv=StratifiedKFold(3, shuffle=True, random_state=1), scoring="f1_macro"
    ),
    "several scores": GridSearchCV(
        _PIPELINE, _SPREAD, cv=2, scoring=["accuracy", "neg_log_loss"], refit="neg_log_loss"
    ),
    "not refitted": GridSearchCV(_PIPELINE, _SPREAD, cv=2, refit=False),
    "random": RandomizedSearchCV(
        LogisticRegression(), {"C": stats.loguniform(0.01, 10)}, n_iter=4, cv=3, random_state=2
    ),
    "halving grid": HalvingGridSearchCV(_PIPELINE, _SPREAD, cv=3, random_state=0),
    "halving grid by iterations": HalvingGridSearchCV(
        LogisticRegression(),
        {"C": [0.01, 1.0, 10.0]},
        resource="max_iter",
        max_resources=60,
        cv=2,
    ),
    "halving random": HalvingRandomSearchCV(
        LogisticRegression(),
        {"C": stats.loguniform(0.01, 10)},
        n_candidates=5,
        min_resources=40,
        cv=2,
        random_state=0,
    ),
}


def _fit_both(search: Any, deal: Any) -> tuple[FLModel, Any, Any]:
    X, y = load_iris(return_X_y=True)
    dealt = deal(np.arange(len(y)) % 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = FLModel(model=clone(search)).fit(dealt(X), dealt(y))
        return ours, clone(search).fit(X, y), dealt


@pytest.mark.parametrize("name", SEARCHES)
def test_candidates_scores_and_best_parameters(name: str, deal: Any) -> None:
    ours, pooled, _ = _fit_both(SEARCHES[name], deal)
    found = ours.to_sklearn()
    assert found.cv_results_.keys() == pooled.cv_results_.keys()
    for key, expected in pooled.cv_results_.items():
        if key == "params":
            assert repr(found.cv_results_[key]) == repr(expected)
        elif "score" in key and "time" not in key:
            np.testing.assert_allclose(found.cv_results_[key], expected, rtol=0, atol=1e-12)
    public = {name for name in vars(pooled) if name.endswith("_")}
    assert {name for name in vars(found) if name.endswith("_")} == public
    if hasattr(pooled, "best_params_"):
        assert repr(found.best_params_) == repr(pooled.best_params_)
        assert found.best_index_ == pooled.best_index_
    if name.startswith("halving"):
        assert found.n_resources_ == pooled.n_resources_
        assert found.n_candidates_ == pooled.n_candidates_


def test_the_best_model_takes_handles(deal: Any) -> None:
    X, y = load_iris(return_X_y=True)
    ours, pooled, dealt = _fit_both(SEARCHES["grid"], deal)
    assert accuracy_score(dealt(y), ours.predict(dealt(X))) == pooled.score(X, y)
    assert ours.score(dealt(X), dealt(y)) == pooled.score(X, y)
    assert ours.best_estimator_.score(dealt(X), dealt(y)) == pooled.score(X, y)
    assert ours.score(X, y) == pooled.score(X, y)
    assert ours.classes_.tolist() == pooled.classes_.tolist()


def test_the_score_is_that_of_the_search(deal: Any) -> None:
    X, y = load_iris(return_X_y=True)
    ours, pooled, dealt = _fit_both(SEARCHES["several scores"], deal)
    assert ours.score(dealt(X), dealt(y)) == pytest.approx(pooled.score(X, y), rel=1e-12)


def test_groups_reach_the_splitter_and_weights_the_fit(deal: Any) -> None:
    X, y = load_diabetes(return_X_y=True)
    groups, weight = np.arange(len(y)) // 50, np.arange(len(y)) % 3 + 1.0
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=GroupKFold(3))
    pooled = clone(search).fit(X, y, groups=groups, sample_weight=weight)
    dealt = deal(np.arange(len(y)) * 2 // len(y))
    ours = FLModel(model=search).fit(
        dealt(X), dealt(y), sample_weight=dealt(weight), groups=dealt(groups)
    )
    for key in ("split0_test_score", "split2_test_score", "mean_test_score"):
        np.testing.assert_allclose(ours.cv_results_[key], pooled.cv_results_[key], rtol=1e-12)


@pytest.mark.parametrize(
    ("search", "error", "message"),
    [
        (
            GridSearchCV(LogisticRegression(), {"no_such": [1]}),
            ValueError,
            "Invalid parameter 'no_such'",
        ),
        (
            GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=make_scorer(consensus_score)),
            UnsupportedError,
            "consensus_score has no counterpart",
        ),
    ],
    ids=["unknown parameter", "a metric without counterpart"],
)
def test_what_cannot_be_searched_is_refused_first(
    search: Any, error: type[Exception], message: str, deal: Any
) -> None:
    X, y = load_iris(return_X_y=True)
    dealt = deal(np.arange(len(y)) % 3)
    with pytest.raises(error, match=message):
        FLModel(model=search).fit(dealt(X), dealt(y))
    assert not [entry for entry in dealt.federation.ledger if "gradient" in entry.operation]


def test_a_scoring_function_that_shows_rows_ends_the_search(deal: Any) -> None:
    X, y = load_iris(return_X_y=True)
    dealt = deal(np.arange(len(y)) % 3)
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=lambda _, X, y: X[0, 0])
    with pytest.raises(RevealError):
        FLModel(model=search).fit(dealt(X), dealt(y))


def test_predictions_stay_at_the_parties(deal: Any) -> None:
    ours, _, dealt = _fit_both(SEARCHES["grid"], deal)
    with pytest.raises(RevealError):
        np.asarray(ours.predict(dealt(load_iris().data)))
