"""However the columns lie, the pooled trees come out, and nobody sees gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from columns_dealt import LAYOUTS, binary, deal, multiclass, pooled, regression, split
from sklearn.base import clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.errors import UnsupportedError
from fedruntime.operations import is_sealed
from fedruntime.vertical.boosting import trees

SMALL = {"max_iter": 3, "max_bins": 12, "max_leaf_nodes": 7}


def with_gaps() -> pd.DataFrame:
    """Diabetes, where every seventh value is missing in places that have to do with the target."""
    table = regression().iloc[:200]
    features = table.drop(columns="target")
    numbers = np.arange(features.size).reshape(features.shape)
    high = (table["target"] > 150).to_numpy()[:, np.newaxis]
    return features.mask((numbers % 7 == 0) | (high & (numbers % 3 == 0))).assign(
        target=table["target"]
    )


CASES = [
    (HistGradientBoostingRegressor(**SMALL), regression),
    (HistGradientBoostingRegressor(**SMALL), with_gaps),
    (HistGradientBoostingClassifier(**SMALL), binary),
    (HistGradientBoostingClassifier(**SMALL), multiclass),
]


def assert_same_trees(ours: Any, theirs: Any) -> None:
    """The same splits of the same rows; values but for the rounding of sums."""
    assert len(ours._predictors) == len(theirs._predictors)
    for own, others in zip(ours._predictors, theirs._predictors, strict=True):
        for mine, other in zip(own, others, strict=True):
            inner = other.nodes["is_leaf"] == 0
            for name in ("count", "left", "right", "depth", "is_leaf"):
                assert (mine.nodes[name] == other.nodes[name]).all(), name
            for name in ("feature_idx", "bin_threshold", "num_threshold", "missing_go_to_left"):
                assert (mine.nodes[name][inner] == other.nodes[name][inner]).all(), name
            np.testing.assert_allclose(
                mine.nodes["value"], other.nodes["value"], rtol=1e-10, atol=1e-12
            )


@pytest.mark.parametrize(
    "layout",
    ["two parties", "three parties, columns dealt by turns", "the label alone at a party"],
)
@pytest.mark.parametrize(("model", "data"), CASES)
def test_the_pooled_trees_come_out(model: Any, data: Any, layout: str) -> None:
    table = data()
    X, y = split(deal(table, layout))
    ours, theirs = FLModel(model=clone(model)).fit(X, y), clone(model).fit(*split(table))
    assert_same_trees(ours, theirs)
    features, target = split(table)
    predicted, expected = pooled(ours.predict(X)), theirs.predict(features)
    if is_classifier(theirs):
        assert (predicted == expected).all()
        for method in ("predict_proba", "decision_function"):
            found, pooled_one = pooled(getattr(ours, method)(X)), getattr(theirs, method)(features)
            np.testing.assert_allclose(found, pooled_one, rtol=1e-10, atol=1e-12)
    else:
        np.testing.assert_allclose(predicted, expected, rtol=1e-12)
    np.testing.assert_allclose(ours.score(X, y), theirs.score(features, target), rtol=1e-10)
    taken = ours.to_sklearn().predict(features)
    assert (taken == predicted).all()


def test_other_parameters_of_growing() -> None:
    table = regression()
    model = HistGradientBoostingRegressor(
        max_iter=3, max_bins=255, max_features=0.5, max_depth=3, l2_regularization=1.0,
        random_state=3,
    )  # fmt: skip
    ours = FLModel(model=clone(model)).fit(*split(deal(table)))
    assert_same_trees(ours, clone(model).fit(*split(table)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_column_reaches_the_coordinator_unsealed(layout: str) -> None:
    table = multiclass().iloc[:149]
    X, y = split(deal(table, layout))
    replies: list[Any] = []
    call = X.federation.engine.call

    def listen(requests: Any, *args: Any, **options: Any) -> Any:
        answered = call(requests, *args, **options)
        replies.extend(answered.values())
        return answered

    X.federation.engine.call = listen
    model = FLModel(model=HistGradientBoostingClassifier(**SMALL)).fit(X, y)
    model.predict(X)
    clear = [
        array for reply in replies for name, array in reply.arrays.items() if not is_sealed(name)
    ]
    assert len(replies) > 20
    assert any(is_sealed(name) for reply in replies for name in reply.arrays)
    # 149 is prime: no table of as many rows is among them, in whatever shape.
    assert not [array.shape for array in clear if array.size and array.size % len(table) == 0]


def test_edges_of_columns_that_no_tree_splits_stay_at_their_party() -> None:
    table = regression()
    ours = FLModel(model=HistGradientBoostingRegressor(**SMALL)).fit(*split(deal(table)))
    shown = {
        (int(node["feature_idx"]), float(node["num_threshold"]))
        for (tree,) in ours._predictors
        for node in tree.nodes
        if not node["is_leaf"]
    }
    known = {
        (feature, float(edge))
        for feature, edges in enumerate(ours._bin_mapper.bin_thresholds_)
        for edge in edges[~np.isnan(edges)]
    }
    assert known == shown


@pytest.mark.parametrize(
    "refused",
    [
        {"loss": "absolute_error"},
        {"early_stopping": True},
        {"categorical_features": [0]},
        {"monotonic_cst": [1] * 10},
        {"interaction_cst": "no_interactions"},
        {"warm_start": True},
    ],
    ids=lambda refused: next(iter(refused)),
)
def test_what_has_no_fit_is_refused_before_anything_is_sent(refused: dict[str, Any]) -> None:
    X, y = split(deal(regression()))
    before = len(list(X.federation.ledger))
    with pytest.raises(UnsupportedError, match=next(iter(refused))):
        FLModel(model=HistGradientBoostingRegressor(**refused)).fit(X, y)
    assert len(list(X.federation.ledger)) == before


def test_categories_are_refused_before_anything_is_sent() -> None:
    table = regression().astype({"sex": "category"})
    X, y = split(deal(table))
    before = len(list(X.federation.ledger))
    with pytest.raises(UnsupportedError, match="encode them first"):
        FLModel(model=HistGradientBoostingRegressor(**SMALL)).fit(X, y)
    assert len(list(X.federation.ledger)) == before


def test_arrays_in_a_search_over_pipelines() -> None:
    table = regression()
    X, y = split(deal(table))
    features, target = split(table)
    model = GridSearchCV(
        make_pipeline(StandardScaler(), HistGradientBoostingRegressor(**SMALL)),
        {"histgradientboostingregressor__learning_rate": [0.1, 0.5]},
        cv=2,
    )
    ours = FLModel(model=clone(model)).fit(X.to_numpy(), y)
    theirs = clone(model).fit(features.to_numpy(), target)
    assert ours.best_params_ == theirs.best_params_
    scores, expected = ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"]
    np.testing.assert_allclose(scores, expected, rtol=1e-10)


def test_more_bins_than_can_be_masked_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "_MOST_BYTES", 1000)
    X, y = split(deal(regression()))
    with pytest.raises(UnsupportedError, match="set a smaller max_bins"):
        FLModel(model=HistGradientBoostingRegressor(**SMALL)).fit(X, y)
