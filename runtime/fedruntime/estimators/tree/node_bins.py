"""Which bins a node may have rows in: those that its nearest ancestor had when they were counted
last. Only these are asked for, so that a message never grows beyond what its nodes can fill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedruntime.estimators.tree.bins import Bins
from fedruntime.estimators.tree.nodes import Splits, ranges

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Bins of features at nodes, one entry a bin, ordered by key.

    Parameters
    ----------
    nodes : ndarray of shape (s,)
        All nodes that were asked for, ascending.
    node : ndarray
        The position of each cell's node among them.
    feature, bins : ndarray
    rank : ndarray
        Which of the features of its node each one's is.
    stride : int
    """

    nodes: Integers
    node: Integers
    feature: Integers
    bins: Integers
    rank: Integers
    stride: int

    @property
    def keys(self) -> Integers:
        """One number a cell."""
        return (self.rank * len(self.nodes) + self.node) * self.stride + self.bins

    def only(self, chosen: Mask) -> Cells:
        """Some of them."""
        return Cells(
            self.nodes,
            self.node[chosen],
            self.feature[chosen],
            self.bins[chosen],
            self.rank[chosen],
            self.stride,
        )


class NodeBins:
    """The bins that the nodes of growing trees may have.

    Parameters
    ----------
    bins : Bins
    roots : int
        How many nodes there are at first.
    """

    def __init__(self, bins: Bins, roots: int) -> None:
        counts = bins.counts
        self._missing = bins.missing
        self._stride = int(counts.max()) + 1
        self._pool = np.concatenate([np.arange(count) for count in counts])
        self._start = np.tile(np.cumsum(counts) - counts, (roots, 1))
        self._size = np.tile(counts, (roots, 1))

    def constant(self, nodes: Integers) -> Mask:
        """Which features are known to have one bin only, shape (nodes, p)."""
        return np.asarray(self._size[nodes] <= 1)

    def sizes(self, nodes: Integers, features: Integers) -> Integers:
        """How many bins each node has over its features of shape (nodes, k), -1 for none."""
        size = np.take_along_axis(self._size[nodes], np.maximum(features, 0), axis=1)
        return np.asarray(np.where(features >= 0, size, 0).sum(axis=1))

    def ask(self, nodes: Integers, features: Integers) -> Cells:
        """The cells of features of shape (nodes, k), -1 for none, at ascending nodes."""
        rank, node = np.nonzero(features.T >= 0)
        feature = features[node, rank]
        size = self._size[nodes[node], feature]
        bins = self._pool[ranges(self._start[nodes[node], feature], size)]
        parts = (np.repeat(part, size) for part in (node, feature, rank))
        node, feature, rank = parts
        return Cells(nodes, node, feature, bins, rank, self._stride)

    def learn(self, cells: Cells) -> None:
        """Note that of what was asked for, these cells have rows."""
        new = np.flatnonzero(
            np.r_[
                True,
                (cells.rank[1:] != cells.rank[:-1]) | (cells.node[1:] != cells.node[:-1]),
            ]
        )
        node, feature = cells.nodes[cells.node[new]], cells.feature[new]
        self._start[node, feature] = len(self._pool) + new
        self._size[node, feature] = np.diff(np.r_[new, len(cells.bins)])
        self._pool = np.concatenate([self._pool, cells.bins])

    def inherit(self, parents: Integers, left: Integers, right: Integers, splits: Splits) -> None:
        """Let children, numbered one after another, have what their parents have."""
        start, size = self._start[parents], self._size[parents]
        row = np.arange(len(parents))
        first, count = start[row, splits.feature], size[row, splits.feature]
        bins = self._pool[ranges(first, count)]
        low = bins <= np.repeat(splits.last_left, count)
        ends = np.cumsum(count)
        below = np.add.reduceat(low.astype(np.int64), ends - count)
        starts, sizes = np.repeat(start, 2, axis=0), np.repeat(size, 2, axis=0)
        # Missing values have the last bin; if they go left, it is no longer one of a range.
        clean = ~(splits.missing_left & self._missing[splits.feature])
        at_left, at_right = 2 * row[clean], 2 * row[clean] + 1
        feature = splits.feature[clean]
        sizes[at_left, feature] = below[clean]
        starts[at_right, feature] += below[clean]
        sizes[at_right, feature] -= below[clean]
        assert left[0] == len(self._start)
        assert right[-1] == left[0] + len(starts) - 1
        self._start = np.concatenate([self._start, starts])
        self._size = np.concatenate([self._size, sizes])
