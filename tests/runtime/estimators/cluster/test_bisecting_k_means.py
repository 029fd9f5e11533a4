from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from clustered_cases import (
    blobs,
    digits,
    distance_to_rows,
    fit_both,
    iris,
    labels_of,
    thinned,
    watched,
    weights,
)
from pooled_twin import assert_same_rows
from sklearn.base import clone
from sklearn.cluster import BisectingKMeans
from sklearn.metrics import adjusted_rand_score

from fedruntime import FLModel, UnsupportedError
from fedruntime.estimators.registry import support

STRATEGIES = ["biggest_inertia", "largest_cluster"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_clear_clusters_are_the_pooled_ones(strategy: str, dealt: Any) -> None:
    rng = np.random.default_rng(0)
    centers = np.array([[0, 0], [40, 0], [0, 10], [40, 14]])
    X = np.repeat(centers, [40, 60, 80, 50], axis=0) + rng.normal(size=(230, 2))
    model = BisectingKMeans(4, random_state=0, bisecting_strategy=strategy, n_init=3)
    ours = FLModel(model=clone(model)).fit(dealt(len(X))(X))
    pooled = model.fit(X)
    assert adjusted_rand_score(labels_of(ours), pooled.labels_) == 1.0
    np.testing.assert_allclose(ours.inertia_, pooled.inertia_, rtol=1e-12)
    assert sorted(map(tuple, ours.cluster_centers_.round(9))) == sorted(
        map(tuple, pooled.cluster_centers_.round(9))
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("weighted", [False, True])
def test_attributes_belong_together(strategy: str, weighted: bool, deal: Any) -> None:
    X = digits()
    weight = weights(len(X)) if weighted else np.ones(len(X))
    model = BisectingKMeans(7, random_state=0, bisecting_strategy=strategy)
    ours, _, rows = fit_both(model, X, deal, weight)
    labels = labels_of(ours)
    assert set(labels) == set(range(7))
    squares = ((X - ours.cluster_centers_[labels]) ** 2).sum(axis=1)
    assert ours.inertia_ == pytest.approx(float(weight @ squares), rel=1e-12)
    assert_same_rows(ours.predict(rows), ours.to_sklearn().predict(X))
    assert np.array_equal(ours.to_sklearn().predict(X), labels)


@pytest.mark.parametrize("init", ["random", "k-means++"])
def test_clusters_are_as_tight_as_pooled_ones(init: str, deal: Any) -> None:
    X = digits()
    rows = deal(np.arange(len(X)) % 3)(X)
    models = [BisectingKMeans(6, init=init, n_init=3, random_state=seed) for seed in range(4)]
    pooled = np.mean([clone(model).fit(X).inertia_ for model in models])
    ours = np.mean([FLModel(model=model).fit(rows).inertia_ for model in models])
    assert ours <= 1.01 * pooled


@pytest.mark.parametrize("init", ["random", "k-means++"])
def test_no_initial_centre_is_a_row(init: str, deal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    X = iris()
    rows = deal(np.arange(len(X)) % 3)(X)
    with watched(monkeypatch) as seen, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        FLModel(model=BisectingKMeans(8, init=init, random_state=0, max_iter=1)).fit(rows)
    starts = [public["centers"] for name, public, _ in seen if name == "cluster.sums"]
    assert len(starts) == 7
    centred = X - X.mean(axis=0)
    assert distance_to_rows(np.concatenate(starts).reshape(-1, 4), centred) > 1e-6


def test_one_cluster_is_the_mean(deal: Any) -> None:
    X = blobs()
    ours, pooled, _ = fit_both(BisectingKMeans(1), X, deal)
    np.testing.assert_allclose(ours.cluster_centers_, pooled.cluster_centers_, atol=1e-12)
    assert ours.inertia_ == pytest.approx(pooled.inertia_, rel=1e-12)


def test_sparse_rows(deal: Any) -> None:
    ours, pooled, rows = fit_both(BisectingKMeans(3, random_state=0), thinned(digits()), deal)
    assert vars(pooled).keys() - vars(ours.to_sklearn()).keys() == {
        "_kmeans_single",
        "_random_state",
        "labels_",
    }
    assert np.array_equal(ours.to_sklearn().predict(thinned(digits())), labels_of(ours))
    assert ours.score(rows) == pytest.approx(ours.to_sklearn().score(thinned(digits())))


def test_single_precision(deal: Any) -> None:
    X = blobs().astype(np.float32)
    ours, _, rows = fit_both(BisectingKMeans(4, random_state=0), X, deal)
    assert ours.cluster_centers_.dtype == np.float32
    assert_same_rows(ours.predict(rows), ours.to_sklearn().predict(X))


def test_clusters_too_small_for_a_group_are_split_beside_their_mean(deal: Any) -> None:
    X = np.arange(24.0)[:, np.newaxis] ** 2
    ours = FLModel(model=BisectingKMeans(12, random_state=0)).fit(deal(np.arange(24) % 3)(X))
    assert len(set(labels_of(ours))) == 12


def test_a_function_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="would be given all rows"):
        support(BisectingKMeans(2, init=lambda X, k, random_state: X[:k]))
