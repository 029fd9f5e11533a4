"""Decision trees: where values repeat, the trees that scikit-learn grows; equally good splits and
values that do not repeat are where they may differ.
"""

from __future__ import annotations

import io
from typing import Any

import joblib
import numpy as np
import pytest
from pooled_twin import pooled_rows
from scipy import sparse
from sklearn.base import clone
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
    export_text,
)
from tree_cases import fit_over_parties, pooled_twin_of, repeating, shape, smooth

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.registry import support

_X, _LABELS, _NUMBERS = repeating()


def _target(model: Any) -> Any:
    return _LABELS if "Classifier" in type(model).__name__ else _NUMBERS


# Leaves of many rows leave few equally good splits, so that a few seeds show all of them.
_EXACT = [
    DecisionTreeClassifier(min_samples_leaf=9),
    DecisionTreeClassifier(min_samples_leaf=0.05, criterion="entropy"),
    DecisionTreeClassifier(min_samples_leaf=9, class_weight="balanced"),
    DecisionTreeClassifier(max_leaf_nodes=7, min_samples_leaf=9),
    DecisionTreeClassifier(min_impurity_decrease=0.02),
    DecisionTreeClassifier(min_weight_fraction_leaf=0.06, max_depth=4),
    DecisionTreeClassifier(min_samples_leaf=9, ccp_alpha=0.01),
    DecisionTreeRegressor(min_samples_leaf=5),
    DecisionTreeRegressor(max_depth=4),
    DecisionTreeRegressor(max_leaf_nodes=12),
    DecisionTreeRegressor(min_samples_split=30, min_samples_leaf=3),
    DecisionTreeRegressor(min_samples_leaf=5, ccp_alpha=0.01),
]


@pytest.mark.parametrize("model", _EXACT, ids=str)
def test_the_pooled_tree_comes_out(model: Any, deal: Any) -> None:
    ours = fit_over_parties(model, deal, _X, _target(model))
    pooled = pooled_twin_of(ours, model, _X, _target(model))
    assert shape(ours) == shape(pooled)
    for name in ("children_left", "children_right", "feature", "n_node_samples"):
        assert getattr(ours.tree_, name).tolist() == getattr(pooled.tree_, name).tolist(), name
    for name in ("threshold", "impurity", "weighted_n_node_samples", "value"):
        np.testing.assert_allclose(
            getattr(ours.tree_, name), getattr(pooled.tree_, name), rtol=1e-11, atol=1e-12
        )
    np.testing.assert_allclose(ours.feature_importances_, pooled.feature_importances_, atol=1e-11)


@pytest.mark.parametrize("model", [DecisionTreeClassifier(), DecisionTreeRegressor()], ids=str)
def test_a_full_tree_predicts_its_training_rows(model: Any, deal: Any) -> None:
    y = _target(model)
    pooled = clone(model).set_params(random_state=0).fit(_X, y)
    ours = fit_over_parties(model, deal, _X, y)
    assert ours.score(_X, y) == pytest.approx(pooled.score(_X, y), abs=1e-12)


def test_poisson_deviance(deal: Any) -> None:
    y = np.exp(_NUMBERS).round(1)
    model = DecisionTreeRegressor(criterion="poisson", min_samples_leaf=8)
    pooled = clone(model).fit(_X, y)
    ours = fit_over_parties(model, deal, _X, y)
    assert ours.tree_.feature.tolist() == pooled.tree_.feature.tolist()
    np.testing.assert_allclose(ours.tree_.impurity, pooled.tree_.impurity, rtol=1e-9, atol=1e-12)


def test_several_targets(deal: Any) -> None:
    Y = np.column_stack([_NUMBERS, _NUMBERS**2])
    model = DecisionTreeRegressor(min_samples_leaf=8)
    pooled = clone(model).fit(_X, Y)
    ours = fit_over_parties(model, deal, _X, Y)
    np.testing.assert_allclose(ours.predict(_X), pooled.predict(_X), rtol=1e-11)


def test_sample_weights(deal: Any) -> None:
    weight = np.random.default_rng(0).integers(0, 3, size=len(_X)).astype(float)
    model = DecisionTreeClassifier(min_samples_leaf=9)
    pooled = clone(model).fit(_X, _LABELS, weight)
    ours = fit_over_parties(model, deal, _X, _LABELS, sample_weight=weight)
    assert ours.tree_.n_node_samples.tolist() == pooled.tree_.n_node_samples.tolist()
    np.testing.assert_allclose(ours.predict_proba(_X), pooled.predict_proba(_X), atol=1e-12)


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, DecisionTreeRegressor])
def test_missing_values_go_to_the_better_side(kind: Any, deal: Any) -> None:
    X = _X.copy()
    X[np.random.default_rng(3).random(size=X.shape) < 0.15] = np.nan
    y = _target(kind())
    model = kind(min_samples_leaf=12, max_depth=2)
    ours = fit_over_parties(model, deal, X, y)
    pooled = pooled_twin_of(ours, model, X, y)
    assert ours.tree_.missing_go_to_left.tolist() == pooled.tree_.missing_go_to_left.tolist()
    np.testing.assert_allclose(ours.tree_.threshold, pooled.tree_.threshold)
    assert ours.score(X, y) == pytest.approx(pooled.score(X, y), abs=1e-12)


def test_sparse_rows(deal: Any) -> None:
    X = sparse.csr_matrix(np.where(np.abs(_X) < 0.5, 0, _X))
    model = DecisionTreeRegressor(min_samples_leaf=6)
    np.testing.assert_allclose(
        fit_over_parties(model, deal, X, _NUMBERS).predict(X),
        clone(model).fit(X, _NUMBERS).predict(X),
        rtol=1e-11,
    )


def test_values_that_do_not_repeat_are_split_at_quantiles(deal: Any) -> None:
    X, y = smooth()
    train, test = slice(0, 200), slice(200, None)
    model = DecisionTreeRegressor(min_samples_leaf=8, random_state=0)
    pooled = clone(model).fit(X[train], y[train])
    ours = fit_over_parties(model, deal, X[train], y[train])
    assert ours.score(X[test], y[test]) > pooled.score(X[test], y[test]) - 0.1
    told = set(np.float32(X[train]).ravel().tolist())
    used = set(ours.tree_.threshold[ours.tree_.feature >= 0].tolist())
    # 40 quantiles of each of 4 columns at most, and points halfway between them.
    assert len(used & told) <= 160


@pytest.mark.parametrize(
    "model",
    [
        ExtraTreeClassifier(random_state=0),
        ExtraTreeRegressor(random_state=0),
        DecisionTreeClassifier(splitter="random", random_state=0),
        DecisionTreeClassifier(max_features="sqrt", random_state=0),
        DecisionTreeRegressor(max_features=2, random_state=0),
    ],
    ids=str,
)
def test_random_splits_fit_as_well(model: Any, deal: Any) -> None:
    y = _target(model)
    pooled = clone(model).fit(_X, y)
    ours = fit_over_parties(model, deal, _X, y)
    assert ours.max_features_ == pooled.max_features_
    assert ours.score(_X, y) == pytest.approx(pooled.score(_X, y), abs=1e-9)
    depth, leaves = shape(ours)
    assert abs(leaves - shape(pooled)[1]) < 0.25 * leaves
    assert depth > 3


def test_the_result_is_scikit_learns_own(deal: Any) -> None:
    model = DecisionTreeClassifier(max_depth=3, random_state=0)
    ours, pooled = fit_over_parties(model, deal, _X, _LABELS), clone(model).fit(_X, _LABELS)
    assert vars(ours).keys() == vars(pooled).keys()
    assert export_text(ours) == export_text(pooled)
    assert ours.apply(_X).tolist() == pooled.apply(_X).tolist()
    file = io.BytesIO()
    joblib.dump(ours, file)
    file.seek(0)
    assert joblib.load(file).predict(_X).tolist() == ours.predict(_X).tolist()


def test_leaves_and_pruning_path_over_parties(deal: Any) -> None:
    dealt = deal(np.arange(len(_X)) % 3)
    model = FLModel(model=DecisionTreeClassifier(min_samples_leaf=9, random_state=0))
    path = model.cost_complexity_pruning_path(dealt(_X), dealt(_LABELS))
    pooled = DecisionTreeClassifier(min_samples_leaf=9, random_state=0)
    expected = pooled.cost_complexity_pruning_path(_X, _LABELS)
    np.testing.assert_allclose(path.ccp_alphas, expected.ccp_alphas, atol=1e-12)
    model.fit(dealt(_X), dealt(_LABELS))
    leaves = pooled_rows(model.apply(dealt(_X)))
    assert leaves.tolist() == model.to_sklearn().apply(_X).tolist()


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeRegressor(criterion="absolute_error"),
        DecisionTreeClassifier(monotonic_cst=[1, 0, 0, 0, 0]),
    ],
    ids=str,
)
def test_what_sums_do_not_give_is_refused(model: Any, deal: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"use |supported"):
        fit_over_parties(model, deal, _X, _target(model))


@pytest.mark.parametrize(
    ("model", "y", "message"),
    [
        (DecisionTreeRegressor(criterion="poisson"), -np.abs(_NUMBERS), "negative"),
        (DecisionTreeClassifier(), np.stack([_LABELS, _LABELS], axis=1), "MultiOutputClassifier"),
    ],
)
def test_targets_that_do_not_fit(model: Any, y: Any, message: str, deal: Any) -> None:
    with pytest.raises((DataError, UnsupportedError), match=message):
        fit_over_parties(model, deal, _X, y)


def test_infinity_is_named_by_its_column(deal: Any) -> None:
    X = _X.copy()
    X[5, 2] = np.inf
    with pytest.raises(DataError, match=r"infinity.*column 2"):
        fit_over_parties(DecisionTreeClassifier(), deal, X, _LABELS)


def test_columns_without_information_leave_a_single_leaf(deal: Any) -> None:
    ours = fit_over_parties(DecisionTreeClassifier(), deal, np.ones((30, 2)), _LABELS[:30])
    assert shape(ours) == (0, 1)


def test_no_party_tells_values_in_the_clear(deal: Any) -> None:
    dealt = deal(np.arange(len(_X)) % 3)
    FLModel(model=DecisionTreeRegressor()).fit(dealt(_X), dealt(_NUMBERS))
    kinds = {
        entry.protection for entry in dealt.federation.ledger if entry.operation[:6] != "secure"
    }
    assert kinds == {"masked", "facts"}


def test_the_class_is_stated() -> None:
    answer = support(DecisionTreeClassifier())
    assert answer.exactness.value == "statistical"
    assert "quantiles" in answer.how
