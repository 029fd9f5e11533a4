"""Grown nodes in scikit-learn's order: depth first, or best first with a bound on leaves."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from fedruntime.estimators.tree.criteria import ROWS, WEIGHT, Criterion
from fedruntime.estimators.tree.nodes import NO_NODE, Nodes
from fedruntime.estimators.tree.scikit_tree import NodeTable

Integers = npt.NDArray[np.int64]


def node_order(nodes: Nodes, root: int, max_leaf_nodes: int | None) -> list[int]:
    """The nodes of the tree of a root in scikit-learn's order; those beyond the bound on leaves
    are left out.
    """
    if max_leaf_nodes is None:
        return _depth_first(nodes, root)
    return _best_first(nodes, root, max_leaf_nodes)


def _depth_first(nodes: Nodes, root: int) -> list[int]:
    order, stack = [], [root]
    while stack:
        node = stack.pop()
        order.append(node)
        if nodes.left[node] != NO_NODE:
            stack += [int(nodes.right[node]), int(nodes.left[node])]
    return order


def _best_first(nodes: Nodes, root: int, max_leaf_nodes: int) -> list[int]:
    order, splits = [root], max_leaf_nodes - 1
    due = [(-nodes.improvement[root], 0, root)] if nodes.left[root] != NO_NODE else []
    while due and splits:
        _, _, node = heapq.heappop(due)
        splits -= 1
        for child in (int(nodes.left[node]), int(nodes.right[node])):
            if nodes.left[child] != NO_NODE:
                heapq.heappush(due, (-nodes.improvement[child], len(order), child))
            order.append(child)
    return order


def node_table(nodes: Nodes, order: list[int], criterion: Criterion) -> NodeTable:
    """The nodes in an order, which begins at a root, as those of one tree."""
    chosen = np.array(order)
    number = np.full(len(nodes) + 1, NO_NODE)  # the last stands for no node
    number[chosen] = np.arange(len(chosen))
    left, right = number[nodes.left[chosen]], number[nodes.right[chosen]]
    splits, stats = nodes.splits(chosen), nodes.stats[chosen]
    return NodeTable(
        left=left,
        right=right,
        feature=splits.feature,
        threshold=splits.threshold,
        missing_left=splits.missing_left,
        impurity=nodes.impurity[chosen],
        rows=stats[:, ROWS].astype(np.int64),
        weight=stats[:, WEIGHT],
        value=criterion.value(stats),
        depth=int(nodes.depth[chosen].max()),
    )
