"""Pairs of a true and a predicted label, counted over all parties: what metrics of one label a row
are computed from.

The labels of each party and the summed counts are revealed; whose rows are in which cell is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fedruntime.cohort import Cohort
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels
from fedruntime.metrics.weights import has_integer_weights, weight_totals
from fedruntime.operations import Statistics, party_op


@party_op("metrics.labels", reveals="the distinct labels")
def distinct_labels(y_true: Any, y_pred: Any) -> Statistics:
    """The classes that occur among a party's true and predicted labels."""
    return {
        "y_true": np.unique(class_labels(y_true, "y_true")),
        "y_pred": np.unique(class_labels(y_pred, "y_pred")),
    }


@party_op("metrics.label_pairs", counts=("counts",))
def pair_totals(
    y_true: Any,
    y_pred: Any,
    true_labels: Array,
    predicted_labels: Array,
    sample_weight: Any = None,
    integer_weights: bool = False,
) -> Statistics:
    """How many rows have each pair of labels, and their total weight; flat, true labels first."""
    rows = np.searchsorted(true_labels, class_labels(y_true, "y_true"))
    columns = np.searchsorted(predicted_labels, class_labels(y_pred, "y_pred"))
    cells = rows * len(predicted_labels) + columns
    n_cells = len(true_labels) * len(predicted_labels)
    totals = {"counts": np.bincount(cells, minlength=n_cells)}
    if sample_weight is not None:
        totals["weights"] = weight_totals(cells, n_cells, sample_weight, integer_weights)
    return totals


@dataclass(frozen=True)
class LabelPairs:
    """All pairs of a true and a predicted label that occur, and how often.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_pairs,)
    counts : ndarray of int64, shape (n_pairs,)
    weights : ndarray of shape (n_pairs,), optional
        Total sample weight of each pair, if the rows are weighted.
    """

    y_true: Array
    y_pred: Array
    counts: Array
    weights: Array | None

    @classmethod
    def of(cls, cohort: Cohort) -> LabelPairs:
        labels = cohort.union(distinct_labels)
        public: dict[str, Any] = {
            "true_labels": labels["y_true"],
            "predicted_labels": labels["y_pred"],
        }
        if cohort.has("sample_weight"):
            public["integer_weights"] = has_integer_weights(cohort)
        totals = cohort.sum(pair_totals, **public)
        occurring = np.flatnonzero(totals["counts"])
        true, predicted = np.divmod(occurring, max(len(labels["y_pred"]), 1))
        return cls(
            labels["y_true"][true],
            labels["y_pred"][predicted],
            totals["counts"][occurring],
            totals["weights"][occurring] if "weights" in totals else None,
        )

    def surrogate(self) -> tuple[Array, Array, Array]:
        """True labels, predicted labels and weights with the same confusion matrix."""
        return self.y_true, self.y_pred, self.counts if self.weights is None else self.weights
