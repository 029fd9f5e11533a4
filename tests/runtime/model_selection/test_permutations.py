"""Permutation tests: the score is the pooled one, and values are permuted within parties only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.inspection
import sklearn.model_selection
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from split_cases import pooled

from fedruntime import FLModel, inspection, model_selection
from fedruntime.errors import UnsupportedError
from fedruntime.model_selection.permutations import permuted_rows


def _iris(deal: Any) -> tuple[Any, Any, Any, Any]:
    X, y = load_iris(return_X_y=True)
    dealt = deal(np.arange(len(y)) % 3)
    return X, y, dealt(X), dealt(y)


def test_labels_are_permuted_within_each_party(deal: Any) -> None:
    rows = deal([0] * 30 + [1] * 30)(np.arange(60))
    permuted = pooled(permuted_rows(rows, np.random.RandomState(0)))
    assert sorted(permuted[:30]) == list(range(30))
    assert sorted(permuted[30:]) == list(range(30, 60))
    assert permuted.tolist() != list(range(60))


def test_the_score_is_pooled_and_labels_without_order_score_worse(deal: Any) -> None:
    X, y, rows, labels = _iris(deal)
    score, permuted, pvalue = model_selection.permutation_test_score(
        LogisticRegression(), rows, labels, n_permutations=9, random_state=0, cv=3
    )
    expected = sklearn.model_selection.cross_val_score(LogisticRegression(), X, y, cv=3).mean()
    assert score == expected
    assert len(permuted) == 9
    assert permuted.max() < 0.6
    assert pvalue == 0.1


def test_an_unimportant_feature_has_no_importance(deal: Any) -> None:
    X, y, rows, labels = _iris(deal)
    model = FLModel(model=LogisticRegression()).fit(rows, labels)
    model.coef_[:, 0] = 0.0
    found = inspection.permutation_importance(model, rows, labels, n_repeats=3, random_state=0)
    assert found.importances.shape == (4, 3)
    assert found.importances[0].tolist() == [0.0] * 3
    theirs = sklearn.inspection.permutation_importance(
        model.to_sklearn(), X, y, n_repeats=20, random_state=0
    )
    assert np.argmax(found.importances_mean) == np.argmax(theirs.importances_mean)


def test_several_scorings_of_some_rows(deal: Any) -> None:
    _, _, rows, labels = _iris(deal)
    model = FLModel(model=LogisticRegression()).fit(rows, labels)
    found = inspection.permutation_importance(
        model, rows, labels, scoring=["accuracy", "f1_macro"], max_samples=0.5, random_state=0
    )
    assert found.keys() == {"accuracy", "f1_macro"}
    assert found["accuracy"].importances.shape == (4, 5)


def test_weights_are_refused(deal: Any) -> None:
    _, _, rows, labels = _iris(deal)
    model = FLModel(model=LogisticRegression()).fit(rows, labels)
    with pytest.raises(UnsupportedError, match="sample_weight"):
        inspection.permutation_importance(model, rows, labels, sample_weight=labels)
