"""Metrics of decision values that need all rows only for the classes, or for the range of the
scores: hinge loss and top-k accuracy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.caller import where
from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels, true_labels
from fedruntime.metrics.outputs import targets
from fedruntime.metrics.weights import sample_weights
from fedruntime.operations import Statistics, party_op


@counterpart(metrics.hinge_loss, "y_true", "pred_decision", "sample_weight")
def hinge_loss(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.hinge_loss`` of the pooled rows.

    Reveals the classes that occur, the mean loss and the total weight. Agrees to rounding.
    """
    decision = cohort["pred_decision"]
    classes, occurring = _classes(cohort, options)
    metrics.hinge_loss(occurring, np.zeros((len(occurring), *decision.facts.tail)), **options)
    # Of two classes scikit-learn scores the later one that occurs, and none of a single one.
    ordered = classes if len(classes) > 2 else occurring
    sums = cohort.sum(hinge_losses, classes=ordered, columns=len(classes) > 2)
    return float(sums["loss"] / sums["weight"])


@counterpart(metrics.top_k_accuracy_score, "y_true", "y_score", "sample_weight")
def top_k_accuracy_score(cohort: Cohort, **options: Any) -> float:
    """``sklearn.metrics.top_k_accuracy_score`` of the pooled rows.

    Reveals the classes that occur, and summed weights and counts of rows. Unweighted results are
    bit-identical.
    """
    scores = cohort["y_score"]
    classes, occurring = _classes(cohort, options)
    metrics.top_k_accuracy_score(
        occurring, np.zeros((len(occurring), *scores.facts.tail)), **options
    )
    k = options.get("k", 2)
    sums = cohort.sum(top_k_hits, classes=classes, k=k)
    if scores.ndim == 2 and scores.shape[1] > 1:
        hits = sums["hits"]
    elif k > 1:
        hits = sums["weight"]
    else:  # scikit-learn takes scores that are all from 0 to 1 for probabilities
        hits = sums["at zero" if sums["outside"] else "at one half"]
    return float(hits / sums["weight"] if options.get("normalize", True) else hits)


def _classes(cohort: Cohort, options: dict[str, Any]) -> tuple[Array, Array]:
    """All classes, and those that occur."""
    occurring = cohort.union(true_labels)["labels"]
    labels = options.get("labels")
    classes = np.unique(occurring if labels is None else np.asarray(labels))
    if not np.isin(occurring, classes).all():
        raise DataError(f"{where()}y_true has labels that are not among labels={labels!r}")
    return classes, occurring


# -- at the parties -------------------------------------------------------------------------


@party_op("metrics.hinge_losses")
def hinge_losses(
    y_true: Any, pred_decision: Any, classes: Array, columns: bool, sample_weight: Any = None
) -> Statistics:
    """Weighted sum of the hinge losses, and the total weight.

    Parameters
    ----------
    columns : bool
        Whether there is one column of decision values a class (Crammer and Singer's margin), or
        one for the second class.
    """
    decision = targets(pred_decision, "pred_decision")
    codes = np.searchsorted(classes, class_labels(y_true, "y_true"))
    weights = sample_weights(sample_weight, len(codes))
    rows = np.arange(len(codes))
    if columns:
        others = decision.copy()
        others[rows, codes] = -np.inf
        margins = decision[rows, codes] - others.max(axis=1, initial=-np.inf)
    else:
        margins = np.where(codes == 1, 1.0, -1.0) * decision[:, 0]
    return {"loss": weights @ np.clip(1 - margins, 0, None), "weight": weights.sum()}


@party_op("metrics.top_k_hits")
def top_k_hits(
    y_true: Any, y_score: Any, classes: Array, k: int, sample_weight: Any = None
) -> Statistics:
    """Weights of the rows whose class is among the first k, or for one column of scores, on the
    right side of one half and of zero; and how many scores are no probabilities.
    """
    scores = targets(y_score, "y_score")
    codes = np.searchsorted(classes, class_labels(y_true, "y_true"))
    weights = sample_weights(sample_weight, len(codes))
    if scores.shape[1] > 1:
        first = np.argsort(scores, axis=1, kind="mergesort")[:, ::-1][:, :k]
        hits = (first == codes[:, np.newaxis]).any(axis=1)
        return {"hits": weights @ hits, "weight": weights.sum()}
    return {
        "at one half": weights @ ((scores[:, 0] > 0.5) == codes),
        "at zero": weights @ ((scores[:, 0] > 0) == codes),
        "outside": np.count_nonzero((scores < 0) | (scores > 1)),
        "weight": weights.sum(),
    }
