from __future__ import annotations

import warnings
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
    labels_of,
    thinned,
    watched,
    weights,
    wine,
)
from pooled_twin import assert_same_rows
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from fedruntime import DataError, FLModel, UnsupportedError
from fedruntime.estimators.registry import Exactness, support


def _given(X: Any, n_clusters: int = 4, **parameters: Any) -> KMeans:
    """A model whose initial centres are given."""
    start = X[:: len(X) // n_clusters][:n_clusters] + 0.1
    return KMeans(n_clusters, init=start, **parameters)


# -- from given centres: the pooled model ---------------------------------------------------


@pytest.mark.parametrize("data", [iris, wine, digits, blobs], ids=lambda data: data.__name__)
def test_given_centres_lead_to_the_pooled_clusters(data: Any, dealt: Any) -> None:
    X = data()
    ours = FLModel(model=_given(X)).fit(dealt(len(X))(X))
    assert_same_clusters(ours, _given(X).fit(X))


@pytest.mark.parametrize(
    "parameters",
    [
        {"algorithm": "elkan"},
        {"tol": 0},
        {"tol": 0.1},
        {"max_iter": 1},
        {"max_iter": 3},
        {"copy_x": False},
    ],
    ids=str,
)
def test_parameters(parameters: Any, deal: Any) -> None:
    X = digits()
    ours, pooled, _ = fit_both(_given(X, 10, **parameters), X.copy(), deal)
    assert_same_clusters(ours, pooled)


def test_sample_weights_of_which_some_are_zero(deal: Any) -> None:
    X = digits()
    ours, pooled, _ = fit_both(_given(X, 6), X, deal, weights(len(X)))
    assert_same_clusters(ours, pooled)


def test_mostly_zero_weights(deal: Any) -> None:
    X = blobs()
    weight = (np.arange(len(X)) % 5 == 0).astype(float)
    ours, pooled, _ = fit_both(_given(X), X, deal, weight)
    assert_same_clusters(ours, pooled)


def test_sparse_rows(deal: Any) -> None:
    X = thinned(digits())
    model = _given(digits(), 8)
    ours, pooled, _ = fit_both(model, X, deal)
    assert_same_clusters(ours, pooled)


def test_one_cluster(deal: Any) -> None:
    X = iris()
    ours, pooled, _ = fit_both(KMeans(1, init=X[:1]), X, deal)
    assert_same_clusters(ours, pooled)


def test_rows_far_from_the_origin(deal: Any) -> None:
    X = blobs() + 1e6
    ours, pooled, _ = fit_both(_given(X, 5), X, deal)
    assert_same_clusters(ours, pooled)


def test_single_precision_gives_centres_of_single_precision(deal: Any) -> None:
    X = blobs().astype(np.float32)
    ours, pooled, rows = fit_both(_given(X, 5), X, deal)
    assert ours.cluster_centers_.dtype == pooled.cluster_centers_.dtype == np.float32
    np.testing.assert_allclose(ours.cluster_centers_, pooled.cluster_centers_, rtol=1e-4)
    assert_same_rows(ours.predict(rows), pooled.predict(X))


def test_a_number_of_starts_warns_as_in_scikit_learn(deal: Any) -> None:
    X = iris()
    model = _given(X, n_init=3)
    with pytest.warns(RuntimeWarning, match="performing only one init in KMeans"):
        FLModel(model=clone(model)).fit(deal(np.arange(len(X)) % 2)(X))


def test_methods_work_at_the_parties(deal: Any) -> None:
    X = iris()
    ours, pooled, rows = fit_both(_given(X), X, deal)
    assert_same_rows(ours.predict(rows), pooled.predict(X))
    assert_same_rows(ours.transform(rows), pooled.transform(X), atol=1e-12)
    assert_same_rows(clone(ours).fit_predict(rows), pooled.labels_)
    assert ours.score(rows) == pytest.approx(pooled.score(X), rel=1e-12)
    weight = weights(len(X))
    dealt = deal(np.arange(len(X)) % 3)
    assert ours.score(dealt(X), sample_weight=dealt(weight)) == pytest.approx(
        pooled.score(X, sample_weight=weight), rel=1e-12
    )


def test_the_score_of_sparse_rows(deal: Any) -> None:
    X = thinned(digits())
    ours, pooled, rows = fit_both(_given(digits(), 8), X, deal)
    assert ours.score(rows) == pytest.approx(pooled.score(X), rel=1e-12)


def test_one_round_an_iteration(deal: Any) -> None:
    X = digits()
    _, pooled, rows = fit_both(_given(X, 10), X, deal)
    entries = [entry for entry in rows.federation.ledger if entry.party == "party0"]
    assert len([e for e in entries if e.operation == "cluster.sums"]) == pooled.n_iter_
    assert len([e for e in entries if e.protection == "masked"]) == pooled.n_iter_ + 3


# -- clusters that lose all their rows ------------------------------------------------------


def test_an_empty_cluster_is_told_of_and_not_moved_onto_a_row(
    deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = blobs()
    start = np.concatenate([X[:4], [[1e3, 1e3, 1e3]]])
    rows = deal(np.arange(len(X)) % 2)(X)
    ours = FLModel(model=KMeans(5, init=start, max_iter=2))
    with (
        watched(monkeypatch) as seen,
        pytest.warns(ConvergenceWarning, match=r"1 cluster\(s\) lost all their rows.*at least 10"),
    ):
        ours.fit(rows)
    centred = X - X.mean(axis=0)
    asked = [public["centers"] for name, public, _ in seen if name == "cluster.sums"]
    moved = asked[1][0, 4]
    assert distance_to_rows([moved], centred) > 1e-3
    assert set(labels_of(ours)) == set(range(5))


def test_more_clusters_than_different_rows(deal: Any) -> None:
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]], 20, axis=0)
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(3\) found smaller than"):
        ours = FLModel(model=KMeans(5, random_state=0)).fit(deal(np.arange(60) % 3)(X))
    assert ours.inertia_ == pytest.approx(0.0, abs=1e-12)


def test_constant_rows(deal: Any) -> None:
    X = np.full((40, 2), 3.0)
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(1\)"):
        ours = FLModel(model=KMeans(2, random_state=0)).fit(deal(np.arange(40) % 3)(X))
    np.testing.assert_allclose(ours.cluster_centers_, 3.0)


# -- centres that stand for no row ----------------------------------------------------------


@pytest.mark.parametrize("init", ["k-means++", "random"])
@pytest.mark.parametrize("data", [iris, wine, digits, blobs], ids=lambda data: data.__name__)
def test_no_initial_centre_is_a_row(
    data: Any, init: str, deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = data()
    rows = deal(np.arange(len(X)) % 3)(X)
    with watched(monkeypatch) as seen:
        FLModel(model=KMeans(4, init=init, random_state=0, n_init=2)).fit(rows)
    centred = X - X.mean(axis=0)
    starts = next(public["centers"] for name, public, _ in seen if name == "cluster.sums")
    assert starts.shape == (2, 4, X.shape[1])
    assert distance_to_rows(starts.reshape(-1, X.shape[1]), centred) > 1e-6


@pytest.mark.parametrize("data", [iris, wine, digits, blobs], ids=lambda data: data.__name__)
def test_centres_are_chosen_among_groups_of_at_least_ten_rows(
    data: Any, deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = data()
    weight = weights(len(X))
    dealt = deal(np.arange(len(X)) % 3)
    with watched(monkeypatch) as seen:
        FLModel(model=KMeans(4, random_state=0)).fit(dealt(X), sample_weight=dealt(weight))
    summed = [result["rows"] for name, _, result in seen if name == "cluster.groups"]
    assert len(summed) > 2
    for rows in summed:
        assert rows.min() >= 10
        assert rows.sum() == np.count_nonzero(weight)


@pytest.mark.parametrize(
    ("data", "n_clusters", "n_init"),
    [(iris, 3, 1), (wine, 3, 5), (digits, 10, 5), (blobs, 5, 1)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_clusters_are_as_tight_as_pooled_ones(
    data: Any, n_clusters: int, n_init: int, deal: Any
) -> None:
    X = data()
    rows = deal(np.arange(len(X)) % 3)(X)
    models = [KMeans(n_clusters, n_init=n_init, random_state=seed) for seed in range(4)]
    pooled = np.mean([clone(model).fit(X).inertia_ for model in models])
    ours = np.mean([FLModel(model=model).fit(rows).inertia_ for model in models])
    assert ours <= 1.01 * pooled


def test_more_starts_are_no_worse(deal: Any) -> None:
    X = digits()
    rows = deal(np.arange(len(X)) % 3)(X)

    def inertia(n_init: int) -> float:
        model = KMeans(10, init="random", n_init=n_init, random_state=0)
        return float(FLModel(model=model).fit(rows).inertia_)

    assert inertia(8) <= inertia(1)


def test_the_same_random_state_gives_the_same_bits_and_another_other_centres(deal: Any) -> None:
    X = digits()
    rows = deal(np.arange(len(X)) % 3)(X)

    def centres(seed: int) -> Any:
        model = KMeans(10, max_iter=1, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return FLModel(model=model).fit(rows).cluster_centers_

    assert np.array_equal(centres(0), centres(0))
    assert not np.array_equal(centres(0), centres(1))


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_the_start_does_not_depend_on_how_rows_lie(init: str, deal: Any, dealt: Any) -> None:
    X = digits()
    model = KMeans(10, init=init, random_state=0, n_init=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = FLModel(model=clone(model)).fit(dealt(len(X))(X))
        other = FLModel(model=clone(model)).fit(deal(np.arange(len(X)) * 2 // len(X))(X))
    assert_same_clusters(ours, _with_labels(other))


def _with_labels(fitted: FLModel) -> Any:
    model = fitted.to_sklearn()
    model.labels_ = labels_of(fitted).astype(np.int32)
    return model


def test_large_data_are_summarised_by_a_sample(deal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(0).normal(size=(6000, 2))
    rows = deal(np.arange(len(X)) % 3)(X)
    with watched(monkeypatch) as seen:
        FLModel(model=KMeans(3, random_state=0, max_iter=2)).fit(rows)
    sampled = {int(r["rows"].sum()) for name, _, r in seen if name == "cluster.groups"}
    assert sampled == {64 * 48}


def test_few_rows_that_count_among_many(deal: Any) -> None:
    X = np.random.default_rng(0).normal(size=(6000, 2))
    weight = np.zeros(6000)
    weight[:4] = 1.0
    dealt = deal(np.arange(6000) % 3)
    ours = FLModel(model=KMeans(2, random_state=3)).fit(dealt(X), sample_weight=dealt(weight))
    assert np.isfinite(ours.cluster_centers_).all()


@pytest.mark.parametrize("rows", [2, 5, 12])
def test_fewer_rows_than_a_group_wants(rows: int, deal: Any) -> None:
    X = np.r_[np.zeros(rows // 2), np.full(rows - rows // 2, 10.0)][:, np.newaxis]
    ours = FLModel(model=KMeans(2, random_state=0)).fit(deal(np.arange(rows) % 2)(X))
    assert sorted(ours.cluster_centers_.ravel()) == [0.0, 10.0]


def test_a_party_whose_rows_are_one_cluster(deal: Any) -> None:
    X = np.sort(blobs(), axis=0)
    owner = (np.arange(len(X)) > 300).astype(int)
    ours = FLModel(model=KMeans(4, random_state=0)).fit(deal(owner)(X))
    pooled = KMeans(4, n_init=10, random_state=0).fit(X)
    assert ours.inertia_ <= 1.05 * pooled.inertia_


# -- what is said and what is refused -------------------------------------------------------


def test_the_class_depends_on_the_initial_centres() -> None:
    assert support(KMeans(2, init=[[0.0], [1.0]])).exactness is Exactness.EXACT
    for init in ("k-means++", "random"):
        answer = support(KMeans(2, init=init))
        assert answer.exactness is Exactness.STATISTICAL
        assert "at least 10 rows" in answer.how


def test_a_function_is_refused_before_anything_is_sent(deal: Any) -> None:
    X = iris()
    dealt = deal(np.arange(len(X)) % 2)
    rows = dealt(X)
    with pytest.raises(UnsupportedError, match="would be given all rows"):
        FLModel(model=KMeans(2, init=lambda X, k, random_state: X[:k])).fit(rows)
    assert not list(dealt.federation.ledger)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (KMeans(40), "n_samples=30 should be >= n_clusters=40"),
        (KMeans(2, init=np.zeros((3, 4))), "does not match the number of clusters 2"),
        (KMeans(2, init=np.zeros((2, 3))), "does not match the number of features of the data 4"),
    ],
    ids=["few rows", "centres", "columns"],
)
def test_shapes_are_refused_in_the_words_of_scikit_learn(
    model: KMeans, message: str, deal: Any
) -> None:
    dealt = deal(np.arange(30) % 2)
    with pytest.raises(DataError, match=message):
        FLModel(model=model).fit(dealt(iris()[:30]))
    assert not [entry for entry in dealt.federation.ledger if entry.protection != "facts"]


def test_weights_that_add_up_to_zero_are_refused(deal: Any) -> None:
    dealt = deal(np.arange(30) % 2)
    with pytest.raises(DataError, match="add up to zero over all parties"):
        FLModel(model=KMeans(2)).fit(dealt(iris()[:30]), sample_weight=dealt(np.zeros(30)))


def test_a_cell_is_never_quoted(deal: Any) -> None:
    X = np.full((30, 2), 1.5).astype(object)
    X[3, 1] = "sesame"
    with pytest.raises(DataError, match="values that are not numbers") as refused:
        FLModel(model=KMeans(2)).fit(deal(np.arange(30) % 2)(X))
    assert "sesame" not in str(refused.value)
