"""Pooled data and the comparison that the mixtures are tested with."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from pooled_twin import assert_same_rows
from sklearn import datasets
from sklearn.base import clone

from fedruntime import FLModel

COVARIANCES = ["full", "tied", "diag", "spherical"]
METHODS = ("predict", "predict_proba", "score_samples")


def iris() -> Any:
    return datasets.load_iris().data


def clear() -> Any:
    """Three clusters that every start finds."""
    centers = np.array([[0, 0, 0], [20, 0, 5], [0, 30, -5]])
    rng = np.random.default_rng(2)
    return np.repeat(centers, [60, 90, 50], axis=0) + rng.normal(size=(200, 3)) * [1, 2, 0.5]


def fit_both(model: Any, X: Any, dealer: Any) -> tuple[FLModel, Any, Any]:
    """The federated and the pooled fit of a clone, and the dealt rows."""
    rows = dealer(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return FLModel(model=clone(model)).fit(rows), clone(model).fit(X), rows


def assert_same_mixture(ours: FLModel, pooled: Any, bar: float = 2e-12) -> None:
    """The same attributes, as many steps, and the same numbers in the scale of their array."""
    fitted = vars(ours.to_sklearn())
    assert fitted.keys() == vars(pooled).keys()
    for name, value in vars(pooled).items():
        if name.endswith("_") and not name.startswith("_"):
            theirs, own = np.asarray(value), np.asarray(fitted[name])
            assert own.shape == theirs.shape, name
            assert own.dtype == theirs.dtype, name
            if theirs.dtype.kind == "f":
                scale = np.abs(theirs).max(initial=0.0)
                np.testing.assert_allclose(own, theirs, rtol=0, atol=bar * scale, err_msg=name)
            else:
                assert np.array_equal(own, theirs), name


def assert_same_methods(ours: FLModel, pooled: Any, rows: Any, X: Any) -> None:
    """What the parties compute is what the pooled model computes."""
    for method in METHODS:
        assert_same_rows(getattr(ours, method)(rows), getattr(pooled, method)(X), atol=1e-9)
    np.testing.assert_allclose(ours.score(rows), pooled.score(X), rtol=1e-10)
