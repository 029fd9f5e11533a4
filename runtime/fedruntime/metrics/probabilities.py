"""Metrics of predicted probabilities that are sums over rows: log loss and Brier score, and the
fractions of them that are explained.

Revealed are the classes that occur, how often, and the summed losses. Results agree with pooled
scikit-learn to rounding: relative 1e-15 for the losses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels, is_any_of, true_labels
from fedruntime.metrics.weights import sample_weights, weight_totals
from fedruntime.operations import Statistics, party_op

_NAMES = ("y_proba", "y_pred", "y_prob")  # the others are older names of the first


@party_op("metrics.probability_losses", counts=("weights",))
def probability_losses(
    y_true: Any, y_proba: Any, classes: Array, sample_weight: Any = None
) -> Statistics:
    """Weighted sums of log losses and squared distances, the weight of each class, and how many
    rows do not sum to one.

    Clipping and the check of the sums follow ``sklearn.metrics.log_loss``.
    """
    labels = class_labels(y_true, "y_true")
    proba = _two_columns(np.asarray(y_proba))
    if not ((proba >= 0) & (proba <= 1)).all():
        raise DataError("the predicted probabilities are not all between 0 and 1")
    eps = np.finfo(proba.dtype).eps
    off = ~np.isclose(proba.sum(axis=1), 1, rtol=np.sqrt(eps))
    weights = sample_weights(sample_weight, len(labels))
    codes = np.searchsorted(classes, labels)
    # Where widths differ the coordinator refuses; the column must exist all the same.
    own = np.arange(len(labels)), np.minimum(codes, proba.shape[1] - 1)
    log_losses = -np.log(np.clip(proba, eps, 1 - eps)[own])
    distances = proba.copy()
    distances[own] -= 1
    return {
        "log_loss": np.sum(log_losses * weights, dtype=np.float64),
        "distance": weights @ np.sum(distances**2, axis=1, dtype=np.float64),
        "weights": weight_totals(codes, len(classes), sample_weight, integers=False),
        "unnormalised": np.count_nonzero(off),
    }


def _two_columns(proba: Array) -> Array:
    if proba.dtype.kind != "f":
        proba = proba.astype(np.float64)
    if proba.ndim == 1:
        proba = proba[:, np.newaxis]
    return np.hstack([1 - proba, proba]) if proba.shape[1] == 1 else proba


def _losses(cohort: Cohort, local: Callable[..., Any], options: dict[str, Any]) -> dict[str, Array]:
    """The summed losses, once scikit-learn has judged options, classes and shapes."""
    name = next(name for name in _NAMES if cohort.has(name))
    occurring = cohort.union(true_labels)["labels"]
    labels = options.get("labels")
    classes = np.unique(occurring if labels is None else np.asarray(labels))
    if not np.isin(occurring, classes).all():
        raise DataError(f"y_true has labels that are not among labels={labels!r}")
    proba = cohort[name]
    sums = cohort.replace(y_proba=proba).sum(probability_losses, classes=classes)
    # scikit-learn's own errors and warnings, from one row a class of the same width.
    share = 1 / max(proba.shape[-1], 1) if proba.ndim == 2 else 0.5
    spoilt = 0.5 if sums["unnormalised"] else 1.0
    rehearsal = np.full((len(occurring), *proba.facts.tail), share * spoilt)
    if len(cohort["y_true"]) == 1 or len(occurring) > 1:
        local(occurring, **{name: rehearsal}, **options)
    else:  # one class, but several rows
        local(np.repeat(occurring, 2), **{name: np.repeat(rehearsal, 2, axis=0)}, **options)
    return sums


@counterpart(metrics.log_loss, "y_true", *_NAMES, "sample_weight")
def log_loss(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.log_loss`` of the pooled rows.

    Reveals the classes that occur, their weights, and the summed loss.
    """
    sums = _losses(cohort, metrics.log_loss, options)
    loss = float(sums["log_loss"])
    return loss / float(sums["weights"].sum()) if options.get("normalize", True) else loss


@counterpart(metrics.d2_log_loss_score, "y_true", *_NAMES, "sample_weight")
def d2_log_loss_score(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.d2_log_loss_score`` of the pooled rows.

    Reveals the classes that occur, their weights, and the summed loss.
    """
    if len(cohort["y_true"]) < 2:
        return float(metrics.d2_log_loss_score([0], [0.5]))
    sums = _losses(cohort, metrics.d2_log_loss_score, options)
    weights = sums["weights"]
    eps = np.finfo(np.float64).eps
    null = -weights @ np.log(np.clip(weights / weights.sum(), eps, 1 - eps))
    return float(1 - sums["log_loss"] / null)


@counterpart(metrics.brier_score_loss, "y_true", *_NAMES, "sample_weight")
def brier_score_loss(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.brier_score_loss`` of the pooled rows.

    Reveals the classes that occur, their weights, and the summed loss.
    """
    sums, width = _distances(cohort, metrics.brier_score_loss, options)
    score = sums["distance"] / sums["weights"].sum()
    scale = options.get("scale_by_half", "auto")
    halved = width < 3 if isinstance(scale, str) else scale
    return float(score * 0.5 if halved else score)


if hasattr(metrics, "d2_brier_score"):  # from scikit-learn 1.8

    @counterpart(metrics.d2_brier_score, "y_true", *_NAMES, "sample_weight")
    def d2_brier_score(cohort: Cohort, **options: Any) -> float:
        """``sklearn.metrics.d2_brier_score`` of the pooled rows.

        Reveals the classes that occur, their weights, and the summed loss.
        """
        if len(cohort["y_true"]) < 2:
            return float(metrics.d2_brier_score([0], [0.5]))
        sums, _ = _distances(cohort, metrics.d2_brier_score, options)
        weights = sums["weights"]
        shares = weights / weights.sum()
        null = weights @ ((np.eye(len(weights)) - shares) ** 2).sum(axis=1)
        return float(1 - sums["distance"] / null)


def _distances(
    cohort: Cohort, local: Callable[..., Any], options: dict[str, Any]
) -> tuple[dict[str, Array], int]:
    """Summed squared distances from the classes, and how many classes there are."""
    name = next(name for name in _NAMES if cohort.has(name))
    proba = cohort[name]
    if proba.ndim == 2 and proba.shape[1] > 1:
        return _losses(cohort, local, options), int(proba.shape[1])
    occurring = cohort.union(true_labels)["labels"]
    positive = _positive(local, occurring, name, options)
    labels = cohort.derive(is_any_of, classes=occurring[positive])
    binary = cohort.replace(y_true=labels, y_proba=proba)
    return binary.sum(probability_losses, classes=np.array([False, True])), 2


def _positive(
    local: Callable[..., Any], occurring: Array, name: str, options: dict[str, Any]
) -> Array:
    """Which of the classes counts as positive: the one that a probability of zero is wrong for."""
    rows = max(len(occurring), 2)
    local(np.resize(occurring, rows), **{name: np.zeros(rows)}, **options)
    kept = {key: option for key, option in options.items() if key == "pos_label"}
    zeros = np.zeros(len(occurring))
    return np.array(
        [
            metrics.brier_score_loss(occurring, zeros, sample_weight=only, **kept) > 0
            for only in np.eye(len(occurring))
        ]
    )
