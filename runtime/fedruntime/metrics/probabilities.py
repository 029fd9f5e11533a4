"""Metrics of predicted probabilities that are sums over rows: the log loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels
from fedruntime.metrics.weights import sample_weights
from fedruntime.operations import Statistics, party_op


@party_op("metrics.true_labels", reveals="the distinct labels")
def true_labels(y_true: Any) -> Statistics:
    """The classes that occur among a party's true labels."""
    return {"labels": np.unique(class_labels(y_true, "y_true"))}


@party_op("metrics.log_loss")
def log_loss_sums(
    y_true: Any, y_proba: Any, classes: Array, sample_weight: Any = None
) -> Statistics:
    """Weighted sum of the log losses, total weight, and how many rows do not sum to one.

    Clipping and the check of the sums follow ``sklearn.metrics.log_loss``.
    """
    labels = class_labels(y_true, "y_true")
    proba = _two_columns(np.asarray(y_proba))
    if not ((proba >= 0) & (proba <= 1)).all():
        raise DataError("the predicted probabilities are not all between 0 and 1")
    eps = np.finfo(proba.dtype).eps
    off = ~np.isclose(proba.sum(axis=1), 1, rtol=np.sqrt(eps))
    weights = sample_weights(sample_weight, len(labels))
    # Where widths differ the coordinator refuses; the column must exist all the same.
    columns = np.minimum(np.searchsorted(classes, labels), proba.shape[1] - 1)
    losses = -np.log(np.clip(proba, eps, 1 - eps)[np.arange(len(labels)), columns])
    return {
        "loss": np.sum(losses * weights, dtype=np.float64),
        "weight": weights.sum(),
        "unnormalised": np.count_nonzero(off),
    }


def _two_columns(proba: Array) -> Array:
    if proba.dtype.kind != "f":
        proba = proba.astype(np.float64)
    if proba.ndim == 1:
        proba = proba[:, np.newaxis]
    return np.hstack([1 - proba, proba]) if proba.shape[1] == 1 else proba


@counterpart(metrics.log_loss, "y_true", "y_proba", "y_pred", "sample_weight")
def log_loss(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.log_loss`` of the pooled rows.

    Revealed are the classes that occur and the summed loss. Agrees with the pooled result to
    rounding (relative 1e-15).
    """
    name = "y_proba" if cohort.has("y_proba") else "y_pred"
    occurring = cohort.union(true_labels)["labels"]
    labels = options.get("labels")
    classes = np.unique(occurring if labels is None else np.asarray(labels))
    if not np.isin(occurring, classes).all():
        raise DataError(f"y_true has labels that are not among labels={labels!r}")
    proba = cohort[name]
    sums = cohort.replace(y_proba=proba).sum(log_loss_sums, classes=classes)
    # scikit-learn's own errors and warnings, from one row a class of the same width.
    share = 1 / max(proba.shape[-1], 1) if proba.ndim == 2 else 0.5
    spoilt = 0.5 if sums["unnormalised"] else 1.0
    rehearsal = np.full((len(occurring), *proba.facts.tail), share * spoilt)
    metrics.log_loss(occurring, **{name: rehearsal}, **options)
    loss, weight = float(sums["loss"]), float(sums["weight"])
    return loss / weight if options.get("normalize", True) else loss
