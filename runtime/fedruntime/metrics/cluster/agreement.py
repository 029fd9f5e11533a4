"""Agreement of two clusterings of the same rows, from the contingency matrix: how many rows have
each pair of labels.

The labels of each party and the summed matrix are revealed; whose rows are in which cell is not.
Counts are exact and the formulas are those of ``sklearn.metrics.cluster._supervised``, so results
are the pooled ones to the last bit.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import metrics
from sklearn.metrics.cluster import _supervised as supervised
from sklearn.metrics.cluster import contingency_matrix as _local_contingency_matrix

from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.messages import Array
from fedruntime.metrics.label_pairs import LabelPairs


@dataclass(frozen=True)
class Contingency:
    """How many rows have each pair of a class and a cluster.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_classes, n_clusters)
    """

    counts: Array

    @classmethod
    def of(cls, cohort: Cohort) -> Contingency:
        pairs = LabelPairs.of(
            cohort.only(y_true=cohort["labels_true"], y_pred=cohort["labels_pred"])
        )
        classes, rows = np.unique(pairs.y_true, return_inverse=True)
        clusters, columns = np.unique(pairs.y_pred, return_inverse=True)
        counts = np.zeros((len(classes), len(clusters)), dtype=np.int64)
        counts[rows, columns] = pairs.counts
        return cls(counts)

    @property
    def n_samples(self) -> int:
        return int(self.counts.sum())

    @property
    def class_sizes(self) -> Array:
        return np.asarray(self.counts.sum(axis=1))

    @property
    def cluster_sizes(self) -> Array:
        return np.asarray(self.counts.sum(axis=0))

    def mutual_info(self, dtype: Any = np.int64) -> float:
        """In scikit-learn's own sparse form, so that terms are added in its order."""
        table = sparse.csr_matrix(self.counts, dtype=dtype)
        return float(metrics.mutual_info_score(None, None, contingency=table))

    def pair_confusion(self) -> Array:
        """Pairs of rows that are together or apart in one clustering and in the other."""
        squares = (self.counts**2).sum()
        together = np.empty((2, 2), dtype=np.int64)
        together[1, 1] = squares - self.n_samples
        together[0, 1] = (self.counts @ self.cluster_sizes).sum() - squares
        together[1, 0] = (self.counts.T @ self.class_sizes).sum() - squares
        together[0, 0] = self.n_samples**2 - together[0, 1] - together[1, 0] - squares
        return together


def _entropy(sizes: Array) -> float:
    if sizes.size == 1:
        return 0.0
    counts = sizes.astype(np.float64)
    total = np.sum(counts)
    return float(-np.sum((counts / total) * (np.log(counts) - math.log(total))))


def _of_contingency(local: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of the contingency matrix the counterpart of scikit-learn's of the rows."""

    def decorate(measure: Callable[..., Any]) -> Callable[..., Any]:
        def federated(cohort: Cohort, **options: Any) -> Any:
            # scikit-learn judges the options on two rows.
            local([0, 1], [0, 1], **options)
            return measure(Contingency.of(cohort), **options)

        federated.__doc__ = (
            f"``sklearn.metrics.{local.__name__}`` of the pooled rows.\n\n"
            "Parameters and result are scikit-learn's. labels_true and labels_pred may be "
            "handles; the\n"
            "labels that occur and the summed contingency matrix are then revealed."
        )
        return counterpart(local, "labels_true", "labels_pred")(federated)

    return decorate


@_of_contingency(_local_contingency_matrix)
def contingency_matrix(table: Contingency, **options: Any) -> Any:
    given = inspect.signature(_local_contingency_matrix).bind([], [], **options)
    given.apply_defaults()
    eps, dtype = given.arguments["eps"], given.arguments["dtype"]
    counts = table.counts.astype(dtype)
    if given.arguments["sparse"]:
        return type(_local_contingency_matrix([0], [0], sparse=True))(counts)
    return counts if eps is None else counts + eps


@_of_contingency(metrics.pair_confusion_matrix)
def pair_confusion_matrix(table: Contingency) -> Array:
    return table.pair_confusion()


@_of_contingency(metrics.rand_score)
def rand_score(table: Contingency) -> float:
    pairs = table.pair_confusion()
    agreeing, all_pairs = pairs.diagonal().sum(), pairs.sum()
    return 1.0 if agreeing == all_pairs or all_pairs == 0 else float(agreeing / all_pairs)


@_of_contingency(metrics.adjusted_rand_score)
def adjusted_rand_score(table: Contingency) -> float:
    (tn, fp), (fn, tp) = table.pair_confusion().tolist()
    if fn == 0 and fp == 0:
        return 1.0
    return float(2.0 * (tp * tn - fn * fp) / ((tp + fn) * (fn + tn) + (tp + fp) * (fp + tn)))


@_of_contingency(metrics.fowlkes_mallows_score)
def fowlkes_mallows_score(table: Contingency, **options: Any) -> float:
    n_samples = table.n_samples
    together = (table.counts**2).sum() - n_samples
    if together == 0:
        return 0.0
    by_cluster = (table.cluster_sizes**2).sum() - n_samples
    by_class = (table.class_sizes**2).sum() - n_samples
    return float(np.sqrt(together / by_cluster) * np.sqrt(together / by_class))


@_of_contingency(metrics.homogeneity_completeness_v_measure)
def homogeneity_completeness_v_measure(
    table: Contingency, beta: float = 1.0
) -> tuple[float, float, float]:
    return _homogeneity_completeness_v(table, beta)


@_of_contingency(metrics.homogeneity_score)
def homogeneity_score(table: Contingency) -> float:
    return _homogeneity_completeness_v(table)[0]


@_of_contingency(metrics.completeness_score)
def completeness_score(table: Contingency) -> float:
    return _homogeneity_completeness_v(table)[1]


@_of_contingency(metrics.v_measure_score)
def v_measure_score(table: Contingency, beta: float = 1.0) -> float:
    return _homogeneity_completeness_v(table, beta)[2]


def _homogeneity_completeness_v(
    table: Contingency, beta: float = 1.0
) -> tuple[float, float, float]:
    class_entropy, cluster_entropy = _entropy(table.class_sizes), _entropy(table.cluster_sizes)
    information = table.mutual_info()
    homogeneity = information / class_entropy if class_entropy else 1.0
    completeness = information / cluster_entropy if cluster_entropy else 1.0
    if homogeneity + completeness == 0.0:
        return homogeneity, completeness, 0.0
    mean = (1 + beta) * homogeneity * completeness / (beta * homogeneity + completeness)
    return homogeneity, completeness, mean


@_of_contingency(metrics.mutual_info_score)
def mutual_info_score(table: Contingency, **options: Any) -> float:
    return table.mutual_info()


@_of_contingency(metrics.normalized_mutual_info_score)
def normalized_mutual_info_score(table: Contingency, average_method: str = "arithmetic") -> float:
    if table.counts.shape == (1, 1):
        return 1.0
    information = table.mutual_info(np.float64)
    return information / _normalizer(table, average_method) if information else 0.0


@_of_contingency(metrics.adjusted_mutual_info_score)
def adjusted_mutual_info_score(table: Contingency, average_method: str = "arithmetic") -> float:
    if table.counts.shape == (1, 1):
        return 1.0
    if 1 in table.counts.shape:
        return 0.0
    expected = supervised.expected_mutual_information(
        sparse.csr_matrix(table.counts), table.n_samples
    )
    normalizer = _normalizer(table, average_method)
    return _away_from_zero(table.mutual_info() - expected) / _away_from_zero(normalizer - expected)


def _normalizer(table: Contingency, average_method: str) -> float:
    entropies = _entropy(table.class_sizes), _entropy(table.cluster_sizes)
    return float(supervised._generalized_average(*entropies, average_method))


def _away_from_zero(difference: float) -> float:
    """Rounding must not decide where information is what is expected, as in a perfect match."""
    eps = float(np.finfo(np.float64).eps)
    return min(difference, -eps) if difference < 0 else max(difference, eps)
