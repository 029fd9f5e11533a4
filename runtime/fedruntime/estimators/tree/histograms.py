"""What parties count for trees that grow: the statistics of open nodes by bin, and the way of rows
from node to node. Which nodes are open and how they are split is the coordinator's business.

Every row has one node a tree, -1 where the tree does not count it. Many trees grow at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Nodes = npt.NDArray[np.int32]


@row_op("tree.roots")
def start_at_roots(y: Floats, weight: Any, roots: Integers) -> Nodes:
    """Every row at the root of every tree; rows of weight zero at none."""
    nodes = np.broadcast_to(roots, (len(y), len(roots)))
    counted = True if weight is None else weight != 0
    started: Nodes = np.where(counted, nodes, -1).astype(np.int32)
    return started


@row_op("tree.route")
def route(
    X: Any,
    nodes: Nodes,
    opened: Integers,
    feature: Integers,
    last_left: Integers,
    missing_left: Integers,
    left: Integers,
    right: Integers,
) -> Nodes:
    """Rows of split nodes at their children.

    A row goes left if its bin is at most ``last_left``, or is ``missing_left``.
    """
    moved: Nodes = nodes.copy()
    rows, trees, slot = _at(nodes, opened)
    bins = X[rows, feature[slot]]
    goes_left = (bins <= last_left[slot]) | (bins == missing_left[slot])
    moved[rows, trees] = np.where(goes_left, left[slot], right[slot])
    return moved


@party_op("tree.totals", counts=("rows",))
def node_totals(
    y: Floats, nodes: Nodes, weight: Any, n_classes: int, opened: Integers
) -> Statistics:
    """The statistics of nodes."""
    rows, trees, slot = _at(nodes, opened)
    return _Summary(y, weight, n_classes).sums([(rows, trees, slot)], [len(opened)])


@party_op("tree.histograms", counts=("rows",))
def node_histograms(
    X: Any,
    y: Floats,
    nodes: Nodes,
    weight: Any,
    n_classes: int,
    opened: Integers,
    features: Integers,
    keys: Integers,
    stride: int,
) -> Statistics:
    """The statistics of the bins of features at nodes.

    Parameters
    ----------
    X : ndarray of shape (rows, p)
        Bin numbers.
    y : ndarray of shape (rows,) or (rows, trees, moments)
        Class codes, or moments of a row of unit weight.
    nodes : ndarray of shape (rows, trees)
    weight : None, or ndarray of shape (rows, 1) or (rows, trees)
    n_classes : int
        Zero for moments.
    opened : ndarray of shape (s,)
        Ascending.
    features : ndarray of shape (k, s)
        Which features are asked for at each node; -1 for none.
    keys : ndarray
        ``(j * s + slot) * stride + bin`` for all bins that a node may have of its ``j``-th feature,
        ascending.
    stride : int
    """
    rows, trees, slot = _at(nodes, opened)
    edges = np.searchsorted(keys, np.arange(len(features) + 1) * len(opened) * stride)
    parts = []
    for number, asked in enumerate(features):
        feature = asked[slot]
        there = feature >= 0
        every = bool(there.all())
        row, tree, at = (rows, trees, slot) if every else (rows[there], trees[there], slot[there])
        bins = X[row, feature if every else feature[there]].astype(np.int64)
        own = keys[edges[number] : edges[number + 1]]
        wanted = (number * len(opened) + at) * stride + bins
        parts.append((row, tree, np.searchsorted(own, wanted)))
    return _Summary(y, weight, n_classes).sums(parts, np.diff(edges).tolist())


class _Summary:
    """Adds up the statistics of rows, cell by cell."""

    def __init__(self, y: Floats, weight: Any, n_classes: int) -> None:
        self._y = y
        self._weight = weight
        self._n_classes = n_classes

    def sums(
        self, parts: list[tuple[Integers, Integers, Integers]], sizes: list[int]
    ) -> Statistics:
        """The statistics of the cells of all parts, one after another.

        Without weights, ``rows`` are all there is to know of the weight.
        """
        found = [
            self._part(rows, trees, cells, size)
            for (rows, trees, cells), size in zip(parts, sizes, strict=True)
        ]
        return {name: np.concatenate([part[name].ravel() for part in found]) for name in found[0]}

    def _part(self, rows: Integers, trees: Integers, cells: Integers, size: int) -> Statistics:
        y, weight = self._y, None
        if self._weight is not None:
            weight = self._weight[rows, trees % self._weight.shape[1]]
        if self._n_classes:
            inner = cells * self._n_classes + y[rows].astype(np.int64)
            size *= self._n_classes
            sums = {"moments": _counted(inner, weight, size)}
            if weight is not None:
                sums["rows"] = np.bincount(cells, minlength=size // self._n_classes)
            return sums
        sums = {"rows": np.bincount(cells, minlength=size)}
        if weight is not None:
            sums["weight"] = _counted(cells, weight, size)
        moments = y[rows, trees % y.shape[1]]
        sums["moments"] = np.stack(
            [
                np.bincount(cells, column if weight is None else column * weight, minlength=size)
                for column in moments.T
            ],
            axis=1,
        ).astype(np.float64)
        return sums


def _counted(cells: Integers, weight: Any, size: int) -> npt.NDArray[Any]:
    # Whole weights, such as those of a bootstrap sample, stay integers.
    whole = weight is None or weight.dtype.kind in "iu"
    return np.bincount(cells, weight, minlength=size).astype(np.int64 if whole else np.float64)


def _at(nodes: Nodes, opened: Integers) -> tuple[Integers, Integers, Integers]:
    """Rows and trees at open nodes, and the position of the node among these."""
    first = int(opened[0])
    slots = np.full(int(opened[-1]) - first + 2, -1, dtype=np.int64)
    slots[opened - first] = np.arange(len(opened))
    inside = (nodes >= first) & (nodes <= opened[-1])
    slot = slots[np.where(inside, nodes - first, -1)]
    rows, trees = np.nonzero(slot >= 0)
    return rows, trees, slot[rows, trees]
