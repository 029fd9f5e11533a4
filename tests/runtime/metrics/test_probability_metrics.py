"""Brier score, explained fractions of losses, hinge loss and top-k accuracy against scikit-learn
on the pooled rows.
"""

from __future__ import annotations

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

MULTICLASS_BRIER = hasattr(sklearn.metrics, "d2_brier_score")  # also of more than two classes
FRACTIONS = ["d2_log_loss_score", *(["d2_brier_score"] if MULTICLASS_BRIER else [])]


def drawn(seed: int, n: int, n_classes: int, layout: Any, deal: Any) -> tuple[Any, Any, Any, Any]:
    """Labels with all classes, probabilities (one column for two classes) and weights."""
    rng = np.random.default_rng(seed)
    names = np.array(["ham", "spam", "eggs"])[:n_classes]
    y = names[np.r_[np.arange(n_classes), rng.integers(0, n_classes, n)]]
    proba = rng.dirichlet(np.ones(n_classes), len(y))
    dealt = deal(owners(rng, y, *layout), parties=layout[0])
    return dealt, y, proba[:, 1] if n_classes == 2 else proba, rng.random(len(y))


@pytest.mark.parametrize("pos_label", ["ham", "spam"])
@examples(7)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_binary_brier_score(
    pos_label: str, n: int, seed: int, layout: Any, weighted: bool, deal: Any
) -> None:
    dealt, y, proba, weight = drawn(seed, n, 2, layout, deal)
    weight = weight if weighted else None
    federated = metrics.brier_score_loss(
        dealt(y), dealt(proba), pos_label=pos_label, sample_weight=dealt(weight)
    )
    pooled = sklearn.metrics.brier_score_loss(y, proba, pos_label=pos_label, sample_weight=weight)
    assert close(federated, pooled)


@pytest.mark.parametrize("labels", [[0, 1], [-1, 1], [3, 7], [0], [1]])
def test_positive_class_of_numbers(labels: Any, deal: Any) -> None:
    y, proba = np.resize(labels, 6), np.linspace(0.1, 0.8, 6)
    dealt = deal([0, 1, 0, 1, 2, 2])
    federated = metrics.brier_score_loss(dealt(y), dealt(proba))
    assert close(federated, sklearn.metrics.brier_score_loss(y, proba))


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        (["a", "b"], {}),
        ([0, 1, 2], {}),
        ([0, 1], {"pos_label": 5}),
    ],
)
def test_brier_refusals_are_scikit_learns(labels: Any, options: Any, deal: Any) -> None:
    y, proba = np.resize(labels, 6), np.full(6, 0.5)
    dealt = deal([0, 1, 0, 1, 2, 2])
    federated = called(metrics.brier_score_loss, dealt(y), dealt(proba), **options)
    pooled = called(sklearn.metrics.brier_score_loss, y, proba, **options)
    if "Error" in pooled[0]:
        assert federated == pooled
    else:
        assert close(float(federated[0]), float(pooled[0]))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", FRACTIONS)
@examples(7)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_explained_fractions(
    name: str, n_classes: int, n: int, seed: int, layout: Any, weighted: bool, deal: Any
) -> None:
    dealt, y, proba, weight = drawn(seed, n, n_classes, layout, deal)
    weight = weight if weighted else None
    options = {"pos_label": "spam"} if (name, n_classes) == ("d2_brier_score", 2) else {}
    federated = getattr(metrics, name)(
        dealt(y), dealt(proba), sample_weight=dealt(weight), **options
    )
    pooled = getattr(sklearn.metrics, name)(y, proba, sample_weight=weight, **options)
    assert close(1 - federated, 1 - pooled, 2e-14)


@pytest.mark.parametrize("scale", ["auto", True, False])
def test_multiclass_brier_score(scale: Any, deal: Any) -> None:
    dealt, y, proba, _ = drawn(1, 30, 3, (3, "iid"), deal)
    options = {"scale_by_half": scale} if MULTICLASS_BRIER else {}
    there = called(metrics.brier_score_loss, dealt(y), dealt(proba), **options)
    here = called(sklearn.metrics.brier_score_loss, y, proba, **options)
    if MULTICLASS_BRIER:
        assert close(float(there[0]), float(here[0]))
    else:
        assert "Error" in here[0]
        assert there[0].startswith("ValueError")


def test_one_row_has_no_explained_fraction(deal: Any) -> None:
    dealt = deal([0])
    with pytest.warns(sklearn.exceptions.UndefinedMetricWarning, match="less than two samples"):
        assert np.isnan(metrics.d2_log_loss_score(dealt(np.ones(1)), dealt(np.full(1, 0.5))))


@pytest.mark.parametrize("n_classes", [2, 3])
@examples(7)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_hinge_loss(
    n_classes: int, n: int, seed: int, layout: Any, weighted: bool, deal: Any
) -> None:
    dealt, y, proba, weight = drawn(seed, n, n_classes, layout, deal)
    decision, weight = 4 * proba - 2, weight if weighted else None
    federated = metrics.hinge_loss(dealt(y), dealt(decision), sample_weight=dealt(weight))
    assert close(federated, sklearn.metrics.hinge_loss(y, decision, sample_weight=weight))


def test_hinge_loss_with_labels_that_do_not_occur(deal: Any) -> None:
    y, decision = np.array([0, 2, 0, 2]), np.random.default_rng(0).normal(size=(4, 3))
    dealt = deal([0, 0, 1, 1])
    federated = metrics.hinge_loss(dealt(y), dealt(decision), labels=[0, 1, 2])
    assert close(federated, sklearn.metrics.hinge_loss(y, decision, labels=[0, 1, 2]))
    with pytest.raises(ValueError, match=r"include all labels|1d array|should be a 1d"):
        metrics.hinge_loss(dealt(y), dealt(decision))


def test_hinge_loss_of_one_class(deal: Any) -> None:
    y, decision = np.ones(4), np.array([-2.0, 0.5, 0.0, 3.0])
    dealt = deal([0, 0, 1, 1])
    assert metrics.hinge_loss(dealt(y), dealt(decision)) == 1.625
    assert sklearn.metrics.hinge_loss(y, decision) == 1.625


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("k", [1, 2])
@examples(7)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_top_k_is_identical(
    k: int, normalize: bool, n: int, seed: int, layout: Any, deal: Any
) -> None:
    dealt, y, proba, _ = drawn(seed, n, 3, layout, deal)
    proba = proba.round(1)  # ties
    options = {"k": k, "normalize": normalize}
    federated = metrics.top_k_accuracy_score(dealt(y), dealt(proba), **options)
    assert federated == sklearn.metrics.top_k_accuracy_score(y, proba, **options)


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_top_1_of_two_classes_looks_at_the_range_of_all_scores(shift: float, deal: Any) -> None:
    rng = np.random.default_rng(1)
    y, scores = np.r_[0, 1, rng.integers(0, 2, 20)], np.r_[-0.1 + shift, rng.random(21) * 0.6]
    scores += shift
    scores[0] = -0.5 if shift == 0 else 0.2
    dealt, weight = deal([0] * 10 + [1] * 12), rng.random(22)
    federated = metrics.top_k_accuracy_score(
        dealt(y), dealt(scores), k=1, sample_weight=dealt(weight)
    )
    pooled = sklearn.metrics.top_k_accuracy_score(y, scores, k=1, sample_weight=weight)
    assert close(federated, pooled)


@pytest.mark.parametrize(
    ("labels", "k"), [(None, 2), ([0, 1], 1), ([1, 0, 2], 1), ([0, 1, 2, 3], 1), (None, 5)]
)
def test_top_k_refusals_and_warnings_are_scikit_learns(labels: Any, k: int, deal: Any) -> None:
    y, scores = np.array([0, 1, 0, 1]), np.full((4, 3), 0.2)
    dealt = deal([0, 0, 1, 1])
    federated = called(metrics.top_k_accuracy_score, dealt(y), dealt(scores), k=k, labels=labels)
    pooled = called(sklearn.metrics.top_k_accuracy_score, y, scores, k=k, labels=labels)
    assert "Error" in pooled[0]
    assert federated == pooled


@pytest.mark.parametrize("name", ["top_k_accuracy_score", "hinge_loss"])
def test_labels_must_hold_all_that_occur(name: str, deal: Any) -> None:
    dealt = deal([0, 0, 1])
    with pytest.raises(DataError, match="not among labels"):
        getattr(metrics, name)(dealt(np.array([0, 1, 7])), dealt(np.eye(3)), labels=[0, 1, 2])


def test_det_curve_is_identical(deal: Any) -> None:
    dealt, y, scores, weight = drawn(3, 40, 2, (3, "iid"), deal)
    scores = scores.round(1)
    for weights in (None, (4 * weight).round() + 1):
        federated = metrics.det_curve(
            dealt(y), dealt(scores), pos_label="spam", sample_weight=dealt(weights)
        )
        pooled = sklearn.metrics.det_curve(y, scores, pos_label="spam", sample_weight=weights)
        assert all(np.array_equal(*pair) for pair in zip(federated, pooled, strict=True))


def test_names_follow_the_installed_scikit_learn(deal: Any) -> None:
    for name in ("d2_brier_score", "confusion_matrix_at_thresholds"):
        assert (name in metrics.__all__) == hasattr(sklearn.metrics, name)
    if hasattr(sklearn.metrics, "confusion_matrix_at_thresholds"):
        y, scores = np.array([0, 1, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.3, 0.9])
        dealt = deal([0, 0, 1, 1, 1])
        federated = metrics.confusion_matrix_at_thresholds(y_true=dealt(y), y_score=dealt(scores))
        pooled = sklearn.metrics.confusion_matrix_at_thresholds(y_true=y, y_score=scores)
        assert all(np.array_equal(*pair) for pair in zip(federated, pooled, strict=True))
