"""scikit-learn's own ``Tree`` object, made from arrays and taken apart again: the one place that
knows how the installed version lays out its nodes. How trees grow is written in ``growing``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.tree._tree import NODE_DTYPE, Tree

from fedruntime.messages import Public

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_LEAF = -1
_UNDEFINED = -2


@dataclass(frozen=True)
class NodeTable:
    """The nodes of one tree, in the order in which scikit-learn numbers them.

    Parameters
    ----------
    left, right : ndarray of shape (nodes,)
        Numbers of the children; -1 at a leaf.
    feature : ndarray of shape (nodes,)
    threshold : ndarray of shape (nodes,)
    missing_left : ndarray of shape (nodes,)
        Whether missing values go left.
    impurity, rows, weight : ndarray of shape (nodes,)
    value : ndarray of shape (nodes, outputs, classes)
        With one class for regression.
    depth : int
    """

    left: Integers
    right: Integers
    feature: Integers
    threshold: Floats
    missing_left: npt.NDArray[np.bool_]
    impurity: Floats
    rows: Integers
    weight: Floats
    value: Floats
    depth: int


def as_scikit_tree(table: NodeTable, n_features: int) -> Tree:
    """The ``Tree`` that has these nodes.

    Parameters
    ----------
    table : NodeTable
    n_features : int
    """
    leaf = table.left == _LEAF
    nodes = np.zeros(len(leaf), dtype=NODE_DTYPE)
    nodes["left_child"] = table.left
    nodes["right_child"] = table.right
    nodes["feature"] = np.where(leaf, _UNDEFINED, table.feature)
    nodes["threshold"] = np.where(leaf, float(_UNDEFINED), table.threshold)
    nodes["impurity"] = table.impurity
    nodes["n_node_samples"] = table.rows
    nodes["weighted_n_node_samples"] = table.weight
    nodes["missing_go_to_left"] = table.missing_left & ~leaf
    _, n_outputs, n_classes = table.value.shape
    tree = Tree(n_features, np.full(n_outputs, n_classes, dtype=np.intp), n_outputs)
    tree.__setstate__(
        {
            "max_depth": table.depth,
            "node_count": len(nodes),
            "nodes": nodes,
            "values": np.ascontiguousarray(table.value),
        }
    )
    return tree


def with_values(tree: Tree, value: Floats) -> Tree:
    """The same nodes with other values."""
    _, (n_features, n_classes, n_outputs), state = tree.__reduce__()
    changed = Tree(n_features, n_classes, n_outputs)
    changed.__setstate__({**state, "values": np.ascontiguousarray(value, dtype=np.float64)})
    return changed


def as_message(tree: Tree) -> Public:
    """A tree as a value of the message schema."""
    _, (n_features, n_classes, n_outputs), state = tree.__reduce__()
    nodes = state["nodes"]
    return {
        "made": [int(n_features), np.asarray(n_classes), int(n_outputs)],
        "depth": int(state["max_depth"]),
        "nodes": {name: np.ascontiguousarray(nodes[name]) for name in NODE_DTYPE.names},
        "values": state["values"],
    }


def from_message(message: Public) -> Tree:
    """The tree that ``as_message`` wrote down."""
    n_features, n_classes, n_outputs = message["made"]
    columns = message["nodes"]
    nodes = np.zeros(len(columns["feature"]), dtype=NODE_DTYPE)
    for name in NODE_DTYPE.names:
        nodes[name] = columns[name]
    tree = Tree(n_features, np.asarray(n_classes, dtype=np.intp), n_outputs)
    tree.__setstate__(
        {
            "max_depth": message["depth"],
            "node_count": len(nodes),
            "nodes": nodes,
            "values": np.ascontiguousarray(message["values"]),
        }
    )
    return tree
