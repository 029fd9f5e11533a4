"""``BisectingKMeans``: one cluster after the other is split in two by Lloyd's algorithm, on sample
weights that are zero outside of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import BisectingKMeans
from sklearn.cluster._bisect_k_means import _BisectingTree

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.cluster.clustered_rows import (
    ClusteredRows,
    checked,
    dtype_of,
    negative_inertia,
    refuse_function,
)
from fedruntime.estimators.cluster.lloyd import (
    Clustering,
    cluster,
    cluster_inertia,
    inertia_of,
    label,
    one_labelling,
    weights_of,
)
from fedruntime.estimators.cluster.seeding import LEAST_ROWS, Groups, farthest, starts_from
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class _Leaf:
    """A cluster that may be split.

    Parameters
    ----------
    number : int
        Under which its rows know it.
    groups : Groups
        Public summaries of rows in it, where there are any.
    inertia, rows : float
        Of the cluster.
    """

    number: int
    groups: Groups
    inertia: float
    rows: float


@federated(
    BisectingKMeans,
    Exactness.STATISTICAL,
    "each iteration from summed clusters; each bisection starts from means of at least "
    f"{LEAST_ROWS} rows, or beside the mean of a smaller cluster, as a row would be revealed",
    judge=refuse_function,
    score=negative_inertia,
)
def fit_bisecting_k_means(model: BisectingKMeans, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit by ``n_clusters - 1`` bisections; ``verbose`` and ``copy_x`` have no effect.

    Raises
    ------
    DataError
        If there are fewer rows than clusters.
    """
    model._validate_params()
    checked(model, cohort)
    rows = ClusteredRows(model, cohort, centre=True)
    model._tol = model.tol * rows.variance.mean() if model.tol else 0
    tree = _BisectingTree(center=rows.mean, indices=None, score=0)
    leaf = rows.cohort.derive(first_leaf)
    leaves = {id(tree): _Leaf(0, rows.groups, 0.0, 0.0)}
    numbers = itertools.count(1)
    for _ in range(model.n_clusters - 1):
        node = tree.get_cluster_to_bisect()
        parent = leaves[id(node)]
        found = _bisected(model, rows, node, parent, leaf)
        split = rows.cohort.replace(leaf=leaf, labels=found.labels)
        scores = split.sum(split_scores, number=parent.number, centers=found.centers)
        children = (next(numbers), next(numbers))
        leaf = split.derive(split_leaf, number=parent.number, children=list(children))
        nearest = label(parent.groups.means, found.centers)
        for side, name in enumerate(("left", "right")):
            inertia, count = float(scores["inertia"][side]), float(scores["rows"][side])
            score = inertia if model.bisecting_strategy == "biggest_inertia" else count
            child = _BisectingTree(center=found.centers[side], indices=None, score=score)
            setattr(node, name, child)
            leaves[id(child)] = _Leaf(
                children[side], parent.groups.only(nearest == side), inertia, count
            )
    return _finish(model, rows, leaf, cohort["X"], tree, leaves)


def _bisected(
    model: BisectingKMeans, rows: ClusteredRows, node: Any, parent: _Leaf, leaf: Handle
) -> Clustering:
    """The two halves of a cluster."""
    members = rows.cohort.replace(leaf=leaf)
    weight = members.derive(member_weights, number=parent.number)
    groups = parent.groups
    if not len(groups.means):
        # Too small a cluster for a group of its own: its mean is public as a centre already.
        groups = replace(
            groups,
            means=np.asarray(node.center)[np.newaxis],
            weights=np.array([max(parent.rows, 1.0)]),
            inertia=np.array([parent.inertia]),
            rows=np.array([int(parent.rows)]),
        )

    def relocate(centers: Floats, empty: npt.NDArray[np.bool_]) -> Floats:
        found = farthest(groups, centers[~empty], int(empty.sum()))
        centers[np.flatnonzero(empty)[: len(found)]] = found
        return centers

    starts = [starts_from(groups, 2, model.init, rows.random_state) for _ in range(model.n_init)]
    return cluster(
        rows.cohort.replace(sample_weight=weight),
        np.stack(starts),
        tol=model.tol,
        max_iter=model.max_iter,
        relocate=relocate,
    )


def _finish(
    model: BisectingKMeans,
    rows: ClusteredRows,
    leaf: Handle,
    X: Handle,
    tree: Any,
    leaves: Mapping[int, _Leaf],
) -> Mapping[str, Handle]:
    """Set the fitted attributes, in the order of the tree's leaves."""
    ends = list(tree.iter_leaves())
    order = np.zeros(2 * model.n_clusters, dtype=np.int32)
    order[[leaves[id(end)].number for end in ends]] = np.arange(len(ends))
    centers = np.array([end.center for end in ends])
    labels = rows.cohort.replace(leaf=leaf).derive(leaf_labels, order=order)
    labelled = rows.cohort.replace(labels=labels)
    model.inertia_ = float(labelled.sum(cluster_inertia, centers=centers[np.newaxis])["inertia"][0])
    dtype = dtype_of(X)
    model.cluster_centers_ = (centers + rows.moved_by).astype(dtype)
    model._n_features_out = model.n_clusters
    if X.facts.kind != "sparse":
        model._X_mean = rows.moved_by.astype(dtype)
    for number, end in enumerate(ends):
        end.label = number
    _convert(tree, dtype)
    model._bisecting_tree = tree
    return {"labels_": labelled.derive(one_labelling, number=0)}


def _convert(node: Any, dtype: Any) -> None:
    node.center = np.asarray(node.center, dtype=dtype)
    if node.left is not None:
        _convert(node.left, dtype)
        _convert(node.right, dtype)


@row_op("bisecting.first")
def first_leaf(X: Any) -> Labels:
    """All rows in one cluster."""
    return np.zeros(X.shape[0], dtype=np.int32)


@row_op("bisecting.members")
def member_weights(
    X: Any, leaf: Labels, number: int, sample_weight: Floats | None = None
) -> Floats:
    """Sample weights of the rows of one cluster; zero for all others."""
    return np.where(leaf == number, weights_of(X, sample_weight), 0.0)


@row_op("bisecting.split")
def split_leaf(leaf: Labels, labels: Labels, number: int, children: list[int]) -> Labels:
    """The rows of one cluster go to the two that it was split into."""
    halves = np.asarray(children, dtype=np.int32)[labels]
    return np.where(leaf == number, halves, leaf)


@row_op("bisecting.labels")
def leaf_labels(leaf: Labels, order: Labels) -> Labels:
    """Labels in the order of the leaves, as the only column."""
    return np.asarray(order[leaf][:, np.newaxis])


@party_op("bisecting.scores", counts=("rows",))
def split_scores(
    X: Any,
    leaf: Labels,
    labels: Labels,
    number: int,
    centers: Floats,
    sample_weight: Floats | None = None,
) -> Statistics:
    """Inertia and number of rows of the two halves of a cluster."""
    weight = member_weights(X, leaf, number, sample_weight)
    halves = [inertia_of(X, weight, centers, labels, single_label=half) for half in (0, 1)]
    return {
        "inertia": np.array(halves),
        "rows": np.bincount(labels[leaf == number], minlength=2),
    }
