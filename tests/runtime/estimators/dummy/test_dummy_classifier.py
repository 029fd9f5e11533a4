"""``DummyClassifier`` over parties against the pooled one: strategies, weights, several targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.dummy import DummyClassifier

from fedruntime import FLModel

_RNG = np.random.default_rng(8)
_Y = _RNG.choice(np.array(["ash", "beech", "oak"]), size=40, p=[0.2, 0.5, 0.3])
_X = _RNG.normal(size=(40, 2))
_SEVERAL = np.column_stack([_RNG.integers(3, size=40), _RNG.integers(2, size=40)])
_WEIGHT = np.where(_Y == "ash", 3.5, 0.25)
_SURE = ["most_frequent", "prior"]
_DRAWN = ["stratified", "uniform"]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("strategy", [*_SURE, *_DRAWN])
def test_strategies(strategy: str, weighted: bool, dealt: Any) -> None:
    weight = {"sample_weight": _WEIGHT} if weighted else {}
    for targets in (_Y, _SEVERAL):
        model = DummyClassifier(strategy=strategy, random_state=0)
        ours, pooled, handle = fit_both(model, _X, dealt, y=targets, **weight)
        assert_same_state(ours, pooled, rtol=1e-15 if weighted else 0.0)
        if strategy in _SURE:
            assert_same_rows(ours.predict(handle), pooled.predict(_X))


def test_constants(dealt: Any) -> None:
    for constant, targets in (("oak", _Y), ([2, 0], _SEVERAL)):
        model = DummyClassifier(strategy="constant", constant=constant)
        ours, pooled, handle = fit_both(model, _X, dealt, y=targets)
        assert_same_state(ours, pooled)
        assert_same_rows(ours.predict(handle), pooled.predict(_X))


def test_it_looks_at_no_features(dealt: Any) -> None:
    frame = pd.DataFrame({"a": np.where(_X[:, 0] > 0, "x", None), "b": np.nan})
    for rows in (frame, sparse.csr_matrix(_X), _X[:, 0]):
        ours, pooled, _ = fit_both(DummyClassifier(), rows, dealt, y=_Y)
        assert_same_state(ours, pooled)


@pytest.mark.parametrize("strategy", _DRAWN)
def test_predictions_that_are_drawn_are_statistical(strategy: str, deal: Any) -> None:
    dealer = deal([0, 1] * 20)
    model = FLModel(model=DummyClassifier(strategy=strategy, random_state=0))
    model.fit(dealer(_X), dealer(_Y))
    assert model.exactness == "statistical"
    assert 0 <= model.score(dealer(_X), dealer(_Y)) <= 1


@pytest.mark.parametrize("strategy", _SURE)
def test_scores(strategy: str, deal: Any) -> None:
    dealer = deal([0, 1] * 20)
    model = FLModel(model=DummyClassifier(strategy=strategy)).fit(dealer(_X), dealer(_Y))
    pooled = DummyClassifier(strategy=strategy).fit(_X, _Y)
    assert model.score(dealer(_X), dealer(_Y)) == pooled.score(_X, _Y)


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 20)
    for constant, targets, message in (
        (None, _Y, "Constant target value has to be specified"),
        ("yew", _Y, "must be present in the training data"),
        (1, _SEVERAL, "should have shape"),
    ):
        model = DummyClassifier(strategy="constant", constant=constant)
        with pytest.raises(ValueError, match=message):
            FLModel(model=model).fit(dealer(_X), dealer(targets))
