"""An estimator a column of the target, alone or in a chain: the pooled ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from parts_cases import assert_same, fit_both, numbers, several_labels
from pooled_twin import pooled_rows
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_LABELS = LogisticRegression()


def _several_numbers() -> tuple[Any, Any]:
    X, y = numbers()
    return X, np.stack([y, np.sqrt(y), X[:, 2]], axis=1)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (MultiOutputClassifier(_LABELS), several_labels),
        (MultiOutputRegressor(Ridge()), _several_numbers),
        (ClassifierChain(_LABELS, order=[2, 0, 1]), several_labels),
        (ClassifierChain(_LABELS, cv=3, order="random", random_state=5), several_labels),
        (RegressorChain(Ridge()), _several_numbers),
        (RegressorChain(Ridge(), cv=4, order=(1, 2, 0)), _several_numbers),
    ],
    ids=[
        "classes",
        "numbers",
        "chain of classes",
        "chain of predicted classes",
        "chain of numbers",
        "chain of predicted numbers",
    ],
)
def test_the_pooled_estimators(model: Any, data: Any, deal: Any) -> None:
    X, y = data()
    ours, pooled, dealt = fit_both(model, X, y, deal)
    assert_same(ours, pooled)
    predicted = pooled_rows(ours.predict(dealt(X))).astype(float)
    np.testing.assert_allclose(predicted, pooled.predict(X), rtol=0, atol=1e-9)
    assert ours.score(dealt(X), dealt(y)) == pytest.approx(pooled.score(X, y), rel=1e-9)


@pytest.mark.parametrize("model", [MultiOutputRegressor(Ridge()), MultiOutputClassifier(_LABELS)])
def test_weights_reach_every_estimator(model: Any, deal: Any) -> None:
    X, y = several_labels()
    weight = np.arange(len(y)) % 3 + 0.5
    ours, pooled, _ = fit_both(model, X, y, deal, sample_weight=weight)
    assert_same(ours, pooled)


def test_one_column_is_no_vector(deal: Any) -> None:
    X, y = numbers()
    dealt = deal(np.arange(len(y)) % 2)
    with pytest.raises(DataError, match="at least two dimensions"):
        FLModel(model=MultiOutputRegressor(Ridge())).fit(dealt(X), dealt(y))


def test_an_order_that_is_none_is_refused(deal: Any) -> None:
    X, y = several_labels()
    dealt = deal(np.arange(len(y)) % 2)
    with pytest.raises(DataError, match="invalid order"):
        FLModel(model=ClassifierChain(_LABELS, order=[0, 0, 1])).fit(dealt(X), dealt(y))


def test_probabilities_of_several_targets_are_refused(deal: Any) -> None:
    X, y = several_labels()
    ours, _, dealt = fit_both(MultiOutputClassifier(_LABELS), X, y, deal)
    with pytest.raises(UnsupportedError, match="gives several results"):
        ours.predict_proba(dealt(X))
