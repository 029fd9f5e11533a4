"""Metrics of numeric predictions that rest on a median or another quantile, which is found from
summed counts (see ``order_statistics``) and is that of the pooled rows to the last bit.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.utils import stats

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.messages import Array
from fedruntime.metrics.outputs import over_outputs, rehearse, targets
from fedruntime.metrics.regression import explained_fractions
from fedruntime.metrics.row_means import row_mean
from fedruntime.metrics.weights import sample_weights
from fedruntime.operations import row_op
from fedruntime.order_statistics import medians, quantiles
from fedruntime.weighted_order_statistics import weighted_quantiles

# scikit-learn 1.7 began to average a weighted quantile that falls between two values, and to
# take the quantile of unweighted rows as that of weights of one.
_AVERAGES = hasattr(stats, "_averaged_weighted_percentile") or (
    "average" in inspect.signature(stats._weighted_percentile).parameters
)


@counterpart(metrics.median_absolute_error, "y_true", "y_pred", "sample_weight")
def median_absolute_error(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.median_absolute_error`` of the pooled rows.

    Revealed are the median of each output, and summed counts (for weighted rows, weights) of the
    errors in the ever smaller intervals around it.
    """
    rehearse(metrics.median_absolute_error, cohort, options)
    errors = cohort.replace(X=cohort.derive(absolute_errors))
    if cohort.has("sample_weight"):
        found = _weighted(errors, 0.5)
    else:
        found = medians(errors)
    return over_outputs(found, options)


@counterpart(metrics.d2_pinball_score, "y_true", "y_pred", "sample_weight")
def d2_pinball_score(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.d2_pinball_score`` of the pooled rows.

    Revealed are the quantile of the true values, summed counts in the ever smaller intervals
    around it, and the mean losses of the quantile and of the predictions.
    """
    return _explained(metrics.d2_pinball_score, cohort, options)


@counterpart(metrics.d2_absolute_error_score, "y_true", "y_pred", "sample_weight")
def d2_absolute_error_score(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.d2_absolute_error_score`` of the pooled rows.

    Revealed are the median of the true values, summed counts in the ever smaller intervals around
    it, and the mean losses of the median and of the predictions.
    """
    return _explained(metrics.d2_absolute_error_score, cohort, options)


def _explained(local: Any, cohort: Cohort, options: dict[str, Any]) -> Any:
    rehearse(local, cohort, options)
    n_samples = len(cohort["y_true"])
    if n_samples < 2:
        return local(np.ones(n_samples), np.ones(n_samples))
    alpha = options.get("alpha", 0.5)
    numbers = cohort.replace(X=cohort.derive(true_columns))
    if _AVERAGES or cohort.has("sample_weight"):
        quantile = _weighted(numbers, alpha * 100 / 100)
    else:
        quantile = quantiles(numbers, [alpha * 100 / 100])[0]
    null = cohort.replace(y_pred=cohort.derive(constant_predictions, values=quantile))
    loss, null_loss = (
        row_mean(rows, "mean_pinball_loss", multioutput="raw_values", alpha=alpha)
        for rows in (cohort, null)
    )
    return over_outputs(explained_fractions(loss, null_loss, force_finite=True), options)


def _weighted(columns: Cohort, level: float) -> Array:
    weighted = columns.replace(sample_weight=columns.derive(row_weights))
    return np.asarray(weighted_quantiles(weighted, [level], average=_AVERAGES)[0])


@row_op("metrics.absolute_errors")
def absolute_errors(y_true: Any, y_pred: Any) -> Array:
    """The absolute error of every row, one column an output."""
    return np.asarray(np.abs(targets(y_pred, "y_pred") - targets(y_true, "y_true")))


@row_op("metrics.true_columns")
def true_columns(y_true: Any) -> Array:
    """The true values, one column an output."""
    return targets(y_true, "y_true")


@row_op("metrics.row_weights")
def row_weights(X: Any, sample_weight: Any = None) -> Array:
    """One float weight a row; 1 where rows have none."""
    return sample_weights(sample_weight, len(X))


@row_op("metrics.constant_predictions")
def constant_predictions(y_true: Any, values: Array) -> Array:
    """The same public values for every row."""
    return np.tile(values, (len(y_true), 1))
