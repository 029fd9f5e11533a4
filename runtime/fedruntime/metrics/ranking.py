"""Metrics of the order of scores: exact ROC AUC, ROC and precision-recall curves.

The order of rows of different parties can only be found by comparing their scores. So **the
distinct scores of each party are revealed, without order and without labels, and then the summed
counts of each class at each score**. Round the scores first where that is too much. scikit-learn's
own functions run on these counts, so unweighted results are bit-identical to pooled ones, ties
included; fractional weights cost the last digits (relative 1e-15 a sum).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from sklearn import metrics

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels, true_labels
from fedruntime.metrics.weights import has_integer_weights, weight_totals
from fedruntime.operations import Statistics, party_op


@party_op("metrics.distinct_scores", reveals="the distinct scores")
def distinct_scores(y_score: Any) -> Statistics:
    """The distinct scores of each column, ascending."""
    return {str(number): np.unique(column) for number, column in enumerate(_columns(y_score))}


@party_op("metrics.rows_off_one")
def rows_off_one(y_score: Any) -> Statistics:
    """How many rows of scores do not sum to one, as ``numpy.allclose`` sees it."""
    return {"rows": np.count_nonzero(~np.isclose(1, np.asarray(y_score).sum(axis=1)))}


@party_op("metrics.score_counts", counts=("counts *",))
def score_counts(
    y_true: Any,
    y_score: Any,
    labels: Array,
    scores: dict[str, Array],
    sample_weight: Any = None,
    integer_weights: bool = False,
) -> Statistics:
    """For each column the rows, and their weight, at each score (first axis) and label."""
    codes = np.searchsorted(labels, class_labels(y_true, "y_true"))
    totals = {}
    for name, column in zip(scores, _columns(y_score), strict=True):
        shape = (len(scores[name]), len(labels))
        cells = np.searchsorted(scores[name], column) * len(labels) + codes
        totals[f"counts {name}"] = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
        if sample_weight is not None:
            weights = weight_totals(cells, shape[0] * shape[1], sample_weight, integer_weights)
            totals[f"weights {name}"] = weights.reshape(shape)
    return totals


def _columns(rows: Any) -> Array:
    scores = np.asarray(rows)
    if scores.dtype.kind not in "biuf" or not np.isfinite(scores).all():
        raise DataError("y_score has entries that are no finite numbers")
    return scores[np.newaxis] if scores.ndim == 1 else scores.T


@dataclass(frozen=True)
class ScoreTable:
    """One column of scores: the weight of each label at each distinct score.

    Parameters
    ----------
    scores : ndarray of shape (n_scores,)
    labels : ndarray of shape (n_labels,)
    counts : ndarray of int64, shape (n_scores, n_labels)
        How many rows there are; where there are none, there is no surrogate row.
    weights : ndarray of shape (n_scores, n_labels)
        Their weight: the counts themselves if rows are not weighted.
    """

    scores: Array
    labels: Array
    counts: Array
    weights: Array

    def surrogate(self, among: Array | None = None) -> tuple[Array, Array, Array]:
        """Labels, scores and weights, one row for each pair that occurs.

        Parameters
        ----------
        among : ndarray of label positions, optional
            Rows of other labels are left out.
        """
        chosen = np.arange(len(self.labels)) if among is None else among
        score, label = np.nonzero(self.counts[:, chosen])
        weights = self.weights[:, chosen][score, label]
        return self.labels[chosen][label], self.scores[score], weights

    def auc(self, positive: Any, among: Array | None = None) -> float:
        """ROC AUC of one label against the others."""
        labels, scores, weights = self.surrogate(among)
        return float(metrics.roc_auc_score(labels == positive, scores, sample_weight=weights))


def score_tables(cohort: Cohort) -> list[ScoreTable]:
    """One table a column of ``y_score``."""
    labels = cohort.union(true_labels)["labels"]
    scores = cohort.union(distinct_scores)
    public: dict[str, Any] = {"labels": labels, "scores": scores}
    if cohort.has("sample_weight"):
        public["integer_weights"] = has_integer_weights(cohort)
    totals = cohort.sum(score_counts, **public)
    return [
        ScoreTable(
            distinct,
            labels,
            totals[f"counts {name}"],
            totals.get(f"weights {name}", totals[f"counts {name}"]),
        )
        for name, distinct in scores.items()
    ]


@counterpart(metrics.roc_auc_score, "y_true", "y_score", "sample_weight")
def roc_auc_score(cohort: Cohort, **options: Any) -> Any:
    """``sklearn.metrics.roc_auc_score`` of the pooled rows.

    Binary targets with every option, multiclass targets with ``multi_class="ovr"`` and ``"ovo"``
    in all averages. Reveals the distinct scores; see the module's first paragraph.

    Raises
    ------
    UnsupportedError
        For multilabel targets.
    """
    y_score = cohort["y_score"]
    if y_score.ndim == 1 or y_score.shape[1] == 1:
        labels, scores, weights = score_tables(cohort)[0].surrogate()
        return metrics.roc_auc_score(labels, scores, sample_weight=weights, **options)
    labels = cohort.union(true_labels)["labels"]
    _rehearse(cohort, labels, options)
    tables = score_tables(cohort)
    classes = labels if options.get("labels") is None else np.asarray(options["labels"])
    average = options.get("average", "macro")
    if options["multi_class"] == "ovo":
        return _one_vs_one(tables, classes, average)
    return _one_vs_rest(tables, classes, average)


def _rehearse(cohort: Cohort, labels: Array, options: dict[str, Any]) -> None:
    """Let scikit-learn judge options and shapes on one row a label; its errors are ours."""
    width = cohort["y_score"].shape[1]
    spoilt = 0.5 if cohort.sum(rows_off_one)["rows"] else 1.0
    weights = np.ones(len(labels)) if cohort.has("sample_weight") else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is to be warned of will be met again in the tables
        metrics.roc_auc_score(
            labels, np.full((len(labels), width), spoilt / width), sample_weight=weights, **options
        )


def _one_vs_rest(tables: list[ScoreTable], classes: Array, average: str | None) -> Any:
    """Follows ``sklearn.metrics._base._average_binary_score``."""
    if average == "micro":
        parts = [(table.surrogate(), label) for table, label in zip(tables, classes, strict=True)]
        return metrics.roc_auc_score(
            np.concatenate([labels == label for (labels, _, _), label in parts]),
            np.concatenate([scores for (_, scores, _), _ in parts]),
            sample_weight=np.concatenate([weights for (_, _, weights), _ in parts]),
        )
    scores = np.array([table.auc(label) for table, label in zip(tables, classes, strict=True)])
    if average is None:
        return scores
    if average == "macro":
        return float(np.average(scores))
    by_label = tables[0].weights.sum(axis=0)
    prevalence = np.array([by_label[tables[0].labels == label].sum() for label in classes])
    if np.isclose(prevalence.sum(), 0.0):
        return 0
    scores[prevalence == 0] = 0
    return float(np.average(scores, weights=prevalence))


def _one_vs_one(tables: list[ScoreTable], classes: Array, average: str) -> float:
    """Hand and Till 2001; follows ``sklearn.metrics._base._average_multiclass_ovo_score``."""
    labels = tables[0].labels
    counts = tables[0].counts.sum(axis=0)
    scores, prevalence = [], []
    for (one, first), (other, second) in combinations(enumerate(classes), 2):
        among = np.flatnonzero((labels == first) | (labels == second))
        pair = tables[one].auc(first, among), tables[other].auc(second, among)
        scores.append((pair[0] + pair[1]) / 2)
        prevalence.append(counts[among].sum() / counts.sum())
    return float(np.average(scores, weights=prevalence if average == "weighted" else None))


def _of_one_column(local: Callable[..., Any]) -> Callable[..., Any]:
    def federated(cohort: Cohort, **options: Any) -> Any:
        given = next(name for name in _SCORE_NAMES if cohort.has(name))
        labels, scores, weights = one_column(cohort, given).surrogate()
        return local(labels, **{given: scores}, sample_weight=weights, **options)

    federated.__doc__ = (
        f"``sklearn.metrics.{local.__name__}`` of the pooled rows, for one column of scores.\n\n"
        "Parameters and result are scikit-learn's. Reveals the distinct scores; see the module's\n"
        "first paragraph."
    )
    return counterpart(local, "y_true", *_SCORE_NAMES, "sample_weight")(federated)


def one_column(cohort: Cohort, given: str) -> ScoreTable:
    """The table of scores that go by the given name.

    Raises
    ------
    DataError
        If there are several columns of them.
    """
    scores = cohort[given]
    if scores.ndim == 2 and scores.shape[1] > 1:
        raise DataError(f"{given} needs one column of scores, not {scores.shape[1]}")
    return score_tables(cohort.replace(y_score=scores))[0]


_SCORE_NAMES = ("y_score", "probas_pred")  # the second is an older name in precision_recall_curve

average_precision_score = _of_one_column(metrics.average_precision_score)
det_curve = _of_one_column(metrics.det_curve)
if hasattr(metrics, "confusion_matrix_at_thresholds"):  # from scikit-learn 1.8
    confusion_matrix_at_thresholds = _of_one_column(metrics.confusion_matrix_at_thresholds)
precision_recall_curve = _of_one_column(metrics.precision_recall_curve)
roc_curve = _of_one_column(metrics.roc_curve)
