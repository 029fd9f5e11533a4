"""Every scorer of scikit-learn means the same for rows at the parties."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

import fedruntime
from fedruntime import metrics
from fedruntime.errors import UnsupportedError
from fedruntime.model_selection.scoring import federated_scorer

NAMES = sklearn.metrics.get_scorer_names()
CLUSTER = {
    name for name in NAMES if name.endswith("_score") and hasattr(sklearn.metrics.cluster, name)
}
REGRESSION = {
    name
    for name in NAMES
    if name in ("explained_variance", "r2") or "error" in name or "deviance" in name
}
MULTILABEL = {name for name in NAMES if name.endswith("_samples")}
BINARY = {name for name in NAMES if name not in CLUSTER | REGRESSION | MULTILABEL} - {
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
    "roc_auc_ovr",
    "roc_auc_ovr_weighted",
}


@pytest.fixture(name="rows")
def _rows(deal: Any) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 3))
    return deal(rng.integers(0, 3, 60)), X, X[:, 0] + rng.normal(size=60)


def same_score(name: Any, model: Any, dealt: Any, X: Any, y: Any) -> bool:
    federated = federated_scorer(name)(fedruntime.FLModel(model=model), dealt(X), dealt(y))
    pooled = sklearn.metrics.get_scorer(name)(model, X, y)
    return bool(np.isclose(federated, pooled, rtol=1e-13, atol=1e-14, equal_nan=True))


@pytest.mark.parametrize("name", NAMES)
def test_every_scorer_has_a_counterpart(name: str) -> None:
    assert callable(federated_scorer(name))


@pytest.mark.parametrize("name", sorted(REGRESSION))
def test_regressor(name: str, rows: Any) -> None:
    dealt, X, target = rows
    y = np.exp(target / 4) + 3
    assert same_score(name, LinearRegression().fit(X, y), dealt, X, y)


@pytest.mark.parametrize("classes", [(0, 1), (1, 2)])
@pytest.mark.parametrize("name", sorted(BINARY))
def test_binary_classifier(name: str, classes: Any, rows: Any) -> None:
    dealt, X, target = rows
    y = np.array(classes)[(target > 0).astype(int)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the second of two classes is always found
        assert same_score(name, LogisticRegression().fit(X, y), dealt, X, y)


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "jaccard_weighted",
        "neg_log_loss",
        "precision_micro",
        "roc_auc_ovo",
        "roc_auc_ovr_weighted",
        "top_k_accuracy",
    ],
)
def test_classifier_of_three_classes(name: str, rows: Any) -> None:
    dealt, X, target = rows
    y = np.array(["a", "b", "c"])[np.digitize(target, [-0.5, 0.5])]
    assert same_score(name, LogisticRegression().fit(X, y), dealt, X, y)


@pytest.mark.parametrize("name", ["average_precision", "roc_auc"])
def test_decision_function(name: str, rows: Any) -> None:
    dealt, X, target = rows
    y = np.array([1, 2])[(target > 0).astype(int)]
    assert same_score(name, LinearSVC().fit(X, y), dealt, X, y)


@pytest.mark.parametrize("name", sorted(CLUSTER))
def test_clusterer(name: str, rows: Any) -> None:
    dealt, X, target = rows
    model = KMeans(3, n_init=1, random_state=0).fit(X)
    assert same_score(name, model, dealt, X, (target > 0).astype(int))


@pytest.mark.parametrize("name", ["average_precision", "precision", "neg_brier_score"])
def test_positive_class_must_be_one_of_two(name: str, rows: Any) -> None:
    dealt, X, target = rows
    y = np.where(target > 0, "spam", "ham")
    model = LogisticRegression().fit(X, y)
    scorer = sklearn.metrics.get_scorer(name)
    if name == "neg_brier_score":  # it asks for no class, and takes the second
        scorer = sklearn.metrics.make_scorer(
            sklearn.metrics.brier_score_loss, response_method="predict_proba", pos_label="eggs"
        )
    with pytest.raises(ValueError, match="is not a valid label: It should be one of") as theirs:
        scorer(model, X, y)
    with pytest.raises(ValueError, match="is not a valid label") as ours:
        federated_scorer(scorer)(fedruntime.FLModel(model=model), dealt(X), dealt(y))
    assert str(ours.value) == str(theirs.value)


def test_other_metrics_are_refused() -> None:
    scorer = sklearn.metrics.make_scorer(sklearn.metrics.consensus_score)
    with pytest.raises(UnsupportedError, match="consensus_score has no counterpart"):
        federated_scorer(scorer)
    assert "consensus_score" not in metrics.__all__
