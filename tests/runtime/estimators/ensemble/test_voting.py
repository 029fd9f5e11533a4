"""Voting: every estimator is fitted as if it were alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from parts_cases import assert_same, classes, fit_both, numbers
from pooled_twin import pooled_rows
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_LABELS = [
    ("plain", LogisticRegression()),
    ("scaled", make_pipeline(StandardScaler(), LogisticRegression(C=0.1))),
]


@pytest.mark.parametrize(
    "model",
    [
        VotingClassifier(_LABELS),
        VotingClassifier(_LABELS, voting="soft", weights=[2, 1]),
        VotingClassifier([*_LABELS, ("none", "drop")], flatten_transform=False),
        VotingRegressor([("ridge", Ridge()), ("plain", LinearRegression())], weights=[1, 3]),
    ],
    ids=["hard", "soft and weighted", "one dropped", "regressor"],
)
def test_the_pooled_votes(model: Any, deal: Any) -> None:
    X, y = numbers() if isinstance(model, VotingRegressor) else classes()
    ours, pooled, dealt = fit_both(model, X, y, deal)
    assert_same(ours, pooled)
    predicted = pooled_rows(ours.predict(dealt(X)))
    if isinstance(model, VotingRegressor):
        np.testing.assert_allclose(predicted.astype(float), pooled.predict(X), rtol=1e-9)
    else:
        assert predicted.tolist() == pooled.predict(X).tolist()
    assert ours.score(dealt(X), dealt(y)) == pytest.approx(pooled.score(X, y), rel=1e-9)


def test_weights_reach_every_estimator(deal: Any) -> None:
    X, y = classes()
    weight = np.arange(len(y)) % 3 + 0.5
    model = VotingClassifier([("one", LogisticRegression()), ("two", LogisticRegression(C=9.0))])
    ours, pooled, _ = fit_both(model, X, y, deal, sample_weight=weight)
    assert_same(ours, pooled)


def test_an_estimator_without_weights_refuses_them(deal: Any) -> None:
    X, y = classes()
    dealt = deal(np.arange(len(y)) % 2)
    model = FLModel(model=VotingClassifier(_LABELS))
    with pytest.raises(DataError, match="sample_weight"):
        model.fit(dealt(X), dealt(y), dealt(np.ones(len(y))))


def test_an_unsupported_estimator_is_named_before_anything_is_sent(deal: Any) -> None:
    X, y = classes()
    dealt = deal(np.arange(len(y)) % 2)
    model = FLModel(model=VotingClassifier([*_LABELS, ("near", KNeighborsClassifier())]))
    with pytest.raises(UnsupportedError, match=r"'near'.*KNeighborsClassifier"):
        model.fit(dealt(X), dealt(y))
    assert len(dealt.federation.ledger) == 0


def test_as_many_weights_as_estimators(deal: Any) -> None:
    X, y = classes()
    dealt = deal(np.arange(len(y)) % 2)
    model = FLModel(model=VotingClassifier(_LABELS, weights=[1, 2, 3]))
    with pytest.raises(DataError, match="3 weights, 2 estimators"):
        model.fit(dealt(X), dealt(y))
