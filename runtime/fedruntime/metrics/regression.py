"""Metrics of numeric predictions that are means over rows, or follow from means.

Only sums over all rows are revealed. Results agree with pooled scikit-learn to rounding: relative
1e-15 for the mean errors, and 1e-15 of ``max(1, |1 - score|)`` for R2 and explained variance.
float32 data is added up in double precision, so there the result is nearer to the exact one than
the pooled result is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.messages import Array
from fedruntime.metrics.outputs import over_outputs, rehearse, targets
from fedruntime.metrics.private_errors import private_mean_error, private_sums_of_squares
from fedruntime.metrics.row_means import row_mean
from fedruntime.metrics.weights import sample_weights
from fedruntime.operations import Statistics, party_op


def _mean_error(local: Callable[..., Any], mean_of: Callable[..., Any]) -> Callable[..., Any]:
    """The counterpart of a function that averages ``mean_of``, or its root, over outputs."""

    def federated(cohort: Cohort, **options: Any) -> Any:
        rehearse(local, cohort, options)
        if cohort.federation.budget is not None:
            errors = private_mean_error(cohort, mean_of.__name__)
        else:
            errors = _mean_per_output(cohort, mean_of.__name__, options)
        # `squared=False` is the older name, up to scikit-learn 1.5, of the root of an error.
        root = local is not mean_of or options.get("squared", True) is False
        return over_outputs(np.sqrt(errors) if root else errors, options)

    federated.__doc__ = (
        f"``sklearn.metrics.{local.__name__}`` of the pooled rows; reveals the mean error of each\n"
        "output and the total weight. Parameters and result are scikit-learn's."
    )
    return counterpart(local, "y_true", "y_pred", "sample_weight")(federated)


def _mean_per_output(cohort: Cohort, metric: str, options: dict[str, Any]) -> Array:
    per_row = {name: options[name] for name in ("alpha",) if name in options}
    return row_mean(cohort, metric, multioutput="raw_values", **per_row)


mean_absolute_error = _mean_error(metrics.mean_absolute_error, metrics.mean_absolute_error)
mean_absolute_percentage_error = _mean_error(
    metrics.mean_absolute_percentage_error, metrics.mean_absolute_percentage_error
)
mean_pinball_loss = _mean_error(metrics.mean_pinball_loss, metrics.mean_pinball_loss)
mean_squared_error = _mean_error(metrics.mean_squared_error, metrics.mean_squared_error)
mean_squared_log_error = _mean_error(metrics.mean_squared_log_error, metrics.mean_squared_log_error)
root_mean_squared_error = _mean_error(metrics.root_mean_squared_error, metrics.mean_squared_error)
root_mean_squared_log_error = _mean_error(
    metrics.root_mean_squared_log_error, metrics.mean_squared_log_error
)


@counterpart(metrics.r2_score, "y_true", "y_pred", "sample_weight")
def r2_score(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.r2_score`` of the pooled rows.

    Revealed are the mean and the summed squares of the true values, and the summed squared errors.
    """
    rehearse(metrics.r2_score, cohort, options)
    n_samples = len(cohort["y_true"])
    if n_samples < 2:
        return metrics.r2_score(np.zeros(n_samples), np.zeros(n_samples))
    if cohort.federation.budget is not None:
        return _explained(private_sums_of_squares(cohort), options)
    sums = cohort.sum(target_sums)
    second = cohort.sum(spreads, mean=sums["targets"] / sums["weight"], mean_error=0.0)
    return _explained(second, options)


@counterpart(metrics.explained_variance_score, "y_true", "y_pred", "sample_weight")
def explained_variance_score(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.explained_variance_score`` of the pooled rows.

    Revealed are mean and variance of the true values and of the errors.
    """
    rehearse(metrics.explained_variance_score, cohort, options)
    sums = cohort.sum(target_sums)
    mean, mean_error = (sums[name] / sums["weight"] for name in ("targets", "errors"))
    second = cohort.sum(spreads, mean=mean, mean_error=mean_error)
    return _explained({name: sum_ / sums["weight"] for name, sum_ in second.items()}, options)


def _explained(spread: dict[str, Array], options: dict[str, Any]) -> Any:
    scores = explained_fractions(
        spread["errors"], spread["targets"], options.get("force_finite", True)
    )
    multioutput = options.get("multioutput", "uniform_average")
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        weights = spread["targets"]
        return float(np.average(scores, weights=weights if weights.any() else None))
    return over_outputs(scores, options)


def explained_fractions(errors: Array, spread: Array, force_finite: bool) -> Array:
    """One minus the quotient, as scikit-learn's ``_assemble_r2_explained_variance`` has it."""
    if not force_finite:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 - errors / spread)
    scores = np.where(errors == 0, 1.0, 0.0)
    usual = (errors != 0) & (spread != 0)
    scores[usual] = 1 - errors[usual] / spread[usual]
    return scores


@party_op("metrics.target_sums")
def target_sums(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Statistics:
    """Weighted sums of the true values and of the errors, one an output, and the total weight."""
    true = targets(y_true, "y_true")
    weights = sample_weights(sample_weight, len(true))
    errors = true - targets(y_pred, "y_pred")
    return {"targets": weights @ true, "errors": weights @ errors, "weight": weights.sum()}


@party_op("metrics.spreads")
def spreads(
    y_true: Any, y_pred: Any, mean: Array, mean_error: Any, sample_weight: Any = None
) -> Statistics:
    """Weighted sums of squared distances of true values and errors from their means."""
    true = targets(y_true, "y_true")
    weights = sample_weights(sample_weight, len(true))
    errors = true - targets(y_pred, "y_pred")
    return {"targets": weights @ (true - mean) ** 2, "errors": weights @ (errors - mean_error) ** 2}


@counterpart(metrics.max_error, "y_true", "y_pred")
def max_error(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.max_error`` of the pooled rows; reveals each party's largest error."""
    rehearse(metrics.max_error, cohort, options)
    return float(cohort.maximum(largest_error)["error"])


@party_op("metrics.largest_error", reveals="the largest absolute error")
def largest_error(y_true: Any, y_pred: Any) -> Statistics:
    """The largest absolute error; NaN without rows."""
    errors = np.abs(targets(y_true, "y_true") - targets(y_pred, "y_pred"))
    return {"error": errors.max() if errors.size else np.nan}
