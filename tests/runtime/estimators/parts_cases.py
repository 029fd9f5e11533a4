"""What the tests of models made of others fit, and how they compare with the pooled fit."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
from fitted import differences
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

from fedruntime import FLModel


def classes() -> tuple[Any, Any]:
    """Three classes with names, in random order."""
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(4).permutation(len(y))
    X, y = scale(X)[order] + 0.3, y[order]  # no mean is zero, so that rounding stays relative
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


def two_classes() -> tuple[Any, Any]:
    X, y = classes()
    return X[y != "setosa"], y[y != "setosa"]


def numbers() -> tuple[Any, Any]:
    X, y = load_diabetes(return_X_y=True)
    return X + 0.1, y


def several_labels() -> tuple[Any, Any]:
    """An indicator of three labels, of which a row has any number."""
    X, _ = classes()
    return X, (X[:, :3] > np.median(X[:, :3], axis=0)).astype(int)


def fit_both(model: Any, X: Any, y: Any, deal: Any, **weights: Any) -> tuple[FLModel, Any, Any]:
    """The federated fit, the pooled fit, and what deals rows; parts may be fitted already."""
    dealt = deal(np.arange(len(X)) * 3 // len(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = copy.deepcopy(model).fit(X, y, **weights)
        ours = FLModel(model=copy.deepcopy(model))
        ours.fit(dealt(X), dealt(y), **{name: dealt(given) for name, given in weights.items()})
    return ours, pooled, dealt


def assert_same(ours: FLModel, pooled: Any, bar: float = 1e-9) -> None:
    """All attributes, those of parts included, are those of the pooled model."""
    measured = differences(ours, pooled)
    assert {name: gap for name, gap in measured.items() if gap > bar} == {}
