"""What all forests share: their trees, grown side by side so that a forest takes no more rounds
than its deepest tree, and what rows outside a tree's sample say of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from fedruntime import metrics
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.ensemble.bootstrap import (
    DRAWS_BY_WEIGHT,
    balanced_samples,
    draw_samples,
    sample_size,
    sampled_classes,
)
from fedruntime.estimators.tree.growing import Task
from fedruntime.estimators.tree.parameters import allow_missing, fit_example
from fedruntime.estimators.tree.planting import grow_trees
from fedruntime.estimators.tree.scikit_tree import as_message, from_message
from fedruntime.estimators.tree.tasks import (
    TreeRows,
    as_tree_rows,
    classification_task,
    labels_of,
    regression_task,
    with_class_weights,
)
from fedruntime.messages import Array, Public
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]

MOST_BINS = 255
_ROWS_AT_ONCE = 2**24  # rows times trees whose nodes parties keep


def fit_forest(model: Any, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``BaseForest.fit`` does.

    Returns
    -------
    mapping
        Out-of-bag predictions, if they are asked for.
    """
    model._validate_params()
    _check_sampling(model)
    old = list(model.estimators_) if model.warm_start and hasattr(model, "estimators_") else []
    if len(old) > model.n_estimators:
        raise DataError(
            f"n_estimators={model.n_estimators} must be larger or equal to "
            f"len(estimators_)={len(old)} when warm_start==True"
        )
    tree = type(model.estimator)(criterion=model.criterion)
    rows, task, classes = _rows_and_task(model, cohort, allow_missing(tree, cohort))
    example = np.ones((1, *cohort["y"].shape[1:])) if classes is None else classes
    without_classes = {} if classes is None else {"class_weight": None}
    fit_example(
        model,
        cohort,
        example,
        warm_start=False,
        oob_score=False,
        max_samples=None,
        n_jobs=None,
        verbose=0,
        **_without_pruning(model),
        **without_classes,
    )
    for part in model.estimators_:
        part.set_params(**_pruning(model))
    weight = _total_weight(rows.cohort)
    model._n_samples = cohort.n_samples
    if DRAWS_BY_WEIGHT:
        model._sample_weight = None  # would be one number a row
    model._n_samples_bootstrap = (
        sample_size(model.max_samples, cohort.n_samples, weight) if model.bootstrap else None
    )
    model.estimators_[: len(old)] = old
    grow_forest(model, model.estimators_[len(old) :], rows, task, weight)
    if model.oob_score:
        return _score_out_of_bag(model, rows, weight)
    return {}


def grow_forest(
    model: Any, trees: list[Any], rows: TreeRows, task: Task, weight: float | None
) -> None:
    """Grow some of a forest's trees, of which everything but the nodes is set."""
    if not trees:
        return
    at_once = max(1, _ROWS_AT_ONCE // max(1, rows.cohort.n_samples))
    for first in range(0, len(trees), at_once):
        batch = trees[first : first + at_once]
        own = _sampled(model, batch, rows, task, weight) if model.bootstrap else task
        grow_trees(batch, own, [check_random_state(tree.random_state) for tree in batch])


def _rows_and_task(
    model: Any, cohort: Cohort, missing: bool
) -> tuple[TreeRows, Task, Array | None]:
    if not is_classifier(model):
        rows = as_tree_rows(cohort, "numeric", missing=missing, most=MOST_BINS)
        return rows, regression_task(rows, model.criterion), None
    classes = labels_of(cohort)
    rows = as_tree_rows(cohort, "labels", missing=missing, most=MOST_BINS, classes=classes)
    if not (model.class_weight == "balanced_subsample" and model.bootstrap):
        named = "balanced" if model.class_weight == "balanced_subsample" else model.class_weight
        rows = with_class_weights(rows, named, classes)
    return rows, classification_task(rows, model.criterion, classes), classes


def _check_sampling(model: Any) -> None:
    if not model.bootstrap and model.max_samples is not None:
        raise DataError(
            "`max_sample` cannot be set if `bootstrap=False`. Either switch to `bootstrap=True` "
            "or set `max_sample=None`."
        )
    if not model.bootstrap and model.oob_score:
        raise DataError("Out of bag estimation only available if bootstrap=True")


def _without_pruning(model: Any) -> dict[str, float]:
    return {"ccp_alpha": 0.0} if "ccp_alpha" in model.get_params(deep=False) else {}


def _pruning(model: Any) -> dict[str, float]:
    return {"ccp_alpha": model.ccp_alpha} if _without_pruning(model) else {}


def _total_weight(cohort: Cohort) -> float | None:
    if not cohort.has("sample_weight"):
        return None
    weight = float(cohort.sum(total_weight)["weight"])
    if not weight > 0:
        raise DataError("the sample weights add up to zero over all parties")
    return weight


def _sampled(
    model: Any, trees: list[Any], rows: TreeRows, task: Task, weight: float | None
) -> Task:
    """The task with one bootstrap sample a tree."""
    seeds = [tree.random_state for tree in trees]
    cohort = rows.cohort
    sample = draw_samples(cohort, seeds, model._n_samples_bootstrap, weight)
    if task.n_classes and model.class_weight == "balanced_subsample":
        counts = cohort.sum(sampled_classes, sample=sample, n_classes=task.n_classes)["counts"]
        present = np.maximum(1, (counts > 0).sum(axis=1, keepdims=True))
        total = counts.sum(axis=1, keepdims=True)
        factors = np.where(counts > 0, total / (present * np.maximum(counts, 1)), 0.0)
        sample = cohort.derive(balanced_samples, sample=sample, factors=factors)
    return replace(task, cohort=task.cohort.replace(weight=sample))


@party_op("forest.weight")
def total_weight(sample_weight: Floats) -> Statistics:
    """The sum of the sample weights."""
    return {"weight": sample_weight.sum()}


# -- out of bag -----------------------------------------------------------------------------


def _score_out_of_bag(model: Any, rows: TreeRows, weight: float | None) -> Mapping[str, Handle]:
    cohort = rows.cohort.replace(X=rows.values)
    total: Handle | None = None
    at_once = max(1, _ROWS_AT_ONCE // max(1, cohort.n_samples))
    for first in range(0, len(model.estimators_), at_once):
        batch = model.estimators_[first : first + at_once]
        seeds = [tree.random_state for tree in batch]
        sample = draw_samples(cohort, seeds, model._n_samples_bootstrap, weight)
        trees = [as_message(tree.tree_) for tree in batch]
        total = cohort.derive(sum_out_of_bag, sample=sample, trees=trees, before=total)
    assert total is not None
    classify = is_classifier(model)
    if cohort.sum(count_unseen, total=total)["rows"]:
        warnings.warn(
            "Some inputs do not have OOB scores. This probably means too few trees were used to "
            "compute any reliable OOB estimates.",
            stacklevel=2,
        )
    flat = not classify and cohort["y"].ndim == 1
    mean = cohort.derive(mean_out_of_bag, total=total, flat=flat)
    if classify:
        likeliest = cohort.derive(likeliest_class, mean=mean)
        model.oob_score_ = metrics.accuracy_score(cohort["y"], likeliest)
        return {"oob_decision_function_": mean}
    model.oob_score_ = metrics.r2_score(cohort["y"], mean)
    return {"oob_prediction_": mean}


@row_op("forest.out_of_bag")
def sum_out_of_bag(X: Floats, sample: Any, trees: Public, before: Floats | None) -> Floats:
    """What trees predict for the rows outside their samples, added up, and by how many trees."""
    single = np.ascontiguousarray(X, dtype=np.float32)
    for number, message in enumerate(trees):
        tree = from_message(message)
        if before is None:
            before = np.zeros((len(X), int(np.prod(tree.value.shape[1:])) + 1))
        outside = np.flatnonzero(sample[:, number] == 0)
        if len(outside):
            before[outside, :-1] += tree.predict(single[outside]).reshape(len(outside), -1)
            before[outside, -1] += 1
    assert before is not None
    return before


@party_op("forest.unseen")
def count_unseen(total: Floats) -> Statistics:
    """How many rows are in the samples of all trees."""
    return {"rows": np.count_nonzero(total[:, -1] == 0)}


@row_op("forest.mean_out_of_bag")
def mean_out_of_bag(total: Floats, flat: bool) -> Floats:
    """The mean prediction; zero for rows that no tree has left out."""
    mean = total[:, :-1] / np.maximum(total[:, -1:], 1)
    return mean[:, 0] if flat else mean


@row_op("forest.likeliest")
def likeliest_class(mean: Floats) -> Floats:
    """The number of the class with the largest mean."""
    return np.asarray(mean.argmax(axis=1), dtype=np.float64)
