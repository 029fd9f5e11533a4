"""Data whose values repeat, so that trees are split exactly as in scikit-learn, and comparisons of
fitted trees.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from fedruntime import FLModel


def repeating(rows: int = 240, columns: int = 5) -> tuple[Any, Any, Any]:
    """A table of tenths, labels with some noise, and numbers."""
    rng = np.random.default_rng(11)
    X = rng.normal(size=(rows, columns)).round(1)
    score = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(scale=0.3, size=rows)
    labels = np.array(["low", "middle", "high"])[np.digitize(score, [-0.5, 0.7])]
    return X, labels, score


def smooth(rows: int = 300) -> tuple[Any, Any]:
    """A table whose values do not repeat, and numbers."""
    rng = np.random.default_rng(12)
    X = rng.normal(size=(rows, 4))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] + rng.normal(scale=0.2, size=rows)


def fit_over_parties(model: Any, deal: Any, X: Any, y: Any = None, **weights: Any) -> Any:
    """A clone of a model fitted over three parties, as scikit-learn's own object."""
    dealt = deal(np.arange(X.shape[0]) % 3)
    given = {name: dealt(values) for name, values in weights.items()}
    return FLModel(model=clone(model)).fit(dealt(X), dealt(y), **given).to_sklearn()


def shape(tree: Any) -> tuple[int, int]:
    """Depth and number of leaves."""
    return tree.get_depth(), int(tree.get_n_leaves())


def pooled_twin_of(ours: Any, model: Any, X: Any, y: Any) -> Any:
    """The pooled tree of the seed that breaks ties between equally good splits as ours does."""
    pooled = [clone(model).set_params(random_state=seed).fit(X, y) for seed in range(12)]
    same = [tree for tree in pooled if same_splits(ours, tree)]
    assert same, "no seed of scikit-learn gives this tree"
    return same[0]


def same_splits(one: Any, other: Any) -> bool:
    """Whether two trees have the same features at the same nodes."""
    return bool(np.array_equal(one.tree_.feature, other.tree_.feature))
