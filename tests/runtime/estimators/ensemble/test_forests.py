"""Forests: as good as pooled ones on any distribution of the rows, with scikit-learn's own
bootstrap samples and attributes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import pooled_rows
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from tree_cases import fit_over_parties, repeating

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_X, _LABELS, _NUMBERS = repeating()
_TRAIN, _TEST = slice(0, 160), slice(160, None)


def _target(model: Any) -> Any:
    return _LABELS if "Classifier" in type(model).__name__ else _NUMBERS


@pytest.mark.parametrize(
    "kind",
    [RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor],
)
def test_as_good_as_the_pooled_forest(kind: Any, deal: Any) -> None:
    y = _target(kind())
    model = kind(n_estimators=30, random_state=0)
    ours = fit_over_parties(model, deal, _X[_TRAIN], y[_TRAIN])
    pooled = [kind(n_estimators=30, random_state=seed) for seed in range(5)]
    scores = [one.fit(_X[_TRAIN], y[_TRAIN]).score(_X[_TEST], y[_TEST]) for one in pooled]
    spread = max(scores) - min(scores)
    assert ours.score(_X[_TEST], y[_TEST]) > min(scores) - max(spread, 0.03)
    assert vars(ours).keys() == vars(pooled[0]).keys()
    seeds = [tree.random_state for tree in pooled[0].estimators_]
    assert [tree.random_state for tree in ours.estimators_] == seeds
    np.testing.assert_allclose(ours.feature_importances_, pooled[0].feature_importances_, atol=0.1)


def test_classes_that_lie_at_different_parties(deal: Any) -> None:
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    model = RandomForestClassifier(n_estimators=25, random_state=0)
    dealt = deal(y[:500] // 4)
    ours = FLModel(model=clone(model)).fit(dealt(X[:500]), dealt(y[:500])).to_sklearn()
    assert (
        ours.score(X[500:], y[500:])
        > clone(model).fit(X[:500], y[:500]).score(X[500:], y[500:]) - 0.04
    )


def test_trees_are_fitted_on_the_samples_that_scikit_learn_draws(deal: Any) -> None:
    model = RandomForestRegressor(n_estimators=5, max_depth=2, max_samples=0.7, random_state=3)
    ours, pooled = fit_over_parties(model, deal, _X, _NUMBERS), clone(model).fit(_X, _NUMBERS)
    for one, other in zip(ours.estimators_samples_, pooled.estimators_samples_, strict=True):
        assert one.tolist() == other.tolist()
    # With all features at every node the trees are the same, ties aside.
    for one, other in zip(ours.estimators_, pooled.estimators_, strict=True):
        np.testing.assert_allclose(one.predict(_X), other.predict(_X), rtol=1e-10)


@pytest.mark.parametrize("kind", [RandomForestClassifier, RandomForestRegressor])
def test_out_of_bag_predictions_stay_at_the_parties(kind: Any, deal: Any) -> None:
    y = _target(kind())
    dealt = deal(np.arange(len(_X)) % 3)
    pooled = kind(n_estimators=40, oob_score=True, random_state=0).fit(_X, y)
    model = FLModel(model=kind(n_estimators=40, oob_score=True, random_state=0))
    model.fit(dealt(_X), dealt(y))
    assert model.oob_score_ == pytest.approx(pooled.oob_score_, abs=0.06)
    name = "oob_decision_function_" if y is _LABELS else "oob_prediction_"
    rows = pooled_rows(getattr(model, name)).astype(float)
    assert rows.shape == getattr(pooled, name).shape
    assert np.corrcoef(rows.ravel(), getattr(pooled, name).ravel())[0, 1] > 0.8


@pytest.mark.parametrize("class_weight", ["balanced", "balanced_subsample", {"high": 5.0}])
def test_class_weights(class_weight: Any, deal: Any) -> None:
    weights = class_weight
    if isinstance(class_weight, dict):
        weights = {"low": 1.0, "middle": 1.0, **class_weight}
    model = RandomForestClassifier(
        n_estimators=20, max_depth=4, class_weight=weights, random_state=0
    )
    ours, pooled = fit_over_parties(model, deal, _X, _LABELS), clone(model).fit(_X, _LABELS)
    apart = np.abs(ours.predict_proba(_X).mean(axis=0) - pooled.predict_proba(_X).mean(axis=0))
    assert apart.max() < 0.05


def test_rows_of_weight_zero_do_not_count(deal: Any) -> None:
    weight = np.where(_NUMBERS > 0, 1.0, 0.0)
    model = RandomForestRegressor(n_estimators=10, random_state=0)
    ours = fit_over_parties(model, deal, _X, _NUMBERS, sample_weight=weight)
    assert ours.predict(_X).min() > 0


def test_a_warm_start_keeps_the_trees_there_are(deal: Any) -> None:
    dealt = deal(np.arange(len(_X)) % 3)
    model = FLModel(model=RandomForestClassifier(n_estimators=3, warm_start=True, random_state=0))
    model.fit(dealt(_X), dealt(_LABELS))
    before = list(model.to_sklearn().estimators_)
    model.set_params(n_estimators=6).fit(dealt(_X), dealt(_LABELS))
    after = model.to_sklearn().estimators_
    assert after[:3] == before
    cold = RandomForestClassifier(n_estimators=6, random_state=0).fit(_X, _LABELS)
    assert [tree.random_state for tree in after] == [tree.random_state for tree in cold.estimators_]


def test_rounds_are_as_many_as_levels_and_not_trees(deal: Any) -> None:
    def rounds(trees: int) -> int:
        dealt = deal(np.arange(len(_X)) % 2)
        model = RandomForestClassifier(n_estimators=trees, max_depth=5, random_state=0)
        FLModel(model=model).fit(dealt(_X), dealt(_LABELS))
        return sum(entry.party == "party0" for entry in dealt.federation.ledger)

    assert rounds(40) <= rounds(4) + 5


@pytest.mark.parametrize(
    "model",
    [
        RandomForestRegressor(criterion="absolute_error"),
        RandomForestClassifier(bootstrap=True, oob_score=lambda y, p: 0.0),
        RandomForestClassifier(monotonic_cst=[1, 0, 0, 0, 0]),
    ],
    ids=["absolute error", "oob_score by a function", "monotonic"],
)
def test_what_sums_do_not_give_is_refused(model: Any, deal: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"use |supported"):
        fit_over_parties(model, deal, _X, _target(model))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"max_samples": 10}, "bootstrap=False"), ({"oob_score": True}, "bootstrap=True")],
)
def test_scikit_learns_own_errors(parameters: Any, message: str, deal: Any) -> None:
    with pytest.raises(DataError, match=message):
        fit_over_parties(ExtraTreesClassifier(**parameters), deal, _X, _LABELS)


def test_leaves_as_features(deal: Any) -> None:
    dealt = deal(np.arange(len(_X)) % 3)
    model = FLModel(model=RandomTreesEmbedding(n_estimators=6, max_depth=3, random_state=0))
    rows = pooled_rows(model.fit_transform(dealt(_X))).astype(float)
    assert rows.sum(axis=1).tolist() == [6.0] * len(_X)
    assert (rows.sum(axis=0) > 0).all()
    assert len(model.get_feature_names_out()) == rows.shape[1]
