"""``MultiOutputClassifier`` and ``MultiOutputRegressor``: an estimator of each target column."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.parts import fit_part, take_features_of, take_only, with_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import Statistics, party_op

_HOW = "the estimator's own federated fit, one a column of the target; as exact as that"


def parts_of(model: Any) -> list[tuple[str, Any]]:
    """The estimator that is fitted, once a column."""
    return [("estimator", model.estimator)]


def share_of_whole_rows(model: MultiOutputClassifier, cohort: Cohort) -> float:
    """The share of rows all of whose labels are predicted."""
    require_columns(cohort)
    predicted = apply(model, "predict", cohort["X"])
    return float(cohort.sum(count_whole_rows, predicted=predicted)["equal"] / cohort.n_samples)


@federated(MultiOutputRegressor, Exactness.EXACT, _HOW, parts=parts_of)
def fit_regressor(model: MultiOutputRegressor, cohort: Cohort) -> None:
    """Fit as ``MultiOutputRegressor.fit`` does."""
    _fit(model, cohort)


@federated(MultiOutputClassifier, Exactness.EXACT, _HOW, parts=parts_of, score=share_of_whole_rows)
def fit_classifier(model: MultiOutputClassifier, cohort: Cohort) -> None:
    """Fit as ``MultiOutputClassifier.fit`` does."""
    _fit(model, cohort)
    model.classes_ = [part.classes_ for part in model.estimators_]


def _fit(model: Any, cohort: Cohort) -> None:
    model._validate_params()
    take_only(cohort, "sample_weight")
    require_columns(cohort)
    model.estimators_ = [
        fit_part(model.estimator, with_target(cohort, number), f"target {number}")
        for number in range(cohort["y"].shape[1])
    ]
    take_features_of(model, model.estimators_[0])


def require_columns(cohort: Cohort) -> None:
    """Refuse a target of one dimension, in scikit-learn's words.

    Raises
    ------
    DataError
    """
    if not cohort.has("y") or len(cohort["y"].shape) < 2:
        raise DataError(
            "y must have at least two dimensions for multi-output regression but has only one."
        )


@party_op("multioutput.whole_rows")
def count_whole_rows(y: Any, predicted: Any) -> Statistics:
    """The number of rows all of whose labels are predicted."""
    return {"equal": np.count_nonzero(np.all(np.asarray(y) == np.asarray(predicted), axis=1))}
