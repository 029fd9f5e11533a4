"""Tweedie deviances and the fraction of them that is explained, from sums over rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.metrics._regression import _mean_tweedie_deviance

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.metrics.outputs import rehearse, targets
from fedruntime.metrics.regression import target_sums
from fedruntime.metrics.row_means import row_mean
from fedruntime.metrics.weights import sample_weights
from fedruntime.operations import Statistics, party_op


@counterpart(metrics.mean_tweedie_deviance, "y_true", "y_pred", "sample_weight")
def mean_tweedie_deviance(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.mean_tweedie_deviance`` of the pooled rows; reveals the mean and the total
    weight.
    """
    rehearse(metrics.mean_tweedie_deviance, cohort, options)
    return float(row_mean(cohort, "mean_tweedie_deviance", **options))


@counterpart(metrics.mean_poisson_deviance, "y_true", "y_pred", "sample_weight")
def mean_poisson_deviance(cohort: Cohort) -> float:
    """``sklearn.metrics.mean_poisson_deviance`` of the pooled rows; reveals the mean and the total
    weight.
    """
    rehearse(metrics.mean_poisson_deviance, cohort, {})
    return float(row_mean(cohort, "mean_tweedie_deviance", power=1))


@counterpart(metrics.mean_gamma_deviance, "y_true", "y_pred", "sample_weight")
def mean_gamma_deviance(cohort: Cohort) -> float:
    """``sklearn.metrics.mean_gamma_deviance`` of the pooled rows; reveals the mean and the total
    weight.
    """
    rehearse(metrics.mean_gamma_deviance, cohort, {})
    return float(row_mean(cohort, "mean_tweedie_deviance", power=2))


@counterpart(metrics.d2_tweedie_score, "y_true", "y_pred", "sample_weight")
def d2_tweedie_score(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.d2_tweedie_score`` of the pooled rows.

    Revealed are the mean of the true values, and the mean deviances from it and from the
    predictions.
    """
    rehearse(metrics.d2_tweedie_score, cohort, options)
    n_samples = len(cohort["y_true"])
    if n_samples < 2:
        return float(metrics.d2_tweedie_score(np.ones(n_samples), np.ones(n_samples)))
    explained = row_mean(cohort, "mean_tweedie_deviance", **options)
    sums = cohort.sum(target_sums)
    mean = float(sums["targets"][0] / sums["weight"])
    total = cohort.sum(deviance_from_mean, mean=mean, power=options.get("power", 0))
    return float(1 - explained / (total["deviance"] / sums["weight"]))


@party_op("metrics.deviance_from_mean")
def deviance_from_mean(
    y_true: Any, mean: float, power: float, sample_weight: Any = None
) -> Statistics:
    """The weighted sum of the deviances of the true values from one value."""
    true = targets(y_true, "y_true").astype(np.float64)[:, 0]
    weights = sample_weights(sample_weight, len(true))
    weight = weights.sum()
    if not weight:
        return {"deviance": 0.0}
    deviance = _mean_tweedie_deviance(true, np.float64(mean), sample_weight=weights, power=power)
    return {"deviance": deviance * weight}
