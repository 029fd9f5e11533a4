"""The nodes of trees on their way: what is known of each, the split that was found, the children.
Nodes are numbered over all trees in the order in which they come to be.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from fedruntime.estimators.tree.criteria import WEIGHT, Criterion

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NO_NODE = -1


@dataclass(frozen=True)
class Splits:
    """Splits of nodes, one entry a split.

    Parameters
    ----------
    slot : ndarray
        Which node, by its position in a list of nodes.
    feature, last_left : ndarray
        Bins up to ``last_left`` go left.
    threshold : ndarray
    missing_left : ndarray
        Whether missing values go left.
    left, right : ndarray
        Statistics of the children.
    """

    slot: Integers
    feature: Integers
    last_left: Integers
    threshold: Floats
    missing_left: Mask
    left: Floats
    right: Floats

    def only(self, chosen: npt.NDArray[np.generic]) -> Splits:
        """Some of them."""
        return Splits(*(getattr(self, field.name)[chosen] for field in fields(self)))


class Nodes:
    """All nodes of some trees.

    Parameters
    ----------
    roots : ndarray of shape (trees,)
    stats : ndarray of shape (trees, columns)
        Of the roots.
    criterion : Criterion

    Attributes
    ----------
    tree, depth : ndarray of shape (nodes,)
    stats : ndarray of shape (nodes, columns)
    impurity : ndarray of shape (nodes,)
    left, right : ndarray of shape (nodes,)
        Children; -1 for none.
    improvement : ndarray of shape (nodes,)
        NaN where no split was found.
    """

    def __init__(self, roots: Integers, stats: Floats, criterion: Criterion) -> None:
        count = len(roots)
        self.tree = np.asarray(roots)
        self.depth = np.zeros(count, dtype=np.int64)
        self.stats = stats
        self.impurity = criterion.impurity(stats)
        self.left = np.full(count, NO_NODE)
        self.right = np.full(count, NO_NODE)
        self.improvement = np.full(count, np.nan)
        self._root_weight = stats[:, WEIGHT]
        # How little the least splits on the way to a node improve, which is when it is due.
        self._due = np.full(count, np.inf)
        self._split = _no_splits(count, stats.shape[1])

    def __len__(self) -> int:
        return len(self.tree)

    def is_split(self, nodes: Integers) -> Mask:
        """Whether a split was found."""
        return np.asarray(~np.isnan(self.improvement[nodes]))

    def share_of_weight(self, nodes: Integers) -> Floats:
        """The weight of nodes as a share of their tree's."""
        return np.asarray(self.stats[nodes, WEIGHT] / self._root_weight[self.tree[nodes]])

    def splits(self, nodes: Integers) -> Splits:
        """The splits that were found for nodes."""
        return self._split.only(nodes)

    def note(self, nodes: Integers, splits: Splits, improvement: Floats) -> None:
        """Keep the splits of nodes."""
        for field in fields(Splits):
            getattr(self._split, field.name)[nodes] = getattr(splits, field.name)
        self.improvement[nodes] = improvement
        self._due[nodes] = np.minimum(self._due[nodes], improvement)

    def among_best(self, nodes: Integers, max_leaf_nodes: int | None) -> Mask:
        """Which of some split nodes are among the ``max_leaf_nodes - 1`` of their tree that a
        best-first builder takes, as far as is known; all without a limit.
        """
        if max_leaf_nodes is None:
            return np.ones(len(nodes), dtype=bool)
        known = np.flatnonzero(~np.isnan(self.improvement))
        order = known[np.lexsort((known, -self._due[known], self.tree[known]))]
        first = np.searchsorted(self.tree[order], np.arange(len(self._root_weight)))
        rank = np.full(len(self), len(self))
        rank[order] = np.arange(len(order)) - first[self.tree[order]]
        return np.asarray(rank[nodes] < max_leaf_nodes - 1)

    def add_children(self, nodes: Integers, criterion: Criterion) -> tuple[Integers, Integers]:
        """New nodes for both sides of the splits of nodes."""
        count, first = len(nodes), len(self)
        left = first + 2 * np.arange(count)
        right = left + 1
        self.left[nodes], self.right[nodes] = left, right
        stats = np.empty((2 * count, self.stats.shape[1]))
        stats[0::2], stats[1::2] = self._split.left[nodes], self._split.right[nodes]
        parent = np.repeat(nodes, 2)
        nothing = np.full(2 * count, NO_NODE)
        self.tree = np.concatenate([self.tree, self.tree[parent]])
        self.depth = np.concatenate([self.depth, self.depth[parent] + 1])
        self.stats = np.concatenate([self.stats, stats])
        self.impurity = np.concatenate([self.impurity, criterion.impurity(stats)])
        self.left = np.concatenate([self.left, nothing])
        self.right = np.concatenate([self.right, nothing])
        self.improvement = np.concatenate([self.improvement, np.full(2 * count, np.nan)])
        self._due = np.concatenate([self._due, self._due[parent]])
        more = _no_splits(2 * count, stats.shape[1])
        self._split = Splits(
            *(
                np.concatenate([getattr(self._split, field.name), getattr(more, field.name)])
                for field in fields(Splits)
            )
        )
        return left, right


def _no_splits(count: int, columns: int) -> Splits:
    return Splits(
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.zeros(count),
        np.zeros(count, dtype=bool),
        np.zeros((count, columns)),
        np.zeros((count, columns)),
    )


def ranges(start: Integers, size: Integers) -> Integers:
    """The numbers of ranges, one after another."""
    ends = np.cumsum(size)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - ends + size, size)
