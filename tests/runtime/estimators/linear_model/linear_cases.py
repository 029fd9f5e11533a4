"""Pooled data sets, layouts and the comparison that all linear estimators are tested with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.base import clone
from sklearn.preprocessing import scale

from fedruntime import FLModel

LAYOUTS: dict[str, Callable[[int], Any]] = {
    "two halves": lambda n: np.arange(n) * 2 // n,
    "interleaved": lambda n: np.arange(n) % 3,
    "one row, no row, the rest": lambda n: np.r_[0, np.full(n - 1, 2)],
}


def diabetes() -> tuple[Any, Any]:
    return datasets.load_diabetes(return_X_y=True)


def breast_cancer() -> tuple[Any, Any]:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    return scale(X), y


def iris() -> tuple[Any, Any]:
    X, y = datasets.load_iris(return_X_y=True)
    return scale(X), y


def wine() -> tuple[Any, Any]:
    X, y = datasets.load_wine(return_X_y=True)
    return scale(X), y


def digits() -> tuple[Any, Any]:
    X, y = datasets.load_digits(return_X_y=True)
    return X / 16, y


def weights(n: int) -> Any:
    """Sample weights from zero to two, some of them zero."""
    drawn = np.random.default_rng(5).uniform(0, 2, size=n)
    drawn[::7] = 0.0
    return drawn


def spectrum(condition: float, rows: int = 600, columns: int = 12) -> tuple[Any, Any]:
    """Rows with logarithmically spaced singular values, rotated, and a noisy target."""
    rng = np.random.default_rng(11)
    left = np.linalg.qr(rng.normal(size=(rows, columns)))[0]
    right = np.linalg.qr(rng.normal(size=(columns, columns)))[0]
    X = left * np.logspace(0, -np.log10(condition), columns) @ right.T * np.sqrt(rows)
    return X, X @ rng.normal(size=columns) + 0.1 * rng.normal(size=rows)


def fit_both(
    model: Any, X: Any, y: Any, deal: Any, layout: str = "two halves", sample_weight: Any = None
) -> tuple[Any, Any]:
    """The federated fit, as a scikit-learn model, and the pooled fit."""
    pooled = clone(model).fit(X, y, sample_weight=sample_weight)
    dealt = deal(LAYOUTS[layout](X.shape[0]), parties=3)
    ours = FLModel(model=clone(model)).fit(dealt(X), dealt(y), dealt(sample_weight))
    return ours.to_sklearn(), pooled


def moved_by_permutation(
    model: Any, X: Any, y: Any, pooled: Any, attribute: str = "coef_"
) -> float:
    """How far scikit-learn's own fit moves when the rows are permuted: the median of five."""
    moves = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for order in _permutations(X.shape[0]):
            again = clone(model).fit(X[order], y[order])
            moves.append(gap(getattr(again, attribute), getattr(pooled, attribute)))
    return float(np.median(moves))


def gap(ours: Any, theirs: Any) -> float:
    """Largest difference, relative to the largest value."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def _permutations(rows: int) -> Iterator[Any]:
    rng = np.random.default_rng(2)
    for _ in range(5):
        yield rng.permutation(rows)
