"""``SequentialFeatureSelector``: features are added or left out one by one; each candidate is
scored by a cross-validation over the parties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.feature_selection import SequentialFeatureSelector

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.estimators.feature_selection.elimination import column_numbers, pick_columns
from fedruntime.estimators.feature_selection.rfe import estimator_of
from fedruntime.estimators.parts import take_only
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.model import FLModel
from fedruntime.model_selection.folds import Folds, draw_folds
from fedruntime.model_selection.scoring import federated_scorer


@federated(
    SequentialFeatureSelector,
    Exactness.EXACT,
    "its estimator's own federated fits on scikit-learn's folds; as exact as these",
    parts=estimator_of,
)
def fit(model: SequentialFeatureSelector, cohort: Cohort) -> None:
    """Fit as ``SequentialFeatureSelector.fit`` does, which decides on scores from here."""
    model._validate_params()
    take_only(cohort)
    scorer = _CandidateScore(model, cohort)

    class Selector(SequentialFeatureSelector):  # type: ignore[misc]
        def _get_best_new_feature_score(
            self, _estimator: Any, _X: Any, _y: Any, _cv: Any, mask: Array, **_: Any
        ) -> tuple[int, float]:
            scores = {}
            for feature in np.flatnonzero(~mask):
                candidate = mask.copy()
                candidate[feature] = True
                chosen = ~candidate if self.direction == "backward" else candidate
                scores[feature] = scorer(np.flatnonzero(chosen))
            best = max(scores, key=lambda feature: scores[feature])
            return int(best), scores[best]

    parameters = model.get_params(deep=False)
    # Its own check of cv would use up folds that are given one by one.
    selector = Selector(**{**parameters, "cv": None})
    selector.fit(column_numbers(cohort["X"]))
    for name, value in vars(selector).items():
        if name not in parameters:
            setattr(model, name, value)


class _CandidateScore:
    """The mean score of an estimator over the folds, on some of the columns."""

    def __init__(self, model: SequentialFeatureSelector, cohort: Cohort) -> None:
        self._estimator = model.estimator
        self._scorer = federated_scorer(model.scoring)
        self._cohort = cohort
        self._cv = model.cv if hasattr(model.cv, "split") else _kept(model.cv)
        self._folds: Folds | None = None

    def __call__(self, columns: Array) -> float:
        cohort = self._cohort
        y = cohort.rows.get("y")
        X = pick_columns(cohort["X"], columns)
        folds = self._draw()
        scores = []
        for train, test in folds.positions:
            rows = [
                (take(X, index), None if y is None else take(y, index))
                for index in (folds.index(train), folds.index(test))
            ]
            model = FLModel(model=clone(self._estimator), aggregator=cohort.aggregator)
            model.fit(*rows[0])
            scores.append(self._scorer(model, *rows[1]))
        return float(np.mean(scores))

    def _draw(self) -> Folds:
        """The folds of one candidate: the same ones, unless a generator goes on drawing."""
        goes_on = isinstance(getattr(self._cv, "random_state", None), np.random.RandomState)
        if self._folds is None or goes_on:
            self._folds = draw_folds(
                self._cv,
                self._cohort["X"],
                self._cohort.rows.get("y"),
                classifier=is_classifier(self._estimator),
            )
        return self._folds


def _kept(cv: Any) -> Any:
    return cv if cv is None or isinstance(cv, int | np.integer) else list(cv)
