"""``IsolationForest``: random trees that cut single rows off the others, on scikit-learn's own
samples of rows.

Columns whose values hardly repeat are cut at quantiles and at even steps between their smallest and
largest values, which the coordinator learns. What a fitted forest shows is revealed, as for single
trees: see ``estimators.tree.decision_tree``.
"""

from __future__ import annotations

import numbers
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.apply import apply
from fedruntime.estimators.ensemble.bagged_rows import (
    draw_rows,
    drawn_indices,
    refuse_weights,
    sampling_of,
)
from fedruntime.estimators.ensemble.bagging import is_every_column, new_seeds, set_sampling
from fedruntime.estimators.ensemble.public_targets import uniform_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tree.growing import Task
from fedruntime.estimators.tree.parameters import allow_missing, fit_example
from fedruntime.estimators.tree.planting import grow_trees
from fedruntime.estimators.tree.tasks import TreeRows, as_tree_rows, regression_task
from fedruntime.operations import row_op
from fedruntime.order_statistics import quantiles

Floats = npt.NDArray[np.float64]

_MOST_BINS = 255


@federated(
    IsolationForest,
    Exactness.STATISTICAL,
    "random trees on scikit-learn's own samples of rows, grown together on summed histograms; "
    "columns and thresholds are other draws",
)
def fit(model: IsolationForest, cohort: Cohort) -> None:
    """Fit as ``IsolationForest.fit`` does."""
    model._validate_params()
    refuse_weights(cohort)
    n_samples = len(cohort["X"])
    random_state = check_random_state(model.random_state)
    target = uniform_target(cohort, random_state)
    old = (
        (list(model.estimators_), list(model.estimators_features_))
        if model.warm_start and hasattr(model, "estimators_")
        else ([], [])
    )
    rows = as_tree_rows(
        cohort.replace(y=target),
        "numeric",
        missing=allow_missing(model._get_estimator(), cohort),
        most=_MOST_BINS,
        even_steps=True,
    )
    fit_example(
        model,
        cohort,
        np.zeros(2),
        n_estimators=1,
        max_samples="auto",
        contamination="auto",
        warm_start=False,
        n_jobs=None,
    )
    kind = model.estimators_[0]
    model.estimators_, model.estimators_features_ = old
    model.max_samples_ = _sample_size(model, n_samples)
    set_sampling(model, n_samples, model.max_samples_)
    depth = int(np.ceil(np.log2(max(model.max_samples_, 2))))
    model.estimator_.max_depth = depth
    _grow(model, kind, rows, new_seeds(model))
    model._average_path_length_per_tree, model._decision_path_lengths = zip(
        *(
            (_average_path_length(tree.tree_.n_node_samples), tree.tree_.compute_node_depths())
            for tree in model.estimators_
        ),
        strict=True,
    )
    model.offset_ = -0.5
    if model.contamination != "auto":
        model.offset_ = _lowest_scores(model, cohort)


def _sample_size(model: IsolationForest, n_samples: int) -> int:
    if isinstance(model.max_samples, str):
        return min(256, n_samples)
    if not isinstance(model.max_samples, numbers.Integral):
        return int(model.max_samples * n_samples)
    wanted = int(model.max_samples)
    if wanted > n_samples:
        warnings.warn(
            f"max_samples ({model.max_samples}) is greater than the total number of samples "
            f"({n_samples}). max_samples will be set to n_samples for estimation.",
            stacklevel=2,
        )
    return min(wanted, n_samples)


def _grow(model: IsolationForest, kind: Any, rows: TreeRows, seeds: Any) -> None:
    """Grow the trees of some seeds: together, or one by one where each has columns of its own."""
    if not len(seeds):
        return
    drawn = draw_rows(model, rows.cohort, seeds)
    task = regression_task(rows, "squared_error")
    trees = []
    for seed in seeds:
        tree = model._make_estimator(append=False, random_state=int(seed))
        # What an example was found to have, with the parameters of this one.
        vars(tree).update({**vars(kind), **tree.get_params(deep=False)})
        trees.append(tree)
    model.estimators_ += trees
    features = [drawn_indices(sampling_of(model), int(seed))[0] for seed in seeds]
    model.estimators_features_ += features
    generators = [check_random_state(tree.random_state) for tree in trees]
    if is_every_column(model):
        grow_trees(trees, _weighted(task, drawn), generators)
        return
    for number, (tree, columns) in enumerate(zip(trees, features, strict=True)):
        own = task.cohort.derive(some_bins, columns=columns)
        single = task.cohort.derive(one_sample, drawn=drawn, number=number)
        part = Task(
            task.cohort.replace(X=own), task.bins.of(columns), task.criterion, task.n_classes
        )
        grow_trees([tree], _weighted(part, single), [generators[number]])


def _weighted(task: Task, weight: Handle) -> Task:
    return replace(task, cohort=task.cohort.replace(weight=weight))


def _lowest_scores(model: IsolationForest, cohort: Cohort) -> float:
    """The score that the expected share of outliers is below."""
    scores: Any = apply(model, "score_samples", cohort["X"])
    column = cohort.only(X=scores.reshape(-1, 1))
    return float(quantiles(column, [model.contamination * 100 / 100])[0, 0])


@row_op("isolation_forest.bins")
def some_bins(X: Any, columns: Any) -> Any:
    """Some columns of rows in bins."""
    return X[:, columns]


@row_op("isolation_forest.sample")
def one_sample(drawn: Any, number: int) -> Any:
    """One sample of rows."""
    return drawn[:, [number]]
