"""Metrics that are means over rows, by scikit-learn's own function at every party: a party's mean
times its weight is its sum, and the pooled mean follows from the sums. So the installed version's
formulas and refusals hold, and no value of a single row leaves.

What depends on all rows first (the classes, a mean, a quantile) has no place here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.errors import ProtocolError
from fedruntime.messages import Array
from fedruntime.metrics.outputs import targets
from fedruntime.metrics.weights import sample_weights
from fedruntime.operations import Statistics, party_op

_METRICS = frozenset(
    {
        "coverage_error",
        "dcg_score",
        "label_ranking_average_precision_score",
        "label_ranking_loss",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_pinball_loss",
        "mean_squared_error",
        "mean_squared_log_error",
        "mean_tweedie_deviance",
        "ndcg_score",
    }
)


def row_mean(cohort: Cohort, metric: str, **options: Any) -> Array:
    """The pooled mean of what a metric averages over rows.

    Parameters
    ----------
    cohort : Cohort
        ``y_true``, ``y_pred`` and perhaps ``sample_weight``.
    metric : str
        The name of a function of ``sklearn.metrics``.
    **options
        Its further arguments.

    Returns
    -------
    ndarray
        One value, or one an output where ``multioutput="raw_values"`` is among the options.
    """
    sums = cohort.sum(row_sums, metric=metric, options=options)
    return np.asarray(sums["total"] / sums["weight"])


@party_op("metrics.row_sums")
def row_sums(
    y_true: Any, y_pred: Any, metric: str, options: Mapping[str, Any], sample_weight: Any = None
) -> Statistics:
    """The weighted sum of what a metric averages over a party's rows, and their weight."""
    if metric not in _METRICS:
        raise ProtocolError(f"{metric!r} is not known to be a mean over rows")
    local = getattr(metrics, metric)
    true, predicted = _numbers(y_true, "y_true"), _numbers(y_pred, "y_pred")
    weights = sample_weights(sample_weight, len(true))
    weight = weights.sum()
    if weight:
        given = {} if sample_weight is None else {"sample_weight": weights}
        mean = local(true, predicted, **given, **options)
    else:
        # Only the shape of the mean matters; what is said of such rows by any metric is finite.
        mean = local(*(np.ones((1, *rows.shape[1:])) for rows in (true, predicted)), **options)
    return {"total": np.asarray(mean, dtype=np.float64) * weight, "weight": weight}


def _numbers(rows: Any, name: str) -> Array:
    """Doubles of the shape that the rows have."""
    numbers: Array = targets(rows, name).astype(np.float64).reshape(np.shape(rows))
    return numbers
