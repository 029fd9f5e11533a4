"""``BaggingClassifier`` and ``BaggingRegressor``: one estimator fitted on many samples of the rows,
each by its own federated fit.
"""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.ensemble._bagging import MAX_INT
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import has_fit_parameter

from fedruntime import metrics
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.design import record_features
from fedruntime.estimators.ensemble.bagged_rows import (
    DRAWS_BY_WEIGHT,
    draw_rows,
    drawn_indices,
    drawn_weight,
    refuse_weights,
    sampling_of,
)
from fedruntime.estimators.ensemble.growing_forest import MOST_BINS
from fedruntime.estimators.feature_selection.elimination import as_chosen_columns
from fedruntime.estimators.parts import with_label_numbers
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tree.decision_tree import record_tree, tree_rows, tree_task
from fedruntime.estimators.tree.planting import grow_trees
from fedruntime.estimators.tree.tasks import labels_of
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_HOW = "scikit-learn's own samples of rows and columns; as exact as the bagged estimator"


def _parts_of(model: Any) -> list[tuple[str, Any]]:
    return [("estimator", model._get_estimator())]


@federated(BaggingClassifier, Exactness.EXACT, _HOW, parts=_parts_of)
def fit_classifier(model: BaggingClassifier, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit on labels as numbers, as ``BaggingClassifier.fit`` does."""
    model.classes_ = labels_of(cohort)
    model.n_classes_ = len(model.classes_)
    return _fit(model, with_label_numbers(cohort, model.classes_))


@federated(BaggingRegressor, Exactness.EXACT, _HOW, parts=_parts_of)
def fit_regressor(model: BaggingRegressor, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``BaggingRegressor.fit`` does."""
    return _fit(model, cohort)


def _fit(model: Any, cohort: Cohort) -> Mapping[str, Handle]:
    model._validate_params()
    refuse_weights(cohort)
    record_features(model, cohort["X"])
    model._validate_estimator(model._get_estimator())
    if cohort["X"].facts.columns is not None:  # estimators are fitted on the bare numbers
        cohort = cohort.replace(X=_columns(cohort, range(model.n_features_in_)))
    set_sampling(model, len(cohort["X"]), model.max_samples)
    if not model.bootstrap and model.oob_score:
        raise DataError("Out of bag estimation only available if bootstrap=True")
    if model.warm_start and model.oob_score:
        raise DataError("Out of bag estimate only available if warm_start=False")
    seeds = new_seeds(model)
    rows = draw_rows(model, cohort, seeds) if len(seeds) else None
    parts = [model._make_estimator(append=False, random_state=int(seed)) for seed in seeds]
    drawn = [drawn_indices(sampling_of(model), int(seed)) for seed in seeds]
    if rows is not None and _grow_together(model, cohort):
        _grow(parts, cohort, rows)
    elif rows is not None:
        for number, (part, (features, positions)) in enumerate(zip(parts, drawn, strict=True)):
            own = _sample(model, cohort, features, positions, rows, number)
            registry.fit(part, own.named(f"{cohort.purpose}: estimator"))
    model.estimators_ += parts
    model.estimators_features_ += [features for features, _ in drawn]
    if model.oob_score and rows is not None:
        return _score_out_of_bag(model, cohort, rows)
    return {}


def set_sampling(model: Any, n_samples: int, max_samples: Any) -> None:
    """Set what a model records of its samples, as ``BaseBagging._fit`` does.

    Raises
    ------
    DataError
        If more rows or columns are asked for than there are.
    """
    if max_samples is None:
        max_samples = n_samples
    elif not isinstance(max_samples, numbers.Integral):
        max_samples = max(1, int(max_samples * n_samples))
    if max_samples > n_samples:
        raise DataError("max_samples must be <= n_samples")
    max_features = model.max_features
    if not isinstance(max_features, numbers.Integral):
        max_features = int(max_features * model.n_features_in_)
    if max_features > model.n_features_in_:
        raise DataError("max_features must be <= n_features")
    model._n_samples = n_samples
    model._max_samples = int(max_samples)
    model._max_features = max(1, int(max_features))
    if DRAWS_BY_WEIGHT:
        model._sample_weight = None


def new_seeds(model: Any) -> Integers:
    """The seeds of the estimators that are still to be fitted.

    Raises
    ------
    DataError
        If there are more estimators than asked for.
    """
    random_state = check_random_state(model.random_state)
    if not model.warm_start or not hasattr(model, "estimators_"):
        model.estimators_, model.estimators_features_ = [], []
    fitted = len(model.estimators_)
    if model.n_estimators < fitted:
        raise DataError(
            f"n_estimators={model.n_estimators} must be larger or equal to "
            f"len(estimators_)={fitted} when warm_start==True"
        )
    if fitted:
        random_state.randint(MAX_INT, size=fitted)
    seeds: Integers = random_state.randint(MAX_INT, size=model.n_estimators - fitted)
    model._seeds = seeds
    return seeds


def is_every_column(model: Any) -> bool:
    """Whether all estimators are given the columns as they are."""
    return not model.bootstrap_features and model._max_features == model.n_features_in_


def _grow_together(model: Any, cohort: Cohort) -> bool:
    """Whether the estimators are trees that differ in their samples alone."""
    tree = model.estimator_
    return (
        type(tree) in (DecisionTreeClassifier, DecisionTreeRegressor)
        and getattr(tree, "class_weight", None) is None
        and is_every_column(model)
        and not cohort.has("sample_weight")
    )


def _grow(trees: list[Any], cohort: Cohort, drawn: Handle) -> None:
    registry.require_supported(trees[0], cohort)
    rows, classes = tree_rows(trees[0], cohort, MOST_BINS)
    for tree in trees:
        tree._validate_params()
        record_tree(tree, cohort, classes)
    task = tree_task(trees[0], rows, classes)
    weighted = replace(task, cohort=task.cohort.replace(weight=drawn))
    grow_trees(trees, weighted, [check_random_state(tree.random_state) for tree in trees])


def _sample(
    model: Any, cohort: Cohort, features: Integers, positions: Integers, rows: Handle, number: int
) -> Cohort:
    """The rows of one estimator: weighted if it takes weights, else chosen."""
    if not is_every_column(model):
        cohort = cohort.replace(X=_columns(cohort, features))
    if has_fit_parameter(model.estimator_, "sample_weight"):
        weight = cohort.derive(drawn_weight, drawn=rows, number=number)
        return cohort.replace(sample_weight=weight)
    return cohort.replace(X=take(cohort["X"], positions), y=take(cohort["y"], positions))


def _columns(cohort: Cohort, numbers: Any) -> Handle:
    X = cohort["X"]
    return cohort.derive(
        as_chosen_columns,
        rows=X,
        dtypes=X.facts.dtypes,
        columns=[int(number) for number in numbers],
    )


# -- out of bag -----------------------------------------------------------------------------


def _score_out_of_bag(model: Any, cohort: Cohort, rows: Handle) -> Mapping[str, Handle]:
    classify = is_classifier(model)
    outputs = model.n_classes_ if classify else 1
    total: Handle | None = None
    for number, (part, features) in enumerate(
        zip(model.estimators_, model.estimators_features_, strict=True)
    ):
        X = cohort["X"]
        if not is_every_column(model):
            X = _columns(cohort, features)
        method = "predict_proba" if hasattr(part, "predict_proba") else "predict"
        total = cohort.derive(
            left_out_votes,
            drawn=rows,
            number=number,
            predicted=apply(part, method, X),
            outputs=outputs,
            before=total,
        )
    if cohort.sum(never_left_out, total=total)["rows"]:
        warnings.warn(
            "Some inputs do not have OOB scores. This probably means too few estimators were used "
            "to compute any reliable oob estimates.",
            stacklevel=2,
        )
    mean = cohort.derive(mean_votes, total=total, classify=classify)
    if classify:
        best = cohort.derive(most_votes, total=total)
        model.oob_score_ = metrics.accuracy_score(cohort["y"], best)
        return {"oob_decision_function_": mean}
    model.oob_score_ = metrics.r2_score(cohort["y"], mean)
    return {"oob_prediction_": mean}


@row_op("bagging.votes")
def left_out_votes(
    drawn: Integers, number: int, predicted: Any, outputs: int, before: Floats | None
) -> Floats:
    """What an estimator says of the rows it was not fitted on, added to what others said; in the
    last column by how many.
    """
    votes = np.zeros((len(drawn), outputs + 1)) if before is None else before.copy()
    outside = np.flatnonzero(drawn[:, number] == 0)
    said = np.asarray(predicted)[outside]
    if said.ndim == 1 and outputs > 1:
        said = np.eye(outputs)[said.astype(np.int64)]
    votes[outside, :-1] += said.reshape(len(outside), outputs)
    votes[outside, -1] += 1
    return votes


@party_op("bagging.unseen")
def never_left_out(total: Floats) -> Statistics:
    """How many rows are in all samples."""
    return {"rows": np.count_nonzero(total[:, -1] == 0)}


@row_op("bagging.mean_votes")
def mean_votes(total: Floats, classify: bool) -> Floats:
    """Shares of votes, NaN where there are none; or the mean prediction, zero there."""
    if not classify:
        return np.asarray(total[:, 0] / np.maximum(total[:, 1], 1))
    with np.errstate(invalid="ignore"):
        return np.asarray(total[:, :-1] / total[:, :-1].sum(axis=1, keepdims=True))


@row_op("bagging.most_votes")
def most_votes(total: Floats) -> Integers:
    """The class with the most votes."""
    return np.asarray(total[:, :-1].argmax(axis=1))
