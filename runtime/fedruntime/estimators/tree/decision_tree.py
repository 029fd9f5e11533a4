"""``DecisionTreeClassifier``, ``DecisionTreeRegressor``, and their extremely randomised variants.

What a fitted tree shows is revealed: thresholds, and how many rows of which class or with which
targets every node has. On the way the coordinator sees, as sums over all parties, the same numbers
for the bins of every feature at every node that is split, down to nodes of two rows;
``min_samples_leaf`` and ``max_depth`` keep nodes large.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tree.growing import Task
from fedruntime.estimators.tree.parameters import (
    allow_missing,
    fit_example,
    refuse_parameters,
)
from fedruntime.estimators.tree.planting import grow_trees
from fedruntime.estimators.tree.tasks import (
    TreeRows,
    as_tree_rows,
    classification_task,
    labels_of,
    regression_task,
    with_class_weights,
)
from fedruntime.messages import Array

_MOST_VALUES = 4096
_SUPPORTED = {"monotonic_cst": (None,)}

_HOW = (
    "scikit-learn's split search on summed histograms: between all values of columns that repeat, "
    "between quantiles of others; of equally good splits another may be drawn"
)


@federated(
    DecisionTreeClassifier,
    Exactness.STATISTICAL,
    _HOW,
    judge=refuse_parameters,
    parameters=_SUPPORTED,
)
def fit_classifier(model: DecisionTreeClassifier, cohort: Cohort) -> None:
    """Fit as ``DecisionTreeClassifier.fit`` does."""
    _fit(model, cohort)


@federated(
    DecisionTreeRegressor,
    Exactness.STATISTICAL,
    _HOW,
    judge=refuse_parameters,
    parameters=_SUPPORTED,
)
def fit_regressor(model: DecisionTreeRegressor, cohort: Cohort) -> None:
    """Fit as ``DecisionTreeRegressor.fit`` does."""
    _fit(model, cohort)


@federated(
    ExtraTreeClassifier, Exactness.STATISTICAL, _HOW, judge=refuse_parameters, parameters=_SUPPORTED
)
def fit_extra_classifier(model: ExtraTreeClassifier, cohort: Cohort) -> None:
    """Fit as ``ExtraTreeClassifier.fit`` does."""
    _fit(model, cohort)


@federated(
    ExtraTreeRegressor, Exactness.STATISTICAL, _HOW, judge=refuse_parameters, parameters=_SUPPORTED
)
def fit_extra_regressor(model: ExtraTreeRegressor, cohort: Cohort) -> None:
    """Fit as ``ExtraTreeRegressor.fit`` does."""
    _fit(model, cohort)


def _fit(model: Any, cohort: Cohort) -> None:
    model._validate_params()
    rows, classes = tree_rows(model, cohort, _MOST_VALUES)
    fit_tree(model, cohort, rows, classes)


def tree_rows(model: Any, cohort: Cohort, most: int) -> tuple[TreeRows, Array | None]:
    """The rows of a tree's fit, in at most ``most`` bins a column, and the classes if any."""
    missing = allow_missing(model, cohort)
    if not isinstance(model, DecisionTreeClassifier):
        return as_tree_rows(cohort, "numeric", missing=missing, most=most), None
    classes = labels_of(cohort)
    rows = as_tree_rows(cohort, "labels", missing=missing, most=most, classes=classes)
    return rows, classes


def fit_tree(model: Any, cohort: Cohort, rows: TreeRows, classes: Array | None) -> None:
    """Fit a tree on rows that are in bins.

    Parameters
    ----------
    model : estimator
    cohort : Cohort
        Whose columns the tree records.
    rows : TreeRows
    classes : ndarray or None
        Of a classifier.
    """
    record_tree(model, cohort, classes)
    task = tree_task(model, rows, classes)
    grow_trees([model], task, [check_random_state(model.random_state)])


def record_tree(model: Any, cohort: Cohort, classes: Array | None) -> None:
    """Set what a tree records besides its nodes."""
    if classes is None:
        fit_example(model, cohort, np.ones((1, *cohort["y"].shape[1:])), ccp_alpha=0.0)
    else:
        fit_example(model, cohort, classes, ccp_alpha=0.0, class_weight=None)


def tree_task(model: Any, rows: TreeRows, classes: Array | None) -> Task:
    """What a tree with these parameters is grown on."""
    if classes is None:
        return regression_task(rows, model.criterion)
    weighted = with_class_weights(rows, model.class_weight, classes)
    return classification_task(weighted, model.criterion, classes)
