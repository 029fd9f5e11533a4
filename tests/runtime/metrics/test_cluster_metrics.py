"""Metrics of clusterings against scikit-learn on the pooled rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics
import sklearn.metrics.cluster
from hypothesis import given
from metric_cases import N_ROWS, close
from row_layouts import LAYOUTS, SEEDS, examples, owners

from fedruntime import metrics
from fedruntime.errors import RevealError, UnsupportedError
from fedruntime.metrics import cluster

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("adjusted_mutual_info_score", {}),
    ("adjusted_mutual_info_score", {"average_method": "max"}),
    ("adjusted_rand_score", {}),
    ("completeness_score", {}),
    ("contingency_matrix", {}),
    ("contingency_matrix", {"eps": 0.5}),
    ("contingency_matrix", {"dtype": np.float32}),
    ("fowlkes_mallows_score", {}),
    ("homogeneity_completeness_v_measure", {"beta": 0.5}),
    ("homogeneity_score", {}),
    ("mutual_info_score", {}),
    ("normalized_mutual_info_score", {}),
    ("normalized_mutual_info_score", {"average_method": "geometric"}),
    ("pair_confusion_matrix", {}),
    ("rand_score", {}),
    ("v_measure_score", {"beta": 2.0}),
]


@pytest.mark.parametrize(("name", "options"), CALLS, ids=str)
@examples(4)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_agreement_is_identical(
    name: str, options: dict[str, Any], n: int, seed: int, layout: Any, deal: Any
) -> None:
    rng = np.random.default_rng(seed)
    true = rng.choice(np.array(["a", "b", "c", "d"])[: rng.integers(1, 5)], n)
    predicted = np.where(rng.random(n) < 0.5, 0, rng.integers(0, rng.integers(1, 6), n))
    dealt = deal(owners(rng, true, *layout), parties=layout[0])
    federated = getattr(cluster, name)(dealt(true), dealt(predicted), **options)
    pooled = getattr(sklearn.metrics.cluster, name)(true, predicted, **options)
    if name == "adjusted_mutual_info_score":
        # scikit-learn 1.5 lets rounding decide where a clustering has one cluster only.
        assert np.isclose(federated, pooled, rtol=1e-13, atol=1e-13)
    else:
        assert np.array_equal(federated, pooled)
        assert np.asarray(federated).dtype == np.asarray(pooled).dtype


def test_sparse_contingency_matrix(deal: Any) -> None:
    true, predicted = np.array([0, 1, 1, 2]), np.array([3, 3, 4, 4])
    dealt = deal([0, 0, 1, 1])
    federated = cluster.contingency_matrix(dealt(true), dealt(predicted), sparse=True)
    pooled = sklearn.metrics.cluster.contingency_matrix(true, predicted, sparse=True)
    assert type(federated) is type(pooled)
    assert (federated != pooled).nnz == 0


def test_agreement_options_are_judged_by_scikit_learn(deal: Any) -> None:
    labels = deal([0, 1])(np.array([0, 1]))
    with pytest.raises(ValueError, match="average_method"):
        metrics.normalized_mutual_info_score(labels, labels, average_method="mean")
    with pytest.raises(ValueError, match="Cannot set 'eps' when sparse=True"):
        cluster.contingency_matrix(labels, labels, eps=1.0, sparse=True)


def test_a_given_contingency_matrix_is_local() -> None:
    table = np.array([[3, 0], [1, 2]])
    given = metrics.mutual_info_score(None, None, contingency=table)
    assert given == sklearn.metrics.mutual_info_score(None, None, contingency=table)


@pytest.mark.parametrize("name", ["calinski_harabasz_score", "davies_bouldin_score"])
@examples(9)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_separation(name: str, n: int, seed: int, layout: Any, deal: Any) -> None:
    rng = np.random.default_rng(seed)
    labels = np.r_[0, 1, 0, rng.integers(0, 3, n)]
    X = rng.normal(3, 1, (len(labels), 4)) + labels[:, np.newaxis]
    dealt = deal(owners(rng, labels, *layout), parties=layout[0])
    federated = getattr(metrics, name)(dealt(X), dealt(labels))
    assert close(federated, getattr(sklearn.metrics, name)(X, labels), 1e-12)


def test_separation_of_points_without_spread(deal: Any) -> None:
    X, labels = np.repeat([[0.0, 1.0], [5.0, 5.0]], 3, axis=0), np.repeat([0, 1], 3)
    dealt = deal([0, 0, 1, 1, 1, 1])
    for name in ("calinski_harabasz_score", "davies_bouldin_score"):
        federated = getattr(metrics, name)(dealt(X), dealt(labels))
        assert federated == getattr(sklearn.metrics, name)(X, labels)


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_too_few_or_too_many_clusters_end_as_in_scikit_learn(labels: Any, deal: Any) -> None:
    dealt = deal([0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"Number of labels is \d. Valid values are 2 to"):
        metrics.davies_bouldin_score(dealt(np.eye(4)), dealt(np.array(labels)))


@pytest.mark.parametrize("name", ["silhouette_score", "silhouette_samples"])
def test_silhouette_is_refused_with_what_to_use_instead(name: str, deal: Any) -> None:
    X, labels = np.random.default_rng(0).random((6, 2)), np.array([0, 0, 0, 1, 1, 1])
    dealt = deal([0, 0, 1, 1, 1, 0])
    with pytest.raises(UnsupportedError, match="calinski_harabasz_score or davies_bouldin_score"):
        getattr(metrics, name)(dealt(X), dealt(labels))
    assert name not in metrics.__all__
    local = getattr(metrics, name)(X, labels)
    assert np.array_equal(local, getattr(sklearn.metrics, name)(X, labels))


def test_other_names_of_the_module_are_scikit_learns(deal: Any) -> None:
    assert cluster.expected_mutual_information is not None
    with pytest.raises((RevealError, TypeError)):
        cluster.consensus_score(deal([0, 1])(np.eye(2)), None)


def test_only_labels_and_masked_sums_leave_for_a_separation(deal: Any) -> None:
    dealt = deal([0, 0, 1, 1, 1, 0])
    X, labels = dealt(np.random.default_rng(0).random((6, 2))), dealt(np.array([0, 1, 0, 1, 0, 1]))
    before = len(dealt.federation.ledger)
    metrics.davies_bouldin_score(X, labels)
    left = {
        (entry.operation, entry.protection)
        for entry in dealt.federation.ledger[before:]
        if not entry.operation.startswith("secure.")
    }
    assert left == {
        ("metrics.cluster_labels", "in the clear"),
        ("metrics.cluster_sums", "masked"),
        ("metrics.distances_within", "masked"),
    }
