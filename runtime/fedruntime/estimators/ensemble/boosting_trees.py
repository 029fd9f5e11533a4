"""scikit-learn's own tree grower on histograms that are summed over the parties.

``TreeGrower`` is written against rows in memory. Here its nodes know how many rows they have, its
histograms come from the parties, and all it decides is decided by its own code. This is the one
place that depends on how the installed version grows trees.

A round asks for the histograms of the split that is due and, beforehand, for those of the open
nodes that are likely to be split next, so that rounds are fewer than splits. What the parties are
asked for beyond need depends on the sums alone, and never changes the tree.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble._hist_gradient_boosting.common import HISTOGRAM_DTYPE
from sklearn.ensemble._hist_gradient_boosting.grower import TreeGrower
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.ensemble.boosting_nodes import node_histograms, node_numbers
from fedruntime.messages import Array

_ROOT = 0
_ROUNDS_A_NUMBERING = 4


@dataclass(frozen=True)
class NodeRows:
    """The rows of a node, which lie at the parties: in the grower, in the place of their indices.

    Parameters
    ----------
    number : int
        By which the parties know the node.
    count : int
    """

    number: int
    count: int

    @property
    def shape(self) -> tuple[int]:
        return (self.count,)


@dataclass(frozen=True)
class Gradients:
    """Where the gradients of a tree are found.

    Parameters
    ----------
    rows : Cohort
        ``X`` binned and ``gradients``.
    tree, hessians : int
        Columns of ``gradients``; a negative one means constant Hessians.
    bins : ndarray of shape (p, n_bins)
        Whether a bin of a feature is in use.
    """

    rows: Cohort
    tree: int
    hessians: int
    bins: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """A split of a node as the parties are told of it.

    Parameters
    ----------
    parent, feature, left, right : int
        Numbers of nodes, and of the feature.
    left_bins : ndarray of shape (8,)
        The bins of the feature that go left, as a set of bits.
    """

    parent: int
    feature: int
    left: int
    right: int
    left_bins: npt.NDArray[np.uint32]


class NodeSums:
    """The histograms of the nodes of one tree, summed over the parties.

    Parties are told of splits with what is asked of them, and number their rows' nodes anew once
    there have been a few such rounds.

    Parameters
    ----------
    gradients : Gradients
    """

    def __init__(self, gradients: Gradients) -> None:
        self._gradients = gradients
        self._children: dict[int, tuple[NodeRows, NodeRows]] = {}
        self._nodes: Handle | None = None  # the nodes of rows, but for the splits below
        self._splits: list[Split] = []
        self._rounds = 0
        self._fetched: dict[int, Any] = {}

    def split(self, node: NodeRows, split: Any) -> tuple[NodeRows, NodeRows]:
        """The children of a node under scikit-learn's split of it."""
        if node.number not in self._children:
            number = 2 * len(self._children) + 1
            left = NodeRows(number, split.n_samples_left)
            right = NodeRows(number + 1, split.n_samples_right)
            self._children[node.number] = left, right
            bins = _bins_that_go_left(split, self._gradients.bins.shape[1])
            self._splits.append(
                Split(node.number, split.feature_idx, left.number, right.number, bins)
            )
        return self._children[node.number]

    def is_split(self, node: NodeRows) -> bool:
        """Whether the children of a node have numbers."""
        return node.number in self._children

    def has(self, node: NodeRows) -> bool:
        """Whether the histograms of a node have been fetched and not taken."""
        return node.number in self._fetched

    def take(self, node: NodeRows) -> Any:
        """The histograms of a node, once."""
        return self._fetched.pop(node.number)

    def put_back(self, node: NodeRows, histograms: Any) -> None:
        """Let the histograms of a node be taken once more."""
        self._fetched[node.number] = histograms

    def fetch(self, wanted: Iterable[tuple[NodeRows, Any]]) -> None:
        """Ask the parties for the histograms of nodes, each of all features or of some."""
        asked = list(wanted)
        used = [self._used(features) for _, features in asked]
        if self._rounds == _ROUNDS_A_NUMBERING:
            self._number_nodes()
        self._rounds += 1
        numbers = [node.number for node, _ in asked]
        sums = self._gradients.rows.replace(nodes=self._nodes).sum(
            node_histograms,
            splits=_as_arrays(self._way_to(numbers)),
            wanted=np.array(numbers),
            used=used,
            tree=self._gradients.tree,
            hessians=self._gradients.hessians,
        )
        start = 0
        for number, mask in zip(numbers, used, strict=True):
            histograms = np.zeros(mask.shape, dtype=HISTOGRAM_DTYPE)
            part = slice(start, start := start + np.count_nonzero(mask))
            histograms["sum_gradients"][mask] = sums["gradients"][part]
            histograms["count"][mask] = sums["counts"][part]
            if "hessians" in sums:
                histograms["sum_hessians"][mask] = sums["hessians"][part]
            self._fetched[number] = histograms

    def _used(self, features: Any) -> npt.NDArray[np.bool_]:
        if features is None:
            return self._gradients.bins
        used = np.zeros_like(self._gradients.bins)
        used[features] = self._gradients.bins[features]
        return used

    def _way_to(self, numbers: Iterable[int]) -> list[Split]:
        """The splits that led to nodes since the parties numbered theirs, in their order."""
        made_by = {child: split for split in self._splits for child in (split.left, split.right)}
        parents = set()
        for number in numbers:
            while number in made_by:
                number = made_by[number].parent
                parents.add(number)
        return [split for split in self._splits if split.parent in parents]

    def _number_nodes(self) -> None:
        rows = self._gradients.rows.replace(nodes=self._nodes)
        self._nodes = rows.derive(node_numbers, splits=_as_arrays(self._splits))
        self._splits, self._rounds = [], 0


def _as_arrays(splits: list[Split]) -> dict[str, Array]:
    return {
        "parents": np.array([split.parent for split in splits], dtype=np.int32),
        "features": np.array([split.feature for split in splits], dtype=np.int32),
        "left": np.array([split.left for split in splits], dtype=np.int32),
        "right": np.array([split.right for split in splits], dtype=np.int32),
        "left_bins": np.array([split.left_bins for split in splits], dtype=np.uint32),
    }


class SummedGrower(TreeGrower):  # type: ignore[misc]
    """A grower of one tree on summed histograms.

    Parameters
    ----------
    gradients : Gradients
    **options
        Those of ``TreeGrower``, but for its arrays.
    """

    X_binned: Any
    splitter: Any
    histogram_builder: Any

    def __init__(self, gradients: Gradients, **options: Any) -> None:
        self._sums = NodeSums(gradients)
        self._everything = NodeRows(_ROOT, gradients.rows.n_samples)
        constant = gradients.hessians < 0
        super().__init__(
            X_binned=np.zeros((2, gradients.bins.shape[0]), dtype=np.uint8, order="F"),
            gradients=np.zeros(2, dtype=np.float32),
            hessians=np.ones(1 if constant else 2, dtype=np.float32),
            n_threads=_openmp_effective_n_threads(),
            **options,
        )

    def _initialize_root(self, *of_rows: Any) -> None:
        self.X_binned = self._everything  # whose number of rows is all that is asked for
        self.splitter = _SplitterOfNodes(self.splitter, self._sums, self._everything)
        self.histogram_builder = _HistogramsOfNodes(self.histogram_builder, self)
        if not of_rows:
            super()._initialize_root()
            return
        # Up to scikit-learn 1.5, the gradients of all rows are added up; here, their sums are.
        features = None
        if self.interaction_cst is not None:
            features = np.array(sorted(set().union(*self.interaction_cst)))
        histograms = self.histograms_of(self._everything, features)
        self._sums.put_back(self._everything, histograms)
        total = histograms[0 if features is None else features[0]]
        constant = self.histogram_builder.hessians_are_constant
        hessians = np.ones(1) if constant else total["sum_hessians"].copy()
        super()._initialize_root(total["sum_gradients"].copy(), hessians)

    def histograms_of(self, node: NodeRows, features: Any) -> Any:
        """The histograms of a node that is due, asked for with those of nodes likely to be next."""
        if not self._sums.has(node):
            self._sums.fetch([(node, features), *self._likely()])
        return self._sums.take(node)

    def _likely(self) -> Iterable[tuple[NodeRows, Any]]:
        """The smaller children of the best open nodes, as many as may still be split."""
        for node in self._best_open_nodes():
            rows = node.sample_indices
            if self._sums.is_split(rows) or node.depth + 1 == self.max_depth:
                continue
            split = node.split_info
            if max(split.n_samples_left, split.n_samples_right) < 2 * self.min_samples_leaf:
                continue  # both children are leaves
            left, right = self._sums.split(rows, split)
            constrained = self.interaction_cst is not None
            features = self._compute_interactions(node)[0] if constrained else None
            yield (left if left.count < right.count else right), features

    def _best_open_nodes(self) -> list[Any]:
        if self.max_leaf_nodes is None:
            return list(self.splittable_nodes)
        # The node that is being split is not open any more, and becomes two.
        leaves = len(self.finalized_leaves) + len(self.splittable_nodes) + 2
        return heapq.nsmallest(self.max_leaf_nodes - leaves, self.splittable_nodes)


class _SplitterOfNodes:
    """scikit-learn's splitter, which finds splits, with nodes in the place of row indices."""

    def __init__(self, splitter: Any, sums: NodeSums, everything: NodeRows) -> None:
        self._sums = sums
        self.partition = everything
        self.min_hessian_to_split = splitter.min_hessian_to_split
        self.find_node_split = splitter.find_node_split

    def split_indices(self, split: Any, node: NodeRows) -> tuple[NodeRows, NodeRows, int]:
        left, right = self._sums.split(node, split)
        return left, right, left.count


class _HistogramsOfNodes:
    """scikit-learn's histogram builder, which subtracts, with sums from the parties."""

    def __init__(self, builder: Any, grower: SummedGrower) -> None:
        self._grower = grower
        self.hessians_are_constant = builder.hessians_are_constant
        self.hessians = builder.hessians
        self.compute_histograms_subtraction = builder.compute_histograms_subtraction

    def compute_histograms_brute(self, node: NodeRows, allowed_features: Any = None) -> Any:
        return self._grower.histograms_of(node, allowed_features)


def _bins_that_go_left(split: Any, n_bins: int) -> npt.NDArray[np.uint32]:
    """As ``sample_goes_left`` of scikit-learn's splitter has it; the last bin is that of NaN."""
    if split.is_categorical:
        return np.asarray(split.left_cat_bitset, dtype=np.uint32)
    goes_left = np.zeros(256, dtype=bool)
    goes_left[: split.bin_idx + 1] = True
    goes_left[n_bins - 1] |= bool(split.missing_go_to_left)
    return np.packbits(goes_left, bitorder="little").view("<u4").astype(np.uint32)
