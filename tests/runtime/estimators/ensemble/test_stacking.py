"""Stacking: the final estimator sees what the pooled one sees, and nobody else does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from parts_cases import assert_same, classes, fit_both, numbers, two_classes
from pooled_twin import pooled_rows
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel

_LABELS = [("one", LogisticRegression()), ("two", LogisticRegression(C=0.01))]
_FINAL = LogisticRegression(C=0.5)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (StackingClassifier(_LABELS, _FINAL), classes),
        (StackingClassifier(_LABELS, _FINAL, cv=3, passthrough=True), two_classes),
        (StackingClassifier(_LABELS, _FINAL, stack_method="decision_function"), two_classes),
        (
            StackingRegressor(
                [("ridge", Ridge()), ("none", "drop"), ("plain", LinearRegression())],
                Ridge(),
                cv=KFold(4, shuffle=True, random_state=1),
                passthrough=True,
            ),
            numbers,
        ),
    ],
    ids=["three classes", "two classes and rows", "decisions", "numbers and rows"],
)
def test_the_pooled_stack(model: Any, data: Any, deal: Any) -> None:
    X, y = data()
    ours, pooled, dealt = fit_both(model, X, y, deal)
    assert_same(ours, pooled)
    assert ours.score(dealt(X), dealt(y)) == pytest.approx(pooled.score(X, y), rel=1e-9)
    shown = pooled_rows(ours.transform(dealt(X))).astype(float)
    np.testing.assert_allclose(shown, pooled.transform(X), rtol=0, atol=1e-8)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()


def test_weights_reach_every_part(deal: Any) -> None:
    X, y = classes()
    weight = np.arange(len(y)) % 3 + 0.5
    model = StackingClassifier(_LABELS, _FINAL)
    ours, pooled, _ = fit_both(model, X, y, deal, sample_weight=weight)
    assert_same(ours, pooled)


def test_fitted_estimators_are_not_fitted_again(deal: Any) -> None:
    X, y = classes()
    fitted = [(name, part.fit(X, np.unique(y, return_inverse=True)[1])) for name, part in _LABELS]
    ours, pooled, _ = fit_both(StackingClassifier(fitted, _FINAL, cv="prefit"), X, y, deal)
    assert_same(ours, pooled)


def test_a_final_estimator_that_is_no_classifier_is_refused(deal: Any) -> None:
    X, y = classes()
    dealt = deal(np.arange(len(y)) % 2)
    with pytest.raises(ValueError, match="should be a classifier"):
        FLModel(model=StackingClassifier(_LABELS, Ridge())).fit(dealt(X), dealt(y))


def test_predictions_of_single_rows_stay_at_the_parties(deal: Any) -> None:
    X, y = classes()
    _, _, dealt = fit_both(StackingClassifier(_LABELS, _FINAL), X, y, deal)
    held = {50, 150, 120, 30}  # rows of a party, of all, and of the folds
    for entry in dealt.federation.ledger:
        for name, shape in entry.content:
            assert not held & set(shape), f"{entry.operation}: {name}, {shape}"


def test_a_scaler_does_not_stack(deal: Any) -> None:
    X, y = classes()
    dealt = deal(np.arange(len(y)) % 2)
    model = StackingClassifier([("scale", StandardScaler())], _FINAL)
    with pytest.raises(ValueError, match="does not implement the method"):
        FLModel(model=model).fit(dealt(X), dealt(y))
