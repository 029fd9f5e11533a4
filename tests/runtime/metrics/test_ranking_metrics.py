"""Metrics of scores and probabilities against scikit-learn on the pooled rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from metric_cases import N_ROWS, close
from row_layouts import LAYOUTS, SEEDS, examples, owners
from test_classification_metrics import called

from fedruntime import metrics
from fedruntime.errors import DataError
from fedruntime.metrics.probabilities import probability_losses
from fedruntime.metrics.ranking import distinct_scores, score_counts


def binary(seed: int, n: int, layout: Any, deal: Any) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    y = np.r_[0, 1, rng.integers(0, 2, n - 2)]
    scores = (rng.random(n) + 0.3 * y).round(int(rng.integers(1, 4)))  # with many ties
    return deal(owners(rng, y, *layout), parties=layout[0]), y, scores


def probabilities(seed: int, n: int, layout: Any, deal: Any) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    y = np.r_[0, 1, 2, rng.integers(0, 3, n)]
    scores = rng.integers(1, 9, (len(y), 3)) + 4 * np.eye(3)[y]
    dealt = deal(owners(rng, y, *layout), parties=layout[0])
    return dealt, y, scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("options", [{}, {"max_fpr": 0.3}], ids=str)
@examples(10)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_binary_auc_is_identical(
    options: dict[str, Any], n: int, seed: int, layout: Any, deal: Any
) -> None:
    dealt, y, scores = binary(seed, n, layout, deal)
    federated = metrics.roc_auc_score(dealt(y), dealt(scores), **options)
    assert federated == sklearn.metrics.roc_auc_score(y, scores, **options)


@pytest.mark.parametrize(
    "name", ["roc_auc_score", "average_precision_score", "roc_curve", "precision_recall_curve"]
)
@examples(7)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_scores_and_curves(
    name: str, n: int, seed: int, layout: Any, weighted: bool, deal: Any
) -> None:
    dealt, y, scores = binary(seed, n, layout, deal)
    weight = np.random.default_rng(seed).integers(1, 5, n) if weighted else None
    federated = getattr(metrics, name)(dealt(y), dealt(scores), sample_weight=dealt(weight))
    pooled = getattr(sklearn.metrics, name)(y, scores, sample_weight=weight)
    if not isinstance(pooled, tuple):
        federated, pooled = (federated,), (pooled,)
    for ours, theirs in zip(federated, pooled, strict=True):
        assert np.array_equal(ours, theirs)


@examples(9)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_auc_with_fractional_weights(n: int, seed: int, layout: Any, deal: Any) -> None:
    dealt, y, scores = binary(seed, n, layout, deal)
    weight = np.random.default_rng(seed).random(n) + 0.01
    federated = metrics.roc_auc_score(dealt(y), dealt(scores), sample_weight=dealt(weight))
    assert close(federated, sklearn.metrics.roc_auc_score(y, scores, sample_weight=weight), 1e-14)


@pytest.mark.parametrize(
    ("multi_class", "average"),
    [
        ("ovr", "macro"),
        ("ovr", "weighted"),
        ("ovr", "micro"),
        ("ovr", None),
        ("ovo", "macro"),
        ("ovo", "weighted"),
    ],
)
@examples(5)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_multiclass_auc_is_identical(
    multi_class: str, average: Any, n: int, seed: int, layout: Any, deal: Any
) -> None:
    dealt, y, scores = probabilities(seed, n, layout, deal)
    options = {"multi_class": multi_class, "average": average}
    federated = metrics.roc_auc_score(dealt(y), dealt(scores), **options)
    assert np.array_equal(federated, sklearn.metrics.roc_auc_score(y, scores, **options))


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
def test_multiclass_auc_with_weights(average: str, deal: Any) -> None:
    dealt, y, scores = probabilities(5, 40, (3, "iid"), deal)
    weight = np.random.default_rng(5).random(len(y))
    options = {"multi_class": "ovr", "average": average}
    federated = metrics.roc_auc_score(
        dealt(y), dealt(scores), sample_weight=dealt(weight), **options
    )
    pooled = sklearn.metrics.roc_auc_score(y, scores, sample_weight=weight, **options)
    assert close(federated, pooled, 1e-14)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"multi_class": "ovo", "average": None},
        {"multi_class": "ovr", "labels": [0, 1]},
        {"multi_class": "ovr", "labels": [0, 2, 1]},
        {"multi_class": "ovr", "max_fpr": 0.5},
        {"multi_class": "sum"},
    ],
    ids=str,
)
def test_multiclass_refusals_are_scikit_learns(options: dict[str, Any], deal: Any) -> None:
    dealt, y, scores = probabilities(1, 20, (2, "iid"), deal)
    federated = called(metrics.roc_auc_score, dealt(y), dealt(scores), **options)
    pooled = called(sklearn.metrics.roc_auc_score, y, scores, **options)
    assert "Error" in pooled[0]
    assert federated == pooled


def test_two_columns_of_binary_scores_are_refused_as_in_scikit_learn(deal: Any) -> None:
    y, scores = np.array([0, 1, 0, 1]), np.full((4, 2), 0.5)
    dealt = deal([0, 0, 1, 1])
    with pytest.raises(ValueError, match="should be a 1d array"):
        sklearn.metrics.roc_auc_score(y, scores)
    with pytest.raises(ValueError, match="should be a 1d array"):
        metrics.roc_auc_score(dealt(y), dealt(scores))


def test_scores_that_do_not_sum_to_one_are_refused(deal: Any) -> None:
    dealt, y, scores = probabilities(1, 20, (2, "iid"), deal)
    scores[3] *= 2
    with pytest.raises(ValueError, match="should sum up to 1"):
        metrics.roc_auc_score(dealt(y), dealt(scores), multi_class="ovr")


def test_one_class_only_ends_as_in_scikit_learn(deal: Any) -> None:
    dealt = deal([0, 0, 1, 1])
    y, scores = np.zeros(4, dtype=int), np.array([0.1, 0.2, 0.3, 0.4])
    federated = called(metrics.roc_auc_score, dealt(y), dealt(scores))
    assert federated == called(sklearn.metrics.roc_auc_score, y, scores)


def test_curves_need_one_column(deal: Any) -> None:
    dealt = deal([0, 1])
    with pytest.raises(DataError, match="y_score needs one column of scores, not 2"):
        metrics.roc_curve(dealt(np.arange(2)), dealt(np.eye(2)))


def test_score_counts_at_one_party() -> None:
    counts = score_counts(
        np.array([0, 1, 1]),
        np.array([0.5, 0.5, 0.9]),
        labels=np.array([0, 1]),
        scores={"0": np.array([0.1, 0.5, 0.9])},
    )
    assert {name: value.tolist() for name, value in counts.items()} == {
        "counts 0": [[0, 0], [1, 1], [0, 1]]
    }


def test_scores_must_be_finite() -> None:
    with pytest.raises(DataError, match="no finite numbers"):
        distinct_scores(np.array([0.1, np.nan]))


@pytest.mark.parametrize("normalize", [True, False])
@examples(9)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_log_loss(
    normalize: bool, n: int, seed: int, layout: Any, weighted: bool, deal: Any
) -> None:
    dealt, y, proba = probabilities(seed, n, layout, deal)
    proba[0] = np.eye(3)[1]  # clipped
    weight = np.random.default_rng(seed).random(len(y)) if weighted else None
    federated = metrics.log_loss(
        dealt(y), dealt(proba), sample_weight=dealt(weight), normalize=normalize
    )
    pooled = sklearn.metrics.log_loss(y, proba, sample_weight=weight, normalize=normalize)
    assert close(federated, pooled)


@pytest.mark.parametrize("columns", [1, 2])
def test_binary_log_loss(columns: int, deal: Any) -> None:
    rng = np.random.default_rng(0)
    y, proba = np.array(["b", "a"] * 10), rng.random(20)
    given = proba if columns == 1 else np.column_stack([1 - proba, proba])
    dealt = deal([0] * 12 + [2] * 8)  # nobody at the second party
    federated = metrics.log_loss(dealt(y), dealt(given))
    assert close(federated, sklearn.metrics.log_loss(y, given))


@pytest.mark.parametrize(
    ("classes", "labels"), [([0, 0], None), ([0, 1], None), ([0, 0], [0]), ([0, 0], [0, 1])]
)
def test_log_loss_refusals_are_scikit_learns(classes: Any, labels: Any, deal: Any) -> None:
    y, proba = np.repeat(classes, 5), np.full((10, 3), 1 / 3)
    dealt = deal([0] * 5 + [1] * 5)
    federated = called(metrics.log_loss, dealt(y), dealt(proba), labels=labels)
    pooled = called(sklearn.metrics.log_loss, y, proba, labels=labels)
    assert "Error" in pooled[0]
    assert federated == pooled


def test_log_loss_warns_of_unnormalised_rows_as_scikit_learn(deal: Any) -> None:
    y, proba = np.array([0, 1, 0, 1]), np.full((4, 2), 0.4)
    dealt = deal([0, 0, 1, 1])
    federated, ours = called(metrics.log_loss, dealt(y), dealt(proba))
    pooled, theirs = called(sklearn.metrics.log_loss, y, proba)
    assert ours == theirs
    assert len(ours) == 1
    assert close(float(federated), float(pooled))


def test_probabilities_outside_the_unit_interval_are_refused() -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        probability_losses(np.array([0, 1]), np.array([[1.5, -0.5], [0.5, 0.5]]), np.array([0, 1]))


def test_no_warning_where_scikit_learn_has_none(deal: Any) -> None:
    dealt, y, proba = probabilities(2, 30, (3, "contiguous"), deal)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metrics.log_loss(dealt(y), dealt(proba))
        metrics.roc_auc_score(dealt(y), dealt(proba), multi_class="ovr")
