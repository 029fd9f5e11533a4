"""``RFE`` and ``RFECV``: an estimator fitted over the parties on fewer and fewer features."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.feature_selection import RFE, RFECV

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.estimators.apply import apply
from fedruntime.estimators.feature_selection.elimination import (
    OnColumns,
    eliminate,
    pick_columns,
)
from fedruntime.estimators.parts import fit_part, take_only
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.score import score
from fedruntime.messages import Array
from fedruntime.model import FLModel
from fedruntime.model_selection.folds import draw_folds
from fedruntime.model_selection.scoring import federated_scorer


def estimator_of(model: Any) -> list[tuple[str, Any]]:
    """The estimator that ranks the features."""
    return [("estimator", model.estimator)]


def score_selected(model: Any, cohort: Cohort) -> float:
    """The estimator's own score on the features that are left."""
    return score(model.estimator_, cohort.replace(X=apply(model, "transform", cohort["X"])))


def score_as_selected(model: RFECV, cohort: Cohort) -> float:
    """The selector's own ``scoring``; before scikit-learn 1.6 the estimator's score."""
    if "score" not in vars(RFECV):
        return score_selected(model, cohort)
    fitted = FLModel(model=model, aggregator=cohort.aggregator)
    return federated_scorer(_scoring(model))(fitted, cohort["X"], cohort["y"])


@federated(
    RFE,
    Exactness.EXACT,
    "its estimator's own federated fits; as exact as these",
    parts=estimator_of,
    score=score_selected,
)
def fit(model: RFE, cohort: Cohort) -> None:
    """Fit as ``RFE.fit`` does."""
    model._validate_params()
    _take_over(model, eliminate(model.get_params(deep=False), cohort))


@federated(
    RFECV,
    Exactness.EXACT,
    "its estimator's own federated fits on scikit-learn's folds; as exact as these",
    parts=estimator_of,
    score=score_as_selected,
)
def fit_by_folds(model: RFECV, cohort: Cohort) -> None:
    """Fit as ``RFECV.fit`` does: the folds' eliminations decide how many features are left."""
    model._validate_params()
    take_only(cohort, "groups")
    X, y, groups = (cohort.rows.get(name) for name in ("X", "y", "groups"))
    rows = cohort.only(X=X, y=y)
    folds = draw_folds(
        model.cv, cohort["X"], y, classifier=is_classifier(model.estimator), groups=groups
    )
    parameters: dict[str, Any] = {
        name: getattr(model, name) for name in ("estimator", "importance_getter", "step", "verbose")
    }
    least = _least_features(model, cohort.n_features)
    steps = []
    for train, test in folds.positions:
        chosen = rows.replace(**_taken(rows, folds.index(train)))
        score_step = _StepScore(model, rows.replace(**_taken(rows, folds.index(test))))
        each = {**parameters, "estimator": clone(model.estimator), "n_features_to_select": least}
        steps.append(eliminate(each, chosen, score_step))
    # In reverse, so that of equal scores the smallest number of features wins.
    counts = np.array(steps[0].step_n_features_)[::-1]
    scores = np.array([step.step_scores_ for step in steps])
    best = counts[np.argmax(np.sum(scores, axis=0)[::-1])]
    whole = {**parameters, "estimator": clone(model.estimator), "n_features_to_select": best}
    _take_over(model, eliminate(whole, rows))
    selected = rows.replace(X=pick_columns(rows["X"], np.flatnonzero(model.support_)))
    model.estimator_ = fit_part(model.estimator, selected, "estimator")
    model.cv_results_ = _results(steps, scores[:, ::-1], counts)


class _StepScore:
    """Scores a fitted stand-in on the test rows of a fold."""

    def __init__(self, model: RFECV, rows: Cohort) -> None:
        self._score = federated_scorer(_scoring(model))
        self._rows = rows

    def __call__(self, fitted: OnColumns, columns: Array) -> float:
        model = FLModel(model=fitted.model, aggregator=self._rows.aggregator)
        return self._score(model, pick_columns(self._rows["X"], columns), self._rows["y"])


def _scoring(model: RFECV) -> Any:
    if model.scoring is not None:
        return model.scoring
    return "accuracy" if is_classifier(model.estimator) else "r2"


def _least_features(model: RFECV, n_features: int) -> int:
    # Named and warned of since scikit-learn 1.6.
    least = int(model.min_features_to_select)
    if least > n_features:
        warnings.warn(
            f"Found min_features_to_select={least} > {n_features=}. There will be no feature "
            "selection and all features will be kept.",
            UserWarning,
            stacklevel=2,
        )
    return min(least, n_features)


def _taken(rows: Cohort, index: Any) -> dict[str, Handle | None]:
    return {
        name: None if handle is None else take(handle, index) for name, handle in rows.rows.items()
    }


def _results(steps: list[RFE], scores: Array, counts: Array) -> dict[str, Array]:
    results = {"mean_test_score": scores.mean(axis=0), "std_test_score": scores.std(axis=0)}
    results |= {f"split{number}_test_score": row for number, row in enumerate(scores)}
    for name in ("ranking", "support"):  # recorded since scikit-learn 1.7
        if hasattr(steps[0], f"step_{name}_"):
            found = np.array([getattr(step, f"step_{name}_") for step in steps])[:, ::-1]
            results |= {f"split{number}_{name}": row for number, row in enumerate(found)}
    return {**results, "n_features": counts}


def _take_over(model: Any, fitted: RFE) -> None:
    """Give a selector the fitted attributes of another one."""
    own = fitted.get_params(deep=False)
    for name, value in vars(fitted).items():
        if name not in own:
            setattr(model, name, value)
