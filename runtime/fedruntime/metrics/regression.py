"""Metrics of numeric predictions, from sums of errors over the parties.

Only sums over all rows are revealed. They are taken in two passes where a mean is needed first, so
results agree with pooled scikit-learn to rounding: relative 1e-15 for the error metrics, and 1e-15
of ``max(1, |1 - R2|)`` for R2. float32 data is added up in double precision, so there the result is
nearer to the exact one than the pooled result is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.metrics.weights import sample_weights
from fedruntime.operations import Operation, Statistics, party_op


@party_op("metrics.squared_errors")
def squared_errors(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Statistics:
    """Weighted sum of squared errors, one an output, and the total weight."""
    errors = _targets(y_true, "y_true") - _targets(y_pred, "y_pred")
    return _weighted("errors", errors**2, sample_weight)


@party_op("metrics.absolute_errors")
def absolute_errors(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Statistics:
    """Weighted sum of absolute errors, one an output, and the total weight."""
    errors = _targets(y_true, "y_true") - _targets(y_pred, "y_pred")
    return _weighted("errors", np.abs(errors), sample_weight)


@party_op("metrics.target_sums")
def target_sums(y_true: Any, sample_weight: Any = None) -> Statistics:
    """Weighted sum of the true values, one an output, and the total weight."""
    return _weighted("targets", _targets(y_true, "y_true"), sample_weight)


@party_op("metrics.target_spread")
def target_spread(y_true: Any, y_pred: Any, means: Array, sample_weight: Any = None) -> Statistics:
    """Weighted sums of squared errors and of squared distances from the means, one an output."""
    true = _targets(y_true, "y_true")
    errors = _weighted("errors", (true - _targets(y_pred, "y_pred")) ** 2, sample_weight)
    return {**errors, **_weighted("spread", (true - means) ** 2, sample_weight)}


def _targets(rows: Any, name: str) -> Array:
    """Floats of shape (n_samples, n_outputs)."""
    values = np.asarray(rows)
    if values.dtype.kind != "f":
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            raise DataError(f"{name} holds values that are no numbers") from None
    if not np.isfinite(values).all():
        raise DataError(f"{name} has missing or infinite entries: drop or fill these rows first")
    return values[:, np.newaxis] if values.ndim == 1 else values


def _weighted(name: str, values: Array, sample_weight: Any) -> dict[str, Any]:
    weights = sample_weights(sample_weight, len(values))
    if sample_weight is not None:
        values = values * weights[:, np.newaxis]
    return {name: values.sum(axis=0, dtype=np.float64), "weight": weights.sum()}


@counterpart(metrics.mean_squared_error, "y_true", "y_pred", "sample_weight")
def mean_squared_error(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.mean_squared_error`` of the pooled rows; reveals the summed errors."""
    _rehearse(metrics.mean_squared_error, cohort, options)
    errors = _mean_errors(cohort, squared_errors)
    # `squared=False` is the older name, up to scikit-learn 1.5, of the root mean squared error.
    root = options.get("squared", True) is False
    return _over_outputs(np.sqrt(errors) if root else errors, options)


@counterpart(metrics.root_mean_squared_error, "y_true", "y_pred", "sample_weight")
def root_mean_squared_error(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.root_mean_squared_error`` of the pooled rows; reveals the summed errors."""
    _rehearse(metrics.root_mean_squared_error, cohort, options)
    return _over_outputs(np.sqrt(_mean_errors(cohort, squared_errors)), options)


@counterpart(metrics.mean_absolute_error, "y_true", "y_pred", "sample_weight")
def mean_absolute_error(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.mean_absolute_error`` of the pooled rows; reveals the summed errors."""
    _rehearse(metrics.mean_absolute_error, cohort, options)
    return _over_outputs(_mean_errors(cohort, absolute_errors), options)


@counterpart(metrics.r2_score, "y_true", "y_pred", "sample_weight")
def r2_score(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.r2_score`` of the pooled rows.

    Revealed are the mean and the summed squares of the true values, and the summed squared errors.
    """
    _rehearse(metrics.r2_score, cohort, options)
    n_samples = len(cohort["y_true"])
    if n_samples < 2:
        return metrics.r2_score(np.zeros(n_samples), np.zeros(n_samples))
    sums = cohort.sum(target_sums)
    second = cohort.sum(target_spread, means=sums["targets"] / sums["weight"])
    errors, spread = second["errors"], second["spread"]
    scores = _determination(errors, spread, options.get("force_finite", True))
    multioutput = options.get("multioutput", "uniform_average")
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        return float(np.average(scores, weights=spread if spread.any() else None))
    return _over_outputs(scores, options)


def _determination(errors: Array, spread: Array, force_finite: bool) -> Array:
    """R2 of each output, as scikit-learn's ``_assemble_r2_explained_variance`` has it."""
    if not force_finite:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 - errors / spread)
    scores = np.where(errors == 0, 1.0, 0.0)
    usual = (errors != 0) & (spread != 0)
    scores[usual] = 1 - errors[usual] / spread[usual]
    return scores


def _mean_errors(cohort: Cohort, operation: Operation) -> Array:
    sums = cohort.sum(operation)
    return np.asarray(sums["errors"] / sums["weight"])


def _rehearse(local: Any, cohort: Cohort, options: dict[str, Any]) -> None:
    """Run scikit-learn's function on zeros of the same widths: its errors and warnings are ours."""
    local(
        np.zeros((2, *cohort["y_true"].facts.tail)),
        np.zeros((2, *cohort["y_pred"].facts.tail)),
        **options,
    )


def _over_outputs(values: Array, options: dict[str, Any]) -> Any:
    """Average one value an output as ``multioutput`` says, as scikit-learn does."""
    multioutput = options.get("multioutput", "uniform_average")
    if isinstance(multioutput, str):
        return values if multioutput == "raw_values" else float(np.average(values))
    return float(np.average(values, weights=multioutput))
