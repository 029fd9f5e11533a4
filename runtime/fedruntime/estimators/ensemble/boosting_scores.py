"""Early stopping of boosting: which rows are set aside for it, and the scores after each iteration.

As in scikit-learn, the rows are drawn from their number, or with labels (see ``model_selection``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.utils import resample

from fedruntime import metrics
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.estimators.ensemble.boosting_losses import mean_loss
from fedruntime.estimators.ensemble.boosting_rows import labels_of, responses
from fedruntime.estimators.linear_model.pointwise_loss import as_message
from fedruntime.model_selection.scoring import federated_scorer
from fedruntime.model_selection.split import train_test_split
from fedruntime.model_selection.strata import Strata

_SCORED_ROWS = 10_000  # of those trained on, as in scikit-learn's _get_small_trainset


def set_aside(model: Any, rows: Cohort) -> tuple[Cohort, Cohort | None]:
    """The rows to train on, and those to validate on if early stopping wants any."""
    if not (model.do_early_stopping_ and model._use_validation_data):
        return rows, None
    present = {name: handle for name, handle in rows.rows.items() if handle is not None}
    parts = train_test_split(
        *present.values(),
        test_size=model.validation_fraction,
        stratify=rows["y"] if is_classifier(model) else None,
        random_state=model._random_seed,
    )
    missing = dict.fromkeys(rows.rows)
    train, validation = (
        rows.only(**{**missing, **dict(zip(present, parts[side::2], strict=True))})
        for side in (0, 1)
    )
    return train, validation


class Scores:
    """The scores by which a fit is stopped, in the model's ``train_score_``, ``validation_score_``.

    Parameters
    ----------
    model : HistGradientBoostingClassifier or HistGradientBoostingRegressor
    train : Cohort
        The rows that are trained on.
    """

    def __init__(self, model: Any, train: Cohort) -> None:
        self._model = model
        self._score: Callable[[Cohort], float]
        if model.scoring == "loss":
            self._score = lambda rows: -mean_loss(model._loss, rows)
            self._select: Callable[[Handle], Handle] = lambda handle: handle
            return
        scorer = federated_scorer(model.scoring)
        model._scorer = check_scoring(model, model.scoring)
        self._score = lambda rows: scorer(
            _Predictions(model, rows),
            rows["raw"],
            _targets(model, rows),
            rows.rows["sample_weight"],
        )
        self._select = _small_part(model, train)

    def stop(self, train: Cohort, validation: Cohort | None) -> bool:
        """Score the predictions so far, and say whether they have stopped getting better.

        Parameters
        ----------
        train, validation : Cohort
            ``y``, ``raw`` predictions, and ``sample_weight``.
        """
        model = self._model
        scored = {
            name: self._select(train[name]) if train.has(name) else None
            for name in ("y", "raw", "sample_weight")
        }
        model.train_score_.append(self._score(train.only(**scored)))
        if validation is None:
            return bool(model._should_stop(model.train_score_))
        model.validation_score_.append(self._score(validation))
        return bool(model._should_stop(model.validation_score_))


class _Predictions:
    """A model as scorers see it, whose raw predictions are known."""

    def __init__(self, model: Any, rows: Cohort) -> None:
        self._rows = rows
        self._loss = as_message(model._loss)
        self._classes = model.classes_ if is_classifier(model) else None
        if is_classifier(model):
            self.classes_ = model.classes_
            self.predict_proba = lambda _: self._respond("predict_proba")
            self.decision_function = lambda _: self._respond("decision_function")

    def predict(self, _: Any) -> Any:
        return self._respond("predict")

    def score(self, _: Any, y: Any, sample_weight: Any = None) -> float:
        measure = metrics.r2_score if self._classes is None else metrics.accuracy_score
        return float(measure(y, self.predict(_), sample_weight=sample_weight))

    def _respond(self, method: str) -> Handle:
        return self._rows.derive(
            responses, pointwise=self._loss, classes=self._classes, method=method
        )


def _targets(model: Any, rows: Cohort) -> Handle:
    if not is_classifier(model):
        return rows["y"]
    return rows.derive(labels_of, classes=model.classes_)


def _small_part(model: Any, train: Cohort) -> Callable[[Handle], Handle]:
    """How the rows are chosen on which the scores of training are found."""
    if train.n_samples <= _SCORED_ROWS:
        return lambda handle: handle
    strata = Strata.of(train["y"], joined=True) if is_classifier(model) else None
    positions = resample(
        np.arange(train.n_samples),
        n_samples=_SCORED_ROWS,
        replace=False,
        random_state=model._random_seed,
        stratify=None if strata is None else strata.labels,
    )
    chosen = positions if strata is None else strata.select(positions, in_order=False)
    return lambda handle: take(handle, chosen)
