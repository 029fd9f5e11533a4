from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from clustered_cases import (
    assert_same_clusters,
    blobs,
    digits,
    distance_to_rows,
    fit_both,
    iris,
    thinned,
    watched,
    weights,
)
from labels import label
from pooled_twin import assert_same_rows
from sklearn.base import clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning

from fedruntime import FLModel, UnsupportedError
from fedruntime.estimators.cluster.mini_batch_k_means import _DRAWS_BY_WEIGHT
from fedruntime.estimators.registry import Exactness, support


def _given(X: Any, **parameters: Any) -> MiniBatchKMeans:
    """A model whose initial centres are given, and which moves none onto a row."""
    own = {"random_state": 0, "batch_size": 100, "reassignment_ratio": 0, **parameters}
    return MiniBatchKMeans(4, init=X[[0, 90, 120, 140]] + 0.1, **own)


@pytest.mark.parametrize("data", [iris, digits, blobs], ids=lambda data: data.__name__)
def test_given_centres_lead_to_the_pooled_clusters(data: Any, dealt: Any) -> None:
    X = data()
    ours = FLModel(model=_given(X)).fit(dealt(len(X))(X))
    assert_same_clusters(ours, _given(X).fit(X))


@pytest.mark.parametrize(
    "parameters",
    [
        {"tol": 1e-2},
        {"max_no_improvement": None, "max_iter": 2},
        {"max_no_improvement": 1},
        {"batch_size": 1000},
        {"init_size": 50},
        {"random_state": np.random.RandomState(3)},
        {"compute_labels": False},
        {"reassignment_ratio": 1e-9},
    ],
    ids=label,
)
def test_parameters(parameters: Any, deal: Any) -> None:
    X = digits()
    ours, pooled, _ = fit_both(_given(X, **parameters), X, deal)
    assert_same_clusters(ours, pooled)
    np.testing.assert_allclose(ours._counts, pooled._counts)


def test_sparse_rows(deal: Any) -> None:
    ours, pooled, _ = fit_both(_given(digits()), thinned(digits()), deal)
    assert_same_clusters(ours, pooled)


def test_single_precision_gives_centres_of_single_precision(deal: Any) -> None:
    X = blobs().astype(np.float32)
    ours, _, rows = fit_both(_given(X), X, deal)
    assert ours.cluster_centers_.dtype == np.float32
    assert_same_rows(ours.predict(rows), ours.to_sklearn().predict(X))


def test_given_centres_and_weights(deal: Any) -> None:
    X = digits()
    if _DRAWS_BY_WEIGHT:
        dealt = deal(np.arange(len(X)) % 2)
        with pytest.raises(UnsupportedError, match="weights of single rows"):
            FLModel(model=_given(X)).fit(dealt(X), sample_weight=dealt(weights(len(X))))
        return
    ours, pooled, _ = fit_both(_given(X), X, deal, weights(len(X)))
    assert_same_clusters(ours, pooled)


def test_a_cluster_with_few_rows_is_told_of_and_not_moved_onto_a_row(
    deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = blobs()
    start = np.concatenate([X[:3], [[1e3, 1e3, 1e3]]])
    model = MiniBatchKMeans(4, init=start, random_state=0, batch_size=100)
    rows = deal(np.arange(len(X)) % 2)(X)
    with (
        watched(monkeypatch) as seen,
        pytest.warns(ConvergenceWarning, match="very few rows.*at least 10 rows"),
    ):
        FLModel(model=model).fit(rows)
    moved = [public["centers"][3] for name, public, _ in seen if name == "cluster.batch"]
    assert moved[0][0] == 1e3
    assert distance_to_rows(moved[1:2], X) > 1e-3


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_no_initial_centre_is_a_row(
    init: str, weighted: bool, deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = digits()
    dealt = deal(np.arange(len(X)) % 3)
    weight = dealt(weights(len(X))) if weighted else None
    with watched(monkeypatch) as seen:
        FLModel(model=MiniBatchKMeans(5, init=init, random_state=0)).fit(
            dealt(X), sample_weight=weight
        )
    start = next(public["centers"] for name, public, _ in seen if name == "cluster.batch")
    assert distance_to_rows(start, X) > 1e-6


def test_clusters_are_as_tight_as_pooled_ones(deal: Any) -> None:
    X = digits()
    rows = deal(np.arange(len(X)) % 3)(X)
    models = [MiniBatchKMeans(10, n_init=3, random_state=seed) for seed in range(5)]
    pooled = np.mean([clone(model).fit(X).inertia_ for model in models])
    ours = np.mean([FLModel(model=model).fit(rows).inertia_ for model in models])
    assert ours <= 1.01 * pooled


def test_a_function_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="would be given all rows"):
        support(MiniBatchKMeans(2, init=lambda X, k, random_state: X[:k]))


def test_the_class_depends_on_the_initial_centres() -> None:
    assert support(MiniBatchKMeans(2, init=[[0.0], [1.0]])).exactness is Exactness.EXACT
    assert support(MiniBatchKMeans(2)).exactness is Exactness.STATISTICAL
