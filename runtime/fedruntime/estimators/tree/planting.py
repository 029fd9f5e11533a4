"""Putting grown nodes into scikit-learn's tree estimators, of which everything else is set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fedruntime.estimators.tree.finished import node_order, node_table
from fedruntime.estimators.tree.growing import Task, grow
from fedruntime.estimators.tree.parameters import rules_of
from fedruntime.estimators.tree.scikit_tree import as_scikit_tree


def grow_trees(
    trees: Sequence[Any], task: Task, generators: Sequence[np.random.RandomState]
) -> None:
    """Grow some trees with equal parameters side by side, and prune them if they say so.

    Parameters
    ----------
    trees : sequence of estimator
        That an example was fitted to, see ``parameters.fit_example``.
    task : Task
    generators : sequence of RandomState
        One a tree.
    """
    rules = rules_of(trees[0], task.cohort.n_samples)
    nodes = grow(task, rules, generators)
    for root, tree in enumerate(trees):
        order = node_order(nodes, root, rules.max_leaf_nodes)
        table = node_table(nodes, order, task.criterion)
        tree.tree_ = as_scikit_tree(table, tree.n_features_in_)
        tree._prune_tree()
