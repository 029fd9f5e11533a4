"""Gradient boosting, AdaBoost, bagging and isolation forests: scikit-learn's loops and draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import pooled_rows
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
)
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestCentroid
from tree_cases import fit_over_parties, repeating

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.registry import support

_X, _LABELS, _NUMBERS = repeating(columns=4)
_BINARY = np.where(_LABELS == "high", "yes", "no")


def _target(model: Any) -> Any:
    if "Classifier" not in type(model).__name__:
        return _NUMBERS
    return _BINARY if getattr(model, "loss", "") == "exponential" else _LABELS


# -- gradient boosting ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        GradientBoostingRegressor(n_estimators=8, random_state=0),
        GradientBoostingRegressor(n_estimators=4, loss="absolute_error", random_state=0),
        GradientBoostingRegressor(n_estimators=4, loss="huber", alpha=0.8, random_state=0),
        GradientBoostingRegressor(n_estimators=4, loss="quantile", alpha=0.7, random_state=0),
        GradientBoostingRegressor(n_estimators=6, subsample=0.6, random_state=0),
        GradientBoostingRegressor(n_estimators=6, init="zero", random_state=0),
        GradientBoostingRegressor(n_estimators=6, init=LinearRegression(), random_state=0),
        GradientBoostingClassifier(n_estimators=5, random_state=0),
        GradientBoostingClassifier(n_estimators=6, loss="exponential", random_state=0),
    ],
    ids=lambda model: f"{type(model).__name__} {model.loss} {model.subsample} {model.init}",
)
def test_the_pooled_stages(model: Any, deal: Any) -> None:
    model = model.set_params(min_samples_leaf=6)
    y = _target(model)
    ours, pooled = fit_over_parties(model, deal, _X, y), clone(model).fit(_X, y)
    assert vars(ours).keys() == vars(pooled).keys()
    np.testing.assert_allclose(ours.train_score_, pooled.train_score_, rtol=0.02)
    first, other = ours.estimators_[0, 0].tree_, pooled.estimators_[0, 0].tree_
    assert sorted(first.n_node_samples.tolist()) == sorted(other.n_node_samples.tolist())
    np.testing.assert_allclose(
        np.sort(first.value[:, 0, 0]), np.sort(other.value[:, 0, 0]), atol=1e-6
    )
    if model.subsample < 1:
        np.testing.assert_allclose(ours.oob_improvement_[0], pooled.oob_improvement_[0], rtol=1e-6)


@pytest.mark.parametrize(
    "model",
    [
        GradientBoostingRegressor(n_estimators=40, n_iter_no_change=3, random_state=0),
        GradientBoostingClassifier(
            n_estimators=40, n_iter_no_change=3, validation_fraction=0.2, random_state=0
        ),
    ],
    ids=lambda model: type(model).__name__,
)
def test_early_stopping_looks_at_the_rows_that_scikit_learn_sets_aside(
    model: Any, deal: Any
) -> None:
    X, y = np.tile(_X, (2, 1)), np.tile(_target(model), 2)
    ours, pooled = fit_over_parties(model, deal, X, y), clone(model).fit(X, y)
    assert ours.n_estimators_ <= 40
    assert ours.n_estimators_ == pytest.approx(pooled.n_estimators_, abs=8)
    shared = min(ours.n_estimators_, pooled.n_estimators_, 4)
    np.testing.assert_allclose(ours.train_score_[:shared], pooled.train_score_[:shared], rtol=0.03)


def test_a_warm_start_goes_on(deal: Any) -> None:
    whole = fit_over_parties(
        GradientBoostingRegressor(n_estimators=6, random_state=0), deal, _X, _NUMBERS
    )
    dealt = deal(np.arange(len(_X)) % 3)
    model = FLModel(
        model=GradientBoostingRegressor(n_estimators=3, warm_start=True, random_state=0)
    )
    model.fit(dealt(_X), dealt(_NUMBERS)).set_params(n_estimators=6)
    resumed = model.fit(dealt(_X), dealt(_NUMBERS)).to_sklearn()
    np.testing.assert_allclose(resumed.train_score_, whole.train_score_, rtol=1e-9)


@pytest.mark.parametrize("kind", [GradientBoostingClassifier, AdaBoostClassifier])
def test_stages_over_parties(kind: Any, deal: Any) -> None:
    dealt = deal(np.arange(len(_X)) % 3)
    model = FLModel(model=kind(n_estimators=4, random_state=0)).fit(dealt(_X), dealt(_LABELS))
    alone = model.to_sklearn()
    for over_parties, here in zip(
        model.staged_predict(dealt(_X)), alone.staged_predict(_X), strict=True
    ):
        assert pooled_rows(over_parties).tolist() == here.tolist()


# -- AdaBoost -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        AdaBoostClassifier(n_estimators=8, random_state=0),
        AdaBoostClassifier(GaussianNB(), n_estimators=8, learning_rate=0.5, random_state=0),
    ],
    ids=["trees", "naive Bayes"],
)
def test_the_pooled_errors_and_weights(model: Any, deal: Any) -> None:
    ours, pooled = fit_over_parties(model, deal, _X, _LABELS), clone(model).fit(_X, _LABELS)
    assert vars(ours).keys() == vars(pooled).keys()
    np.testing.assert_allclose(ours.estimator_errors_[:2], pooled.estimator_errors_[:2], rtol=1e-9)
    assert ours.score(_X, _LABELS) == pytest.approx(pooled.score(_X, _LABELS), abs=0.06)


@pytest.mark.parametrize("loss", ["linear", "square", "exponential"])
def test_adaboost_of_numbers(loss: str, deal: Any) -> None:
    model = AdaBoostRegressor(n_estimators=12, loss=loss, random_state=0)
    ours, pooled = fit_over_parties(model, deal, _X, _NUMBERS), clone(model).fit(_X, _NUMBERS)
    assert ours.score(_X, _NUMBERS) == pytest.approx(pooled.score(_X, _NUMBERS), abs=0.1)


def test_estimators_without_weights_cannot_be_boosted(deal: Any) -> None:
    with pytest.raises(UnsupportedError, match="sample weights; use"):
        fit_over_parties(AdaBoostClassifier(NearestCentroid()), deal, _X, _LABELS)


def test_the_class_is_that_of_the_boosted_estimator() -> None:
    assert support(AdaBoostClassifier(GaussianNB())).exactness.value == "equivalent"
    assert support(AdaBoostClassifier()).exactness.value == "statistical"
    assert support(AdaBoostRegressor(Ridge())).exactness.value == "statistical"


# -- bagging --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        BaggingRegressor(Ridge(), n_estimators=4, random_state=0),
        BaggingRegressor(Ridge(), n_estimators=4, max_features=0.5, random_state=0),
        BaggingRegressor(Ridge(), max_samples=0.5, bootstrap=False, random_state=0),
        BaggingClassifier(GaussianNB(), bootstrap_features=True, random_state=0),
        BaggingClassifier(NearestCentroid(), n_estimators=4, random_state=0),
    ],
    ids=["plain", "some columns", "no bootstrap", "repeated columns", "without weights"],
)
def test_bagging_is_as_exact_as_its_estimator(model: Any, deal: Any) -> None:
    y = _target(model)
    ours, pooled = fit_over_parties(model, deal, _X, y), clone(model).fit(_X, y)
    assert vars(ours).keys() == vars(pooled).keys()
    for one, other in zip(ours.estimators_samples_, pooled.estimators_samples_, strict=True):
        assert one.tolist() == other.tolist()
    if y is _NUMBERS:
        np.testing.assert_allclose(ours.predict(_X), pooled.predict(_X), rtol=1e-9)
    else:
        assert ours.predict(_X).tolist() == pooled.predict(_X).tolist()


@pytest.mark.parametrize("kind", [BaggingClassifier, BaggingRegressor])
def test_bagged_trees_and_their_out_of_bag_score(kind: Any, deal: Any) -> None:
    y = _target(kind())
    model = kind(n_estimators=25, oob_score=True, random_state=0)
    ours, pooled = fit_over_parties(model, deal, _X, y), clone(model).fit(_X, y)
    assert ours.oob_score_ == pytest.approx(pooled.oob_score_, abs=0.07)
    assert [tree.random_state for tree in ours.estimators_] == [
        tree.random_state for tree in pooled.estimators_
    ]


def test_bagging_refuses_more_rows_than_there_are(deal: Any) -> None:
    with pytest.raises(DataError, match="max_samples must be <= n_samples"):
        fit_over_parties(BaggingRegressor(DummyRegressor(), max_samples=10_000), deal, _X, _NUMBERS)


# -- isolation forest -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [{}, {"contamination": 0.06}, {"max_features": 2, "max_samples": 64}],
    ids=str,
)
def test_outliers_are_found_as_well(parameters: Any, deal: Any) -> None:
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(300, 3)), rng.uniform(-6, 6, size=(20, 3))]
    inlier = np.arange(320) < 300
    model = IsolationForest(n_estimators=40, random_state=0, **parameters)
    ours, pooled = fit_over_parties(model, deal, X), clone(model).fit(X)
    assert vars(ours).keys() == vars(pooled).keys()
    found, expected = (roc_auc_score(inlier, one.score_samples(X)) for one in (ours, pooled))
    assert found > expected - 0.02
    assert ours.offset_ == pytest.approx(pooled.offset_, abs=0.05)
    assert [one.tolist() for one in ours.estimators_samples_] == [
        one.tolist() for one in pooled.estimators_samples_
    ]
    assert (ours.predict(X) == pooled.predict(X)).mean() > 0.9
