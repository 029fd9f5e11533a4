"""Rows as trees take them: bin numbers, class codes or moments, weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy
from sklearn.tree import _classes

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.class_weights import class_factors, class_sums, weigh_by_class
from fedruntime.estimators.design import classes_of, prepare
from fedruntime.estimators.gram import as_columns
from fedruntime.estimators.tree.bins import Bins, as_bins, as_single, find_bins
from fedruntime.estimators.tree.criteria import (
    Criterion,
    Entropy,
    FriedmanError,
    Gini,
    Poisson,
    SquaredError,
)
from fedruntime.estimators.tree.growing import Task
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]

_OF_CLASSES: dict[str, Callable[[], Criterion]] = {
    "gini": Gini,
    "entropy": Entropy,
    "log_loss": Entropy,
}


@dataclass(frozen=True)
class TreeRows:
    """Validated rows of a fit, with what was found out about them.

    Parameters
    ----------
    cohort : Cohort
        ``X`` as bin numbers, ``y`` as class codes or float targets, ``sample_weight`` if any.
    bins : Bins
    values : Handle
        The rows in single precision.
    """

    cohort: Cohort
    bins: Bins
    values: Handle


def as_tree_rows(
    cohort: Cohort,
    target: Any,
    *,
    missing: bool,
    most: int,
    classes: Array | None = None,
    even_steps: bool = False,
) -> TreeRows:
    """Validate rows and put them into bins.

    Parameters
    ----------
    cohort : Cohort
    target : {"none", "numeric", "labels"}
    missing : bool
        Whether NaN may be there.
    most : int
        The largest number of bins of a column.
    classes : ndarray, optional
        Sorted labels.
    even_steps : bool
        See ``find_bins``.
    """
    prepared = prepare(cohort, target=target, finite=False, classes=classes, accept_sparse=True)
    single = as_single(prepared.only(X=prepared["X"]), missing=missing)
    bins = find_bins(single, most, even_steps=even_steps)
    return TreeRows(prepared.replace(X=as_bins(single, bins)), bins, single["X"])


def labels_of(cohort: Cohort) -> Array:
    """The classes of a target of one column.

    Raises
    ------
    UnsupportedError
        For several columns.
    """
    y = cohort["y"]
    if y.ndim == 2 and y.shape[1] > 1:
        raise UnsupportedError(
            f"{cohort.purpose} has no federated counterpart for a target of {y.shape[1]} columns "
            "of labels; use sklearn.multioutput.MultiOutputClassifier"
        )
    return classes_of(cohort)


def with_class_weights(rows: TreeRows, class_weight: Any, classes: Array) -> TreeRows:
    """The same rows with class weights in their sample weights; balanced ones by rows."""
    if class_weight is None:
        return rows
    counts = rows.cohort.sum(class_sums, n_classes=len(classes))["count"]
    factors = class_factors(class_weight, classes, {"count": counts, "weight": counts})
    weight = rows.cohort.derive(weigh_by_class, factors=factors)
    return replace(rows, cohort=rows.cohort.replace(sample_weight=weight))


def classification_task(rows: TreeRows, criterion: str, classes: Array) -> Task:
    """The task of rows whose target are class codes."""
    task_rows = _weighted(rows.cohort)
    return Task(task_rows, rows.bins, _OF_CLASSES[criterion](), len(classes))


def regression_task(rows: TreeRows, criterion: str) -> Task:
    """The task of rows whose target is numeric.

    Raises
    ------
    DataError
        If the target is not one for the Poisson deviance.
    """
    sums = rows.cohort.sum(target_sums)
    if criterion == "poisson":
        _refuse_negative(sums)
        measure: Criterion = Poisson()
    elif criterion == "friedman_mse" and "friedman_mse" in _classes.CRITERIA_REG:
        measure = FriedmanError(_mean(sums))
    else:
        measure = SquaredError(_mean(sums))
    weighted = _weighted(rows.cohort)
    moments = weighted.derive(
        row_moments,
        centre=measure.centre if isinstance(measure, SquaredError) else None,
    )
    return Task(weighted.replace(y=moments), rows.bins, measure, 0)


def _mean(sums: dict[str, Any]) -> Floats:
    weight = float(sums["weight"])
    if not weight > 0:
        raise DataError("the sample weights add up to zero over all parties")
    return np.asarray(sums["sum"] / weight)


def _refuse_negative(sums: dict[str, Any]) -> None:
    if sums["negative"]:
        raise DataError(
            "Some value(s) of y are negative which is not allowed for Poisson regression."
        )
    if not sums["plain_sum"] > 0:
        raise DataError("Sum of y is not positive which is necessary for Poisson regression.")


def _weighted(cohort: Cohort) -> Cohort:
    weight = cohort.derive(weight_column) if cohort.has("sample_weight") else None
    return cohort.replace(sample_weight=None, weight=weight)


@row_op("tree.weights")
def weight_column(sample_weight: Floats) -> Floats:
    """Sample weights as a matrix of one column, for all trees."""
    return sample_weight[:, np.newaxis]


@party_op("tree.target_sums")
def target_sums(y: Floats, sample_weight: Floats | None) -> Statistics:
    """Weighted and plain sums of targets, the weight, and how many are negative."""
    targets = as_columns(y)
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    return {
        "sum": weight @ targets,
        "weight": weight.sum(),
        "plain_sum": targets.sum(),
        "negative": np.count_nonzero(targets < 0),
    }


@row_op("tree.moments")
def row_moments(y: Floats, centre: Floats | None) -> Floats:
    """The moments of rows of unit weight, of shape (rows, 1, outputs + 1): targets about a centre
    and the sum of their squares, or targets and the sum of ``y log(y)`` without one.
    """
    targets = as_columns(y)
    if centre is None:
        extra = xlogy(targets, targets).sum(axis=1)
    else:
        targets = targets - centre
        extra = np.square(targets).sum(axis=1)
    return np.column_stack([targets, extra])[:, np.newaxis]
