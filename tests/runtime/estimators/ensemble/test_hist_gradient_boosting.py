"""Histogram-based boosting: the pooled trees under every option, and what is refused."""

from __future__ import annotations

import inspect
import io
import warnings
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from pooled_twin import pooled_rows
from scipy import sparse
from sklearn._loss.loss import HalfSquaredError
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier as Classifier
from sklearn.ensemble import HistGradientBoostingRegressor as Regressor
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.inspection import partial_dependence

import fedruntime
from fedruntime import FLModel
from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, RevealError, UnsupportedError
from fedruntime.estimators.ensemble import boosting_bins

_ROWS = 240
_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(_ROWS, 5))
X[:, 1] = _RNG.integers(0, 5, _ROWS)
X[:, 2] = X[:, 2].round(1)
X[:, 4] = _RNG.integers(0, 9, _ROWS)
HOLED = np.where(_RNG.random(X.shape) < 0.15, np.nan, X)
NUMBERS = 2 * X[:, 0] + X[:, 1] + np.sin(3 * X[:, 3]) + (X[:, 4] % 3) + _RNG.normal(size=_ROWS)
POSITIVE = np.exp(NUMBERS / 3)
BINARY = (NUMBERS > 2).astype(int)
LABELS = np.array(["ash", "beech", "oak"])[np.digitize(NUMBERS, [1.0, 4.0])]
WEIGHTS = _RNG.integers(0, 4, _ROWS).astype(float)
FRAME = pd.DataFrame(X, columns=list("abcde")).assign(e=[f"k{int(kind)}" for kind in X[:, 4]])
TYPED = FRAME.astype({"e": "category"})
GAPPED = TYPED.assign(e=TYPED["e"].where(np.arange(_ROWS) % 7 > 0))


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn 1.5 announces changes
        yield


def _fit_both(
    model: Any, X: Any, y: Any, weights: Any = None, *, dealt: Any
) -> tuple[FLModel, Any, Any]:
    pooled = clone(model).fit(X, y, weights)
    handle = dealt(X)
    ours = FLModel(model=clone(model)).fit(handle, dealt(y), dealt(weights))
    return ours, pooled, handle


def _three(deal: Any, rows: int = _ROWS) -> Any:
    return deal(np.arange(rows) % 3)


def _assert_same_trees(ours: Any, pooled: Any) -> None:
    assert len(ours._predictors) == len(pooled._predictors)
    for one, other in zip(ours._predictors, pooled._predictors, strict=True):
        for tree, twin in zip(one, other, strict=True):
            assert tree.nodes.dtype == twin.nodes.dtype
            assert tree.nodes.shape == twin.nodes.shape
            for name in tree.nodes.dtype.names:
                if name in ("value", "gain"):
                    np.testing.assert_allclose(tree.nodes[name], twin.nodes[name], 1e-12, 1e-12)
                else:
                    np.testing.assert_array_equal(tree.nodes[name], twin.nodes[name], name)
            for name in ("binned_left_cat_bitsets", "raw_left_cat_bitsets"):
                assert getattr(tree, name).tolist() == getattr(twin, name).tolist()


def _assert_same_model(ours: Any, pooled: Any) -> None:
    _assert_same_trees(ours, pooled)
    # Scorers leave a method of the pooled model on it as an attribute.
    assert vars(ours).keys() == vars(pooled).keys() - {"_raw_predict"}
    for name in ("_baseline_prediction", "train_score_", "validation_score_"):
        one, other = getattr(ours, name), getattr(pooled, name)
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    mapper, twin = ours._bin_mapper, pooled._bin_mapper
    assert vars(mapper).keys() == vars(twin).keys()
    for edges, expected in zip(mapper.bin_thresholds_, twin.bin_thresholds_, strict=True):
        assert edges.dtype == expected.dtype
        assert edges.tolist() == expected.tolist()
    assert mapper.n_bins_non_missing_.dtype == twin.n_bins_non_missing_.dtype
    assert mapper.n_bins_non_missing_.tolist() == twin.n_bins_non_missing_.tolist()


@pytest.mark.parametrize(
    ("model", "load"),
    [
        (Regressor(max_iter=8), load_diabetes),
        (Classifier(max_iter=6), load_breast_cancer),
        (Classifier(max_iter=4), load_iris),
        (Classifier(max_iter=4, early_stopping=True), load_wine),
    ],
    ids=["diabetes", "breast cancer", "iris", "wine, with early stopping"],
)
def test_real_data_gives_the_pooled_trees(model: Any, load: Any, deal: Any) -> None:
    features, target = load(return_X_y=True)
    model = model.set_params(random_state=0)
    ours, pooled, _ = _fit_both(model, features, target, dealt=_three(deal, len(target)))
    _assert_same_model(ours.to_sklearn(), pooled)
    np.testing.assert_allclose(
        ours.to_sklearn()._raw_predict(features), pooled._raw_predict(features), rtol=1e-13
    )


_STOPPING = {"early_stopping": True, "learning_rate": 0.7, "n_iter_no_change": 2, "max_iter": 8}
_CASES: dict[str, tuple[Any, ...]] = {
    "missing values": (Regressor(), HOLED, NUMBERS),
    "missing values, three classes": (Classifier(), HOLED, LABELS),
    "weights": (Regressor(), X, NUMBERS, WEIGHTS),
    "weights, missing values, three classes": (Classifier(), HOLED, LABELS, WEIGHTS),
    "balanced classes": (Classifier(class_weight="balanced"), X, BINARY),
    "class weights": (Classifier(class_weight={0: 2.0, 1: 0.5}), X, BINARY),
    "absolute error": (Regressor(loss="absolute_error"), X, NUMBERS),
    "absolute error, weights": (Regressor(loss="absolute_error"), X, NUMBERS, WEIGHTS),
    "quantile": (Regressor(loss="quantile", quantile=0.3), HOLED, NUMBERS),
    "quantile, weights": (Regressor(loss="quantile", quantile=0.7), X, NUMBERS, WEIGHTS),
    "gamma": (Regressor(loss="gamma"), X, POSITIVE),
    "poisson": (Regressor(loss="poisson"), X, POSITIVE),
    "categories by mask": (Regressor(categorical_features=[False] * 4 + [True]), X, NUMBERS),
    "categories by number": (Classifier(categorical_features=[4, 1]), HOLED, LABELS),
    "categories by name": (Regressor(categorical_features=["e"]), FRAME, NUMBERS),
    "categories by dtype": (Classifier(categorical_features="from_dtype"), TYPED, LABELS),
    "missing categories": (Regressor(categorical_features="from_dtype"), GAPPED, NUMBERS),
    "monotonic": (Regressor(monotonic_cst=[1, 0, -1, 0, 0]), X, NUMBERS),
    "monotonic, by name": (
        Classifier(monotonic_cst={"a": 1}, categorical_features=["e"]),
        FRAME,
        BINARY,
    ),
    "interactions": (Regressor(interaction_cst=[{0, 1}, {1, 3, 2}]), X, NUMBERS),
    "no interactions": (Classifier(interaction_cst="no_interactions"), X, BINARY),
    "drawn features": (Regressor(max_features=0.5), X, NUMBERS),
    "drawn features, interactions, three classes": (
        Classifier(max_features=0.5, interaction_cst=[{0, 1}, {1, 3, 2}]),
        X,
        LABELS,
    ),
    "l2": (Classifier(l2_regularization=3.0), X, BINARY),
    "all leaves": (Regressor(max_leaf_nodes=None, min_samples_leaf=2), X, NUMBERS),
    "depth": (Regressor(max_depth=3, min_samples_leaf=2), X, NUMBERS),
    "stumps": (Regressor(max_leaf_nodes=2), X, NUMBERS),
    "no split": (Regressor(min_samples_leaf=200), X, NUMBERS),
    "few bins": (Classifier(max_bins=7), HOLED, LABELS),
    "few bins, weights": (Regressor(max_bins=7), HOLED, NUMBERS, WEIGHTS),
    "one class": (Classifier(), X, np.zeros(_ROWS)),
    "stopped by loss": (Regressor(**_STOPPING), X, NUMBERS),
    "stopped by loss, labels, weights": (Classifier(**_STOPPING), HOLED, LABELS, WEIGHTS),
    "stopped on rows trained on": (
        Regressor(**{**_STOPPING, "validation_fraction": None, "tol": 1.0}),
        X,
        NUMBERS,
    ),
    "stopped by its own score": (Classifier(scoring=None, **_STOPPING), X, LABELS),
    "stopped by its own score, weights": (
        Regressor(scoring=None, **_STOPPING),
        X,
        NUMBERS,
        WEIGHTS,
    ),
    "stopped by probabilities": (Classifier(scoring="neg_log_loss", **_STOPPING), X, LABELS),
    "stopped by decisions": (Classifier(scoring="roc_auc", **_STOPPING), X, BINARY),
    "stopped by errors": (
        Regressor(scoring="neg_mean_squared_error", validation_fraction=40, **_STOPPING),
        X,
        NUMBERS,
    ),
    "stopped, absolute error, categories": (
        Regressor(loss="absolute_error", categorical_features=[4], **_STOPPING),
        HOLED,
        NUMBERS,
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_every_option_gives_the_pooled_trees(case: str, deal: Any) -> None:
    model, *rows = _CASES[case]
    model = clone(model).set_params(random_state=0)
    if model.max_iter == 100:
        model.set_params(max_iter=3)
    ours, pooled, handle = _fit_both(model, *rows, dealt=_three(deal))
    _assert_same_model(ours.to_sklearn(), pooled)
    here = pooled.predict(rows[0])
    there = pooled_rows(ours.predict(handle))
    if here.dtype.kind == "f" and isinstance(model, Regressor):
        np.testing.assert_allclose(there.astype(float), here, rtol=1e-12)
    else:
        assert there.tolist() == here.tolist()


def test_seeds_are_those_of_scikit_learn(deal: Any) -> None:
    model = Classifier(max_iter=2, max_features=0.3, random_state=np.random.RandomState(5))
    ours, pooled, _ = _fit_both(model, X, BINARY, dealt=_three(deal))
    assert ours._random_seed == pooled._random_seed
    _assert_same_trees(ours.to_sklearn(), pooled)


def test_a_real_scikit_learn_object_comes_back(deal: Any) -> None:
    model = Regressor(max_iter=3, random_state=0, categorical_features="from_dtype")
    ours, pooled, _ = _fit_both(model, TYPED, NUMBERS, dealt=_three(deal))
    file = io.BytesIO()
    joblib.dump(ours.to_sklearn(), file)
    file.seek(0)
    alone = joblib.load(file)
    assert alone.n_iter_ == 3
    assert alone.feature_names_in_.tolist() == list("abcde")
    for one, other in zip(alone.staged_predict(TYPED), pooled.staged_predict(TYPED), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    numeric = Regressor(max_iter=3, random_state=0)
    ours, pooled, _ = _fit_both(numeric, X, NUMBERS, dealt=_three(deal))
    for method in ("recursion", "brute"):
        curves = [
            partial_dependence(fitted, X, [0], method=method, kind="average")["average"]
            for fitted in (ours.to_sklearn(), pooled)
        ]
        np.testing.assert_allclose(*curves, rtol=1e-12)


def test_categories_that_were_not_seen_are_missing_at_the_parties(deal: Any) -> None:
    dealt = _three(deal)
    model = Regressor(max_iter=3, categorical_features="from_dtype", random_state=0)
    ours, pooled, _ = _fit_both(model, TYPED, NUMBERS, dealt=dealt)
    renamed = FRAME.assign(e=FRAME["e"].replace("k3", "k99")).astype({"e": "category"})
    there = pooled_rows(ours.predict(dealt(renamed)))
    np.testing.assert_allclose(there.astype(float), pooled.predict(renamed), rtol=1e-12)


def test_messages_are_fewer_than_splits(deal: Any) -> None:
    dealt = _three(deal)
    model = Classifier(max_iter=3, min_samples_leaf=3, random_state=0)
    ours, _, _ = _fit_both(model, X, LABELS, dealt=dealt)
    splits = sum((tree.nodes["is_leaf"] == 0).sum() for trees in ours._predictors for tree in trees)
    asked = [entry for entry in dealt.federation.ledger if entry.operation.startswith("boosting")]
    assert len(asked) / 3 < splits


def test_only_labels_and_categories_leave_in_the_clear(deal: Any) -> None:
    dealt = _three(deal)
    model = Classifier(max_iter=2, categorical_features=["e"], random_state=0)
    FLModel(model=model).fit(dealt(FRAME), dealt(LABELS))
    told = {
        entry.operation
        for entry in dealt.federation.ledger
        if entry.protection == "in the clear" and not entry.operation.startswith("secure.")
    }
    assert told == {"categories.distinct", "design.labels"}


def test_bins_are_found_on_the_rows_that_scikit_learn_draws(deal: Any) -> None:
    mappers = [_BinMapper(n_bins=17, subsample=60, random_state=3) for _ in range(2)]
    dealt = _three(deal)
    rows = {"X": dealt(HOLED), "sample_weight": None}
    boosting_bins.fit_bins(
        mappers[0], Cohort(dealt.federation, fedruntime.PlainAggregator(), rows, "test")
    )
    mappers[1].fit(HOLED)
    for edges, expected in zip(*(mapper.bin_thresholds_ for mapper in mappers), strict=True):
        assert edges.tolist() == expected.tolist()


def test_rows_drawn_by_weight_are_refused(deal: Any) -> None:
    dealt = _three(deal)
    rows = {"X": dealt(X), "sample_weight": dealt(WEIGHTS)}
    cohort = Cohort(dealt.federation, fedruntime.PlainAggregator(), rows, "test")
    mapper = _BinMapper(subsample=60, random_state=3)
    if "sample_weight" not in inspect.signature(_BinMapper.fit).parameters:  # before 1.9
        boosting_bins.fit_bins(mapper, cohort)
        expected = clone(mapper).fit(X).bin_thresholds_
        assert [list(one) for one in mapper.bin_thresholds_] == [list(one) for one in expected]
        return
    with pytest.raises(UnsupportedError, match="draws rows by their weights"):
        boosting_bins.fit_bins(mapper, cohort)


@pytest.mark.parametrize(
    ("model", "features", "target", "error", "message"),
    [
        (Regressor(loss="gamma"), X, POSITIVE - 1, ValueError, "strictly positive y"),
        (Regressor(loss="poisson"), X, np.zeros(_ROWS), ValueError, "non-negative y and sum"),
        (Regressor(loss=HalfSquaredError()), X, NUMBERS, UnsupportedError, "name of a loss"),
        (Regressor(), sparse.csr_matrix(X), NUMBERS, TypeError, "[Ss]parse data was passed"),
        (Regressor(), X, np.stack([NUMBERS, NUMBERS], axis=1), DataError, "1d array"),
        (Classifier(), X, NUMBERS, DataError, "continuous"),
        (Classifier(monotonic_cst=[1, 0, 0, 0, 0]), X, LABELS, ValueError, "multiclass"),
        (Regressor(categorical_features=[9]), X, NUMBERS, ValueError, "indices must be in"),
        (Regressor(categorical_features=["z"]), FRAME, NUMBERS, ValueError, "not a valid feature"),
        (Regressor(categorical_features=[4], max_bins=5), X, NUMBERS, ValueError, "cardinality"),
        (Regressor(categorical_features=[0]), X, NUMBERS, RevealError, "hardly|distinct values"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_what_cannot_be_fitted_says_why(
    model: Any, features: Any, target: Any, error: Any, message: str, deal: Any
) -> None:
    dealt = _three(deal)
    with pytest.raises(error, match=message):
        FLModel(model=clone(model)).fit(dealt(features), dealt(target))


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (Regressor(max_features=0.5), NUMBERS),
        (Classifier(early_stopping=True), LABELS),
        (Classifier(early_stopping=True, scoring="accuracy"), BINARY),
    ],
    ids=["drawn features", "stopped by loss", "stopped by accuracy"],
)
def test_a_warm_start_goes_on_where_it_stopped(model: Any, target: Any, deal: Any) -> None:
    dealt = _three(deal)
    model = clone(model).set_params(max_iter=2, warm_start=True, random_state=0)
    ours, pooled, handle = _fit_both(model, X, target, dealt=dealt)
    pooled.set_params(max_iter=4).fit(X, target)
    ours.set_params(max_iter=4)
    ours.fit(handle, dealt(target))
    _assert_same_model(ours.to_sklearn(), pooled)
    assert len(ours._predictors) == 4
    ours.set_params(max_iter=3)
    with pytest.raises(ValueError, match="max_iter=3 must be larger than or equal to n_iter_=4"):
        ours.fit(handle, dealt(target))


def test_weights_of_zero_are_refused(deal: Any) -> None:
    dealt = _three(deal)
    with pytest.raises(DataError, match="weights add up to zero"):
        FLModel(model=Regressor(max_iter=1)).fit(dealt(X), dealt(NUMBERS), dealt(np.zeros(_ROWS)))
