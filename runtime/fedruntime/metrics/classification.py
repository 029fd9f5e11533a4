"""Metrics that depend on true and predicted labels only: scikit-learn's own functions, run on a
surrogate that has the same confusion matrix as the rows at the parties.

The labels of each party and the summed matrix are revealed; whose rows are in which cell is not.
Counts are exact, so without weights every result is bit-identical to the pooled one. With
fractional weights, sums differ from pooled ones in the last digits (relative 1e-15 a sum).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
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


@party_op("metrics.label_pairs")
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

    def surrogate(self, *, expand: bool) -> tuple[Array, Array, Array | None]:
        """True labels, predicted labels and sample weights with the same confusion matrix.

        Parameters
        ----------
        expand : bool
            Whether unweighted rows stay unweighted, each pair repeated as often as it occurs,
            for results that are integers only then; else there is one weighted row a pair.
        """
        if self.weights is not None:
            return self.y_true, self.y_pred, self.weights
        if expand:
            return np.repeat(self.y_true, self.counts), np.repeat(self.y_pred, self.counts), None
        return self.y_true, self.y_pred, self.counts


def _of_label_pairs(local: Callable[..., Any], *, expand: bool = False) -> Callable[..., Any]:
    true, predicted, *_ = inspect.signature(local).parameters

    def federated(cohort: Cohort, **options: Any) -> Any:
        named = Cohort(
            cohort.federation,
            cohort.aggregator,
            {
                "y_true": cohort[true],
                "y_pred": cohort[predicted],
                "sample_weight": cohort.rows.get("sample_weight"),
            },
            cohort.purpose,
        )
        y_true, y_pred, sample_weight = LabelPairs.of(named).surrogate(expand=expand)
        return local(y_true, y_pred, sample_weight=sample_weight, **options)

    federated.__doc__ = (
        f"``sklearn.metrics.{local.__name__}`` of the pooled rows.\n\n"
        f"Parameters and result are scikit-learn's. {true}, {predicted} and sample_weight may be\n"
        "handles; the labels that occur and the summed confusion matrix are then revealed."
    )
    return counterpart(local, true, predicted, "sample_weight")(federated)


accuracy_score = _of_label_pairs(metrics.accuracy_score)
balanced_accuracy_score = _of_label_pairs(metrics.balanced_accuracy_score)
classification_report = _of_label_pairs(metrics.classification_report, expand=True)
cohen_kappa_score = _of_label_pairs(metrics.cohen_kappa_score)
confusion_matrix = _of_label_pairs(metrics.confusion_matrix)
f1_score = _of_label_pairs(metrics.f1_score)
fbeta_score = _of_label_pairs(metrics.fbeta_score)
jaccard_score = _of_label_pairs(metrics.jaccard_score)
matthews_corrcoef = _of_label_pairs(metrics.matthews_corrcoef)
precision_recall_fscore_support = _of_label_pairs(
    metrics.precision_recall_fscore_support, expand=True
)
precision_score = _of_label_pairs(metrics.precision_score)
recall_score = _of_label_pairs(metrics.recall_score)
