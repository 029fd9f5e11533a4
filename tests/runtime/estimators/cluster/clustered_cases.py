"""Pooled data sets and the comparison that all estimators of the k-means family are tested with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from pooled_twin import parts_of, pooled_rows
from scipy import sparse
from sklearn import datasets
from sklearn.base import clone

from fedruntime import FLModel
from fedruntime.cohort import Cohort


def iris() -> Any:
    return datasets.load_iris().data


def wine() -> Any:
    return datasets.load_wine().data


def digits() -> Any:
    return datasets.load_digits().data[:600]


def blobs() -> Any:
    return datasets.make_blobs(400, centers=5, n_features=3, random_state=1)[0]


def weights(n: int) -> Any:
    """Sample weights from zero to two, some of them zero."""
    drawn = np.random.default_rng(5).uniform(0, 2, size=n)
    drawn[::7] = 0.0
    return drawn


def fit_both(model: Any, X: Any, deal: Any, sample_weight: Any = None) -> tuple[FLModel, Any, Any]:
    """The federated and the pooled fit of a clone, and the rows dealt to three parties."""
    dealt = deal(np.arange(X.shape[0]) % 3)
    rows = dealt(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = clone(model).fit(X, sample_weight=sample_weight)
        ours = FLModel(model=clone(model))
        ours.fit(rows, sample_weight=dealt(sample_weight))
    return ours, pooled, rows


def assert_same_clusters(ours: FLModel, pooled: Any) -> None:
    """Same labels and steps; centres and inertia to rounding."""
    scale = np.abs(pooled.cluster_centers_).max()
    np.testing.assert_allclose(
        ours.cluster_centers_, pooled.cluster_centers_, rtol=0, atol=1e-12 * scale
    )
    np.testing.assert_allclose(ours.inertia_, pooled.inertia_, rtol=1e-12)
    assert ours.cluster_centers_.dtype == pooled.cluster_centers_.dtype
    if hasattr(pooled, "labels_"):
        labels = pooled_rows(ours.labels_)
        assert np.array_equal(labels.astype(np.int32), pooled.labels_)
        dtypes = {part.dtype for part in parts_of(ours.labels_).values()}
        assert dtypes == {pooled.labels_.dtype}
    for name in ("n_iter_", "n_steps_"):
        assert getattr(ours, name, None) == getattr(pooled, name, None)


def labels_of(ours: FLModel) -> Any:
    return pooled_rows(ours.labels_).astype(int)


def thinned(X: Any) -> Any:
    """A sparse matrix of the larger half of the values."""
    return sparse.csr_matrix(np.where(np.median(X, axis=0) < X, X, 0.0))


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any, Any]]]:
    """Name, public arguments and result of every sum that is asked for."""
    seen: list[tuple[str, Any, Any]] = []
    ask = Cohort.sum

    def asked(self: Cohort, operation: Any, /, **public: Any) -> Any:
        result = ask(self, operation, **public)
        seen.append((operation.name, public, result))
        return result

    with monkeypatch.context() as patched:
        patched.setattr(Cohort, "sum", asked)
        yield seen


def distance_to_rows(points: Any, X: Any) -> float:
    """How far the nearest row is from the nearest of some points."""
    gaps = np.abs(np.asarray(points)[:, np.newaxis] - X[np.newaxis]).max(axis=2)
    return float(gaps.min())
