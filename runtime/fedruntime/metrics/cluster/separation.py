"""How well a clustering separates the rows, from sums over the rows of each cluster. What needs
the distance of every pair of rows is refused: such pairs lie at different parties.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from scipy import sparse
from sklearn import metrics
from sklearn.metrics.cluster._unsupervised import check_number_of_labels
from sklearn.metrics.pairwise import pairwise_distances

from fedruntime.caller import where
from fedruntime.cohort import Cohort
from fedruntime.counterpart import counterpart
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels
from fedruntime.metrics.outputs import targets
from fedruntime.operations import Statistics, party_op


@counterpart(metrics.calinski_harabasz_score, "X", "labels")
def calinski_harabasz_score(cohort: Cohort) -> float:
    """``sklearn.metrics.calinski_harabasz_score`` of the pooled rows.

    Revealed are the labels, the size and the mean of each cluster, and the summed squared
    distances from these means.
    """
    clusters, counts, centroids = _centroids(cohort)
    within = cohort.sum(squares_within, clusters=clusters, centroids=centroids)["squares"]
    n_samples, n_labels = counts.sum(), len(clusters)
    mean = counts @ centroids / n_samples
    between = counts @ ((centroids - mean) ** 2).sum(axis=1)
    if within == 0:
        return 1.0
    return float(between * (n_samples - n_labels) / (within * (n_labels - 1.0)))


@counterpart(metrics.davies_bouldin_score, "X", "labels")
def davies_bouldin_score(cohort: Cohort) -> float:
    """``sklearn.metrics.davies_bouldin_score`` of the pooled rows.

    Revealed are the labels, the size and the mean of each cluster, and the mean distance from it.
    """
    clusters, counts, centroids = _centroids(cohort)
    sums = cohort.sum(distances_within, clusters=clusters, centroids=centroids)
    within, between = sums["distances"] / counts, pairwise_distances(centroids)
    if np.allclose(within, 0) or np.allclose(between, 0):
        return 0.0
    between[between == 0] = np.inf
    return float(np.mean(np.max((within[:, np.newaxis] + within) / between, axis=1)))


@counterpart(metrics.silhouette_score, "X", "labels")
def silhouette_score(cohort: Cohort, **options: Any) -> NoReturn:
    """Refused for handles; local data is scikit-learn's business."""
    _refuse_silhouette("silhouette_score")


@counterpart(metrics.silhouette_samples, "X", "labels")
def silhouette_samples(cohort: Cohort, **options: Any) -> NoReturn:
    """Refused for handles; local data is scikit-learn's business."""
    _refuse_silhouette("silhouette_samples")


def _refuse_silhouette(name: str) -> NoReturn:
    raise UnsupportedError(
        f"{where()}{name} needs the distance of every pair of rows, and the rows of a pair may lie "
        "at different parties: use calinski_harabasz_score or davies_bouldin_score, which are "
        "exact from sums"
    )


def _centroids(cohort: Cohort) -> tuple[Array, Array, Array]:
    """The labels that occur, and size and mean of each cluster."""
    if cohort["X"].ndim != 2:
        raise DataError(
            f"{where()}Expected 2D array, got {cohort['X'].ndim}D array instead: X has one row a "
            "sample and one column a feature"
        )
    clusters = cohort.union(cluster_labels)["labels"]
    check_number_of_labels(len(clusters), len(cohort["X"]))
    sums = cohort.sum(cluster_sums, clusters=clusters)
    return clusters, sums["counts"], sums["sums"] / sums["counts"][:, np.newaxis]


@party_op("metrics.cluster_labels", reveals="the distinct labels")
def cluster_labels(labels: Any) -> Statistics:
    """The clusters that occur at a party."""
    return {"labels": np.unique(class_labels(labels, "labels"))}


@party_op("metrics.cluster_sums", counts=("counts",))
def cluster_sums(X: Any, labels: Any, clusters: Array) -> Statistics:
    """Size and sum of the rows of each cluster."""
    rows = targets(X, "X").astype(np.float64)
    codes = np.searchsorted(clusters, class_labels(labels, "labels"))
    shape = len(clusters), len(rows)
    members = sparse.csr_matrix((np.ones(len(rows)), (codes, np.arange(len(rows)))), shape)
    return {"counts": np.bincount(codes, minlength=len(clusters)), "sums": members @ rows}


def _rows_of_clusters(labels: Any, clusters: Array) -> Array:
    codes = np.searchsorted(clusters, class_labels(labels, "labels"))
    return np.bincount(codes, minlength=len(clusters))


@party_op("metrics.squares_within", cells=_rows_of_clusters)
def squares_within(X: Any, labels: Any, clusters: Array, centroids: Array) -> Statistics:
    """Summed squared distances of rows from the means of their clusters."""
    codes = np.searchsorted(clusters, class_labels(labels, "labels"))
    return {"squares": ((targets(X, "X") - centroids[codes]) ** 2).sum()}


@party_op("metrics.distances_within", cells=_rows_of_clusters)
def distances_within(X: Any, labels: Any, clusters: Array, centroids: Array) -> Statistics:
    """Summed distances of the rows of each cluster from its mean."""
    rows = targets(X, "X").astype(np.float64)
    codes = np.searchsorted(clusters, class_labels(labels, "labels"))
    totals = np.zeros(len(clusters))
    for cluster in np.unique(codes):
        own = rows[codes == cluster]
        totals[cluster] = pairwise_distances(own, centroids[[cluster]]).sum()
    return {"distances": totals}
