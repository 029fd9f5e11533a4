"""Lloyd's algorithm over parties: each gives the weight and the sum of its rows in every cluster,
found by scikit-learn's own kernels; the new centres are made of these alone. Several starts run
side by side, so that they share their rounds. Where starts come from is the business of
``seeding``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.cluster._kmeans import (
    _inertia_dense,
    _inertia_sparse,
    _labels_inertia_threadpool_limit,
)
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Relocate = Callable[[Floats, npt.NDArray[np.bool_]], Floats]


@dataclass(frozen=True)
class Clustering:
    """Where one start of Lloyd's algorithm ended.

    Parameters
    ----------
    centers : ndarray of shape (k, p)
    n_iter : int
    inertia : float
        Weighted sum of squared distances to the nearest centre.
    rows : ndarray of shape (k,)
        How many rows lie in each cluster.
    labels : Handle
        The cluster of every row; stays at the parties.
    """

    centers: Floats
    n_iter: int
    inertia: float
    rows: Array
    labels: Handle


def cluster(
    rows: Cohort, starts: Floats, *, tol: float, max_iter: int, relocate: Relocate
) -> Clustering:
    """Run Lloyd's algorithm from every start; the best end is kept, the first of equals.

    scikit-learn stops when no label has changed. Then all sums are the same again, so that no
    centre moves, which meets every tolerance: labels need not be compared.

    Parameters
    ----------
    rows : Cohort
        With ``X`` (dense or CSR), and ``sample_weight`` or none.
    starts : ndarray of shape (s, k, p)
    tol : float
        Absolute: on the sum of squared movements of the centres.
    max_iter : int
    relocate : callable
        Gives new centres when clusters have lost all their rows: ``(centers, empty) -> centers``.
    """
    centers = np.array(starts, dtype=np.float64)
    n_iter = np.zeros(len(centers), dtype=int)
    active = np.arange(len(centers))
    while len(active) and n_iter.max() < max_iter:
        sums = rows.sum(cluster_sums, centers=centers[active])
        n_iter[active] += 1
        moved = np.empty(len(active))
        for number, start in enumerate(active):
            new = _averaged(sums["sum"][number], sums["weight"][number], relocate)
            moved[number] = ((new - centers[start]) ** 2).sum()
            centers[start] = new
        active = active[~(moved <= tol)]
        rows.federation.progress.step(int(n_iter.max()))
    return assign(rows, centers, n_iter)


def assign(rows: Cohort, centers: Floats, n_iter: Array) -> Clustering:
    """The rows' clusters under several sets of centres; the best set is kept."""
    labels = rows.derive(nearest_centers, centers=centers)
    labelled = rows.replace(labels=labels)
    ends = labelled.sum(cluster_inertia, centers=centers)
    best = int(np.argmin(ends["inertia"]))
    return Clustering(
        centers=centers[best],
        n_iter=int(n_iter[best]),
        inertia=float(ends["inertia"][best]),
        rows=ends["rows"][best],
        labels=labelled.derive(one_labelling, number=best),
    )


def _averaged(sums: Floats, weight: Floats, relocate: Relocate) -> Floats:
    """New centres; those of empty clusters are made by ``relocate``."""
    empty = weight == 0
    # As scikit-learn multiplies.
    centers = np.asarray(sums * (1.0 / np.where(empty, 1.0, weight))[:, np.newaxis])
    if empty.any():
        centers[empty] = centers[np.argmax(weight)]
        centers = relocate(centers, empty)
    return centers


def label(X: Any, centers: Floats) -> npt.NDArray[np.int32]:
    """The nearest centre of every row, by scikit-learn's own kernel."""
    if not X.shape[0]:
        return np.empty(0, dtype=np.int32)
    labels = _labels_inertia_threadpool_limit(
        X,
        np.ones(X.shape[0]),
        centers,
        n_threads=_openmp_effective_n_threads(),
        return_inertia=False,
    )
    return np.asarray(labels)


def sum_by_label(X: Any, labels: Array, weight: Floats, size: int) -> Floats:
    """Weighted sums of the rows of every label, of shape (size, p)."""
    rows = len(labels)
    members = sparse.csc_matrix((weight, labels, np.arange(rows + 1)), shape=(size, rows))
    sums = members @ X
    return np.asarray(sums.toarray() if sparse.issparse(sums) else sums)


def weight_by_label(labels: Array, weight: Floats, size: int) -> Floats:
    """Sums of weights of every label, of shape (size,)."""
    return np.bincount(labels, weight, minlength=size).astype(np.float64, copy=False)


def weights_of(X: Any, sample_weight: Floats | None) -> Floats:
    return np.ones(X.shape[0]) if sample_weight is None else sample_weight


@row_op("cluster.centred")
def centred(X: Any, mean: Floats) -> Any:
    """Dense rows about a mean; sparse rows as they are, in the index type of the kernels."""
    if not sparse.issparse(X):
        return X - mean
    indices, pointers = (given.astype(np.int32, copy=False) for given in (X.indices, X.indptr))
    return sparse.csr_matrix((X.data, indices, pointers), shape=X.shape)


@party_op("cluster.sums", counts=("weight",))
def cluster_sums(X: Any, centers: Floats, sample_weight: Floats | None = None) -> Statistics:
    """Weight and weighted sum of the rows nearest to every centre, for each of several starts."""
    X, weight = _counting(X, weights_of(X, sample_weight))
    found = [label(X, start) for start in centers]
    size = centers.shape[1]
    return {
        "weight": np.array([weight_by_label(each, weight, size) for each in found]),
        "sum": np.array([sum_by_label(X, each, weight, size) for each in found]),
    }


def _counting(X: Any, weight: Floats) -> tuple[Any, Floats]:
    """Rows without those of weight zero, where dropping them is cheaper than labelling them."""
    present = weight > 0
    if 2 * np.count_nonzero(present) > len(present):
        return X, weight
    return X[present], weight[present]


@row_op("cluster.nearest")
def nearest_centers(X: Any, centers: Floats) -> npt.NDArray[np.int32]:
    """The nearest centre of every row, one column a start."""
    return np.stack([label(X, start) for start in centers], axis=1)


@row_op("cluster.labelling")
def one_labelling(labels: Array, number: int) -> Array:
    """The labels of one start."""
    return np.ascontiguousarray(labels[:, number])


@party_op("cluster.inertia", counts=("rows",))
def cluster_inertia(
    X: Any, labels: Array, centers: Floats, sample_weight: Floats | None = None
) -> Statistics:
    """Inertia, and number of rows of every cluster, for each of several starts."""
    weight = weights_of(X, sample_weight)
    columns = [np.ascontiguousarray(column) for column in labels.T]
    inertia = [inertia_of(X, weight, *each) for each in zip(centers, columns, strict=True)]
    return {
        "inertia": np.array(inertia),
        "rows": np.array([np.bincount(each, minlength=centers.shape[1]) for each in columns]),
    }


def inertia_of(
    X: Any, weight: Floats, centers: Floats, labels: Array, single_label: int = -1
) -> float:
    """The inertia of all clusters or of one, by scikit-learn's own kernel."""
    kernel = _inertia_sparse if sparse.issparse(X) else _inertia_dense
    threads = _openmp_effective_n_threads()
    return float(kernel(X, weight, centers, labels, threads, single_label=single_label))
