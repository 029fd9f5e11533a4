"""What boosting asks of its loss over all rows: where predictions start, the values of leaves where
the loss has no curvature, and how large it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn._loss.loss import AbsoluteError

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.class_weights import class_sums
from fedruntime.estimators.ensemble.boosting_rows import (
    apart,
    count_negative,
    loss_sum,
    residuals_by_leaf,
    target_sum,
)
from fedruntime.estimators.linear_model.pointwise_loss import as_message
from fedruntime.estimators.state import export_state
from fedruntime.operations import row_op
from fedruntime.order_statistics import interpolate, order_statistics, quantiles_and_medians
from fedruntime.weighted_order_statistics import weighted_quantiles

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def baseline_of(loss: Any, rows: Cohort) -> Any:
    """The raw prediction of a model without trees, as ``loss.fit_intercept_only`` gives it.

    Parameters
    ----------
    loss : BaseLoss
    rows : Cohort
        ``y`` as the loss takes it, and ``sample_weight`` if the fit has them.

    Raises
    ------
    DataError
        If the weights add up to zero over all parties.
    """
    if not loss.differentiable:
        column = rows.only(X=rows.derive(as_column), sample_weight=rows.rows["sample_weight"])
        if rows.has("sample_weight"):
            middle = weighted_quantiles(column, [_level(loss)], average=False)[0]
        else:
            middle = _middle(loss, *quantiles_and_medians(column, [_level(loss)]))
        return middle[0]
    # scikit-learn's own formula, on the one public target, or class, that has the same mean.
    if loss.is_multiclass:
        weights = rows.sum(class_sums, n_classes=loss.n_classes)["weight"]
        _require_weight(weights.sum())
        classes = np.arange(loss.n_classes, dtype=np.float64)
        return loss.fit_intercept_only(y_true=classes, sample_weight=weights)
    sums = rows.sum(target_sum)
    _require_weight(sums["weight"])
    return loss.fit_intercept_only(y_true=np.array([sums["y"] / sums["weight"]]))


def mean_loss(loss: Any, rows: Cohort) -> float:
    """The weighted mean of the loss of raw predictions."""
    sums = rows.sum(loss_sum, pointwise=as_message(loss))
    return float(sums["loss"] / sums["weight"])


def set_leaf_values(loss: Any, grower: Any, rows: Cohort, edges: Any, missing_bin: int) -> None:
    """Set the values of a tree's leaves to what the residuals of their rows have in the middle.

    As scikit-learn's ``_update_leaves_values``, for losses that have no curvature.

    Parameters
    ----------
    loss : AbsoluteError or PinballLoss
    grower : SummedGrower
        Of a grown tree.
    rows : Cohort
        ``X`` binned, ``y``, ``raw`` predictions before this tree, ``sample_weight``.
    edges : list of ndarray
        Of the bins.
    missing_bin : int
    """
    leaves = grower.finalized_leaves
    for number, leaf in enumerate(leaves):
        leaf.value = float(number)
    residuals = rows.derive(
        residuals_by_leaf,
        tree=export_state(grower.make_predictor(edges)),
        missing_bin=missing_bin,
        leaves=len(leaves),
    )
    counts = np.array([leaf.n_samples for leaf in leaves])
    by_leaf = rows.only(X=residuals, sample_weight=rows.rows["sample_weight"])
    if rows.has("sample_weight"):
        dense = by_leaf.replace(X=by_leaf.derive(apart))
        values = weighted_quantiles(dense, [_level(loss)], average=False)[0]
    else:
        found = interpolate(counts, _RanksOfLeaves(by_leaf, counts), [_level(loss)])
        values = _middle(loss, *found)
    for leaf, value in zip(leaves, values, strict=True):
        leaf.value = grower.shrinkage * value


class _RanksOfLeaves:
    """The residuals at some ranks within leaves.

    A column of the sparse residuals is zero for the rows of other leaves: these zeros are stepped
    over. What the rank of a stored zero finds is zero, too.
    """

    def __init__(self, rows: Cohort, counts: Integers) -> None:
        self._rows = rows
        self._zeros = rows.n_samples - counts
        self._negative = rows.sum(count_negative)["negative"]

    def __call__(self, ranks: Integers) -> Floats:
        return order_statistics(
            self._rows, np.where(ranks < self._negative, ranks, ranks + self._zeros)
        )


def _level(loss: Any) -> float:
    return 0.5 if isinstance(loss, AbsoluteError) else float(loss.closs.quantile)


def _middle(loss: Any, quantiles: Floats, medians: Floats) -> Floats:
    return medians if isinstance(loss, AbsoluteError) else quantiles[0]


def _require_weight(weight: Any) -> None:
    if not weight > 0:
        raise DataError("the sample weights add up to zero over all parties")


@row_op("boosting.target_column")
def as_column(y: Floats) -> Floats:
    """Targets as a table of one column."""
    return y[:, np.newaxis]
