"""Growing trees from summed statistics: many trees at once, all open nodes of all trees a round, so
that the rounds are as many as the deepest tree has levels.

Which splits are tried, which is best and when a node stays a leaf follows
``sklearn.tree._splitter`` and ``sklearn.tree._tree``. What a split is worth is written in
``criteria``, what parties count in ``histograms``, the order of nodes in ``finished``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedruntime.cohort import Cohort
from fedruntime.estimators.tree.bins import Bins
from fedruntime.estimators.tree.criteria import (
    EPSILON,
    ROWS,
    WEIGHT,
    Criterion,
)
from fedruntime.estimators.tree.histograms import (
    node_histograms,
    node_totals,
    route,
    start_at_roots,
)
from fedruntime.estimators.tree.node_bins import NodeBins
from fedruntime.estimators.tree.nodes import Nodes, Splits
from fedruntime.estimators.tree.splitting import Histogram, Rules, best_splits

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_LARGEST_MESSAGE = 2**20  # numbers


@dataclass(frozen=True)
class Task:
    """Rows that trees are grown on.

    Parameters
    ----------
    cohort : Cohort
        ``X`` bin numbers, ``y`` class codes or moments, ``weight`` a matrix or none.
    bins : Bins
    criterion : Criterion
    n_classes : int
        Zero for moments.
    """

    cohort: Cohort
    bins: Bins
    criterion: Criterion
    n_classes: int


def grow(task: Task, rules: Rules, generators: Sequence[np.random.RandomState]) -> Nodes:
    """The nodes of one tree a generator; the roots come first.

    Parameters
    ----------
    task : Task
    rules : Rules
    generators : sequence of RandomState
        For the order in which features are tried, and for random thresholds.
    """
    return _Growth(task, rules, generators).run()


class _Growth:
    """Trees on their way."""

    def __init__(
        self, task: Task, rules: Rules, generators: Sequence[np.random.RandomState]
    ) -> None:
        self._task = task
        self._rules = rules
        self._generators = generators
        roots = np.arange(len(generators))
        self._rows = task.cohort.derive(start_at_roots, roots=roots)
        stats = self._stats(
            task.cohort.sum(node_totals, nodes=self._rows, n_classes=task.n_classes, opened=roots),
            len(roots),
        )
        self._nodes = Nodes(roots, stats, task.criterion)
        self._known = NodeBins(task.bins, len(roots))
        self._min_weight = rules.min_weight_fraction_leaf * stats[:, WEIGHT]

    def run(self) -> Nodes:
        opened = self._worth_splitting(np.arange(len(self._generators)))
        waiting = np.empty(0, dtype=np.int64)  # best first: split, but not worth it so far
        while len(opened):
            self._split(opened)
            waiting = np.concatenate([waiting, opened[self._nodes.is_split(opened)]])
            chosen = self._nodes.among_best(waiting, self._rules.max_leaf_nodes)
            split = np.sort(waiting[chosen])
            waiting = waiting[~chosen]
            opened = self._worth_splitting(self._expand(split))
            if len(opened):
                self._route(split)
        return self._nodes

    def _worth_splitting(self, nodes: Integers) -> Integers:
        """The nodes that do not stay leaves before any split of theirs is looked at."""
        rules, stats = self._rules, self._nodes.stats[nodes]
        least = self._min_weight[self._nodes.tree[nodes]]
        stays = (
            (self._nodes.depth[nodes] >= rules.max_depth)
            | (stats[:, ROWS] < rules.min_samples_split)
            | (stats[:, ROWS] < 2 * rules.min_samples_leaf)
            | (stats[:, WEIGHT] < 2 * least)
            | self._task.criterion.is_pure(stats)
        )
        return nodes[~stays]

    def _split(self, opened: Integers) -> None:
        """Find the best split of each node, if there is one."""
        orders = [
            self._generators[tree].permutation(len(self._task.bins.counts))
            for tree in self._nodes.tree[opened]
        ]
        order = np.array(orders, dtype=np.int64)
        tried = np.zeros(len(opened), dtype=np.int64)
        left = np.arange(len(opened))
        while len(left):
            features, tried[left] = self._draw(opened[left], order[left], tried[left])
            found = [
                self._search(opened[left[chunk]], features[chunk])
                for chunk in self._chunks(opened[left], features)
            ]
            # Where all features that were tried are constant, others are.
            constant = np.concatenate(found)
            left = left[constant & (tried[left] < order.shape[1])]

    def _draw(self, nodes: Integers, order: Integers, tried: Integers) -> tuple[Integers, Integers]:
        """The next features to try at each node, -1 for none, and how many that makes.

        At first ``max_features``; after these turned out to be constant, up to the next that is
        not known to be so.
        """
        constant = self._known.constant(nodes)
        rank = np.arange(order.shape[1])
        useful = ~np.take_along_axis(constant, order, axis=1)
        seen = np.cumsum(useful & (rank >= tried[:, np.newaxis]), axis=1)
        first = np.argmax(seen > 0, axis=1)
        none = seen[:, -1] == 0
        reach = np.maximum(np.where(tried == 0, self._rules.max_features, 0), first + 1)
        reach = np.where(none, order.shape[1], reach)
        wanted = useful & (rank >= tried[:, np.newaxis]) & (rank < reach[:, np.newaxis])
        features = np.where(wanted, order, -1)
        if self._rules.max_features < order.shape[1]:
            # The asked ones first, so that few columns remain.
            place = np.argsort(~wanted, axis=1, kind="stable")
            width = max(1, int(wanted.sum(axis=1).max()))
            features = np.take_along_axis(features, place[:, :width], axis=1)
        return features, reach

    def _chunks(self, nodes: Integers, features: Integers) -> list[slice]:
        """Nodes in parts whose histograms make messages of bounded size."""
        columns = self._nodes.stats.shape[1]
        size = self._known.sizes(nodes, features) * columns
        part = (np.cumsum(size) - size) // _LARGEST_MESSAGE
        starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
        return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(nodes)], strict=True)]

    def _search(self, nodes: Integers, features: Integers) -> npt.NDArray[np.bool_]:
        """Find the best split of nodes over some features; whether these are all constant."""
        order = np.argsort(nodes)  # parties look nodes up by number
        nodes, features = nodes[order], features[order]
        asked = self._known.ask(nodes, features)
        if not len(asked.keys):
            return np.ones(len(nodes), dtype=bool)
        task = self._task
        sums = task.cohort.sum(
            node_histograms,
            nodes=self._rows,
            n_classes=task.n_classes,
            opened=nodes,
            features=np.ascontiguousarray(features.T),
            keys=asked.keys,
            stride=asked.stride,
        )
        stats = self._stats(sums, len(asked.keys))
        there = stats[:, ROWS] > 0
        cells = asked.only(there)
        self._known.learn(cells)
        histogram = Histogram(
            cells.node, cells.feature, cells.bins, cells.rank, stats[there], len(nodes)
        )
        varied = np.zeros(len(nodes), dtype=bool)
        found = best_splits(
            histogram,
            task.bins,
            task.criterion,
            self._rules,
            self._min_weight[self._nodes.tree[nodes]],
            [self._generators[tree] for tree in self._nodes.tree[nodes]],
            varied,
        )
        self._note(nodes, found)
        constant = np.empty(len(nodes), dtype=bool)
        constant[order] = ~varied
        return constant

    def _note(self, nodes: Integers, found: Splits) -> None:
        """Keep the splits that lower the impurity enough."""
        share = self._nodes.share_of_weight(nodes[found.slot])
        improvement = share * self._task.criterion.improvement(found.left, found.right)
        enough = improvement + EPSILON >= self._rules.min_impurity_decrease
        self._nodes.note(nodes[found.slot[enough]], found.only(enough), improvement[enough])

    def _expand(self, nodes: Integers) -> Integers:
        """Give ascending nodes their children."""
        if not len(nodes):
            return nodes
        splits = self._nodes.splits(nodes)
        left, right = self._nodes.add_children(nodes, self._task.criterion)
        self._known.inherit(nodes, left, right, splits)
        return np.concatenate([left, right])

    def _route(self, nodes: Integers) -> None:
        """Send the rows of nodes to their children."""
        splits = self._nodes.splits(nodes)
        self._rows = self._task.cohort.derive(
            route,
            nodes=self._rows,
            opened=nodes,
            feature=splits.feature,
            last_left=splits.last_left,
            missing_left=self._task.bins.of_missing(splits.feature, splits.missing_left),
            left=self._nodes.left[nodes],
            right=self._nodes.right[nodes],
        )

    def _stats(self, sums: dict[str, npt.NDArray[np.generic]], size: int) -> Floats:
        """Statistics as ``criteria`` takes them."""
        moments = np.asarray(sums["moments"], dtype=np.float64).reshape(size, -1)
        weight = moments.sum(axis=1) if self._task.n_classes else sums.get("weight", sums["rows"])
        rows = sums.get("rows", weight)
        return np.column_stack([rows, weight, moments])
