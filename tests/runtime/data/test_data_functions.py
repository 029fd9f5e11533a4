"""scikit-learn's small functions of data give the pooled answers, wherever the rows lie."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing
import sklearn.utils
from pooled_view import assert_same, pooled
from sklearn.feature_selection import SelectKBest, f_classif

import fedruntime.feature_selection
import fedruntime.preprocessing
import fedruntime.utils
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, RevealError, UnsupportedError
from fedruntime.model import FLModel

_rng = np.random.RandomState(7)
X = np.abs(_rng.normal(size=(30, 3))) * [1.0, 10.0, 0.1]
Y = np.arange(30) % 3
T = X @ [1.0, -2.0, 3.0] + Y
TEXT = pd.Series(np.array(["b", "a", "c"])[Y], name="label")
OWNERS = {
    "one party": [0] * 30,
    "blocks": [0] * 10 + [1] * 19 + [2],
    "interleaved": [0, 2, 1] * 10,
    "sorted by class": list(Y),
}

FUNCTIONS = {
    "preprocessing.scale": lambda f: f(X),
    "preprocessing.scale of a vector": lambda f: f(T),
    "preprocessing.scale without mean": lambda f: f(X, with_mean=False),
    "preprocessing.minmax_scale": lambda f: f(X, feature_range=(-1, 1)),
    "preprocessing.maxabs_scale": lambda f: f(X),
    "preprocessing.robust_scale": lambda f: f(X),
    "preprocessing.normalize": lambda f: f(X, norm="l1"),
    "preprocessing.binarize": lambda f: f(X, threshold=0.5),
    "preprocessing.power_transform": lambda f: f(X),
    "preprocessing.quantile_transform": lambda f: f(X, n_quantiles=10),
    "preprocessing.add_dummy_feature": lambda f: f(X, value=2.0),
    "preprocessing.label_binarize": lambda f: f(Y, classes=[0, 1, 2]),
    "preprocessing.label_binarize of text": lambda f: f(TEXT, classes=["a", "b", "c"]),
    "preprocessing.label_binarize of two": lambda f: f(Y % 2, classes=[0, 1], neg_label=-1),
    "utils.shuffle": lambda f: f(X, Y, random_state=3),
    "utils.shuffle of one": lambda f: f(TEXT, random_state=3),
    "utils.shuffle of some": lambda f: f(X, random_state=0, n_samples=5),
    "utils.resample": lambda f: f(X, Y, random_state=1),
    "utils.resample without": lambda f: f(X, replace=False, n_samples=7, random_state=1),
    "utils.class_weight.compute_class_weight": lambda f: f(
        "balanced", classes=np.array([0, 1, 2]), y=Y
    ),
    "utils.class_weight.compute_class_weight of text": lambda f: f(
        class_weight={"a": 2}, classes=np.array(["a", "b", "c"]), y=TEXT
    ),
    "utils.class_weight.compute_sample_weight": lambda f: f("balanced", Y),
    "utils.class_weight.compute_sample_weight of text": lambda f: f({"a": 3, "b": 1.5}, TEXT),
    "utils.multiclass.unique_labels": lambda f: f(Y),
    "utils.multiclass.unique_labels of text": lambda f: f(TEXT),
    "utils.multiclass.type_of_target": lambda f: f(Y),
    "utils.multiclass.type_of_target of two": lambda f: f(Y % 2),
    "utils.multiclass.type_of_target of numbers": lambda f: f(T),
    "feature_selection.f_classif": lambda f: f(X, Y),
    "feature_selection.chi2": lambda f: f(X, Y),
    "feature_selection.f_regression": lambda f: f(X, T),
    "feature_selection.r_regression": lambda f: f(X, T),
    "feature_selection.mutual_info_classif": lambda f: f(np.round(X), Y, discrete_features=True),
    "covariance.empirical_covariance": lambda f: f(X),
    "covariance.ledoit_wolf": lambda f: f(X),
    "covariance.oas": lambda f: f(X, assume_centered=True),
}


def _named(package: str, name: str) -> Any:
    module, _, function = name.partition(" ")[0].rpartition(".")
    return getattr(importlib.import_module(f"{package}.{module}"), function)


def _dealing(function: Any, dealt: Any) -> Any:
    """The function, given its arrays of rows at the parties."""

    def call(*args: Any, **kwargs: Any) -> Any:
        def held(value: Any) -> Any:
            rows = isinstance(value, np.ndarray | pd.Series) and len(value) == len(X)
            return dealt(value) if rows else value

        return function(*map(held, args), **{key: held(value) for key, value in kwargs.items()})

    return call


# Brent's search for the power ends within 1e-8 of its optimum, wherever it then stands.
TOLERANCE = {"preprocessing.power_transform": 1e-5}


def _compare(found: Any, expected: Any, tolerance: float = 1e-9) -> None:
    if isinstance(expected, tuple | list):
        assert type(found) is type(expected)
        for one, other in zip(found, expected, strict=True):
            _compare(one, other, tolerance)
    elif isinstance(expected, str | pd.Series):
        assert_same(found, expected)
    else:
        found = pooled(found) if isinstance(found, Handle) else found
        assert np.shape(found) == np.shape(expected)
        if np.asarray(expected).dtype.kind in "OU":
            np.testing.assert_array_equal(found, expected)
        else:
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_answers_are_scikit_learns(deal: Any, name: str, owner: str) -> None:
    ours = _dealing(_named("fedruntime", name), deal(OWNERS[owner]))
    expected = FUNCTIONS[name](_named("sklearn", name))
    _compare(FUNCTIONS[name](ours), expected, TOLERANCE.get(name, 1e-9))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_local_data_is_left_to_scikit_learn(name: str) -> None:
    _compare(FUNCTIONS[name](_named("fedruntime", name)), FUNCTIONS[name](_named("sklearn", name)))


def test_public_arrays_are_drawn_with_the_rows(deal: Any) -> None:
    held = deal(OWNERS["interleaved"])(X)
    rows, names = fedruntime.utils.shuffle(held, np.arange(30), random_state=5)
    np.testing.assert_array_equal(pooled(rows), X[names])


REFUSED = {
    "scaled rows": (
        UnsupportedError,
        lambda rows, y: fedruntime.preprocessing.scale(rows, axis=1),
    ),
    "stratified by rows": (
        UnsupportedError,
        lambda rows, y: fedruntime.utils.resample(rows, stratify=y),
    ),
    "one class": (
        UnsupportedError,
        lambda rows, y: fedruntime.preprocessing.label_binarize(y, classes=[0]),
    ),
    "weights of what hardly repeats": (
        RevealError,
        lambda rows, y: _named("fedruntime", "utils.multiclass.unique_labels")(rows[:, 0]),
    ),
    "neighbours": (
        UnsupportedError,
        lambda rows, y: _named("fedruntime", "feature_selection.mutual_info_classif")(rows, y),
    ),
    "other rows": (DataError, lambda rows, y: fedruntime.utils.shuffle(rows, y[:5])),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_refused(deal: Any, name: str) -> None:
    error, use = REFUSED[name]
    dealt = deal([0] * 30)
    with pytest.raises(error):
        use(dealt(X), dealt(Y))


def test_scores_that_were_imported_from_here_select_features(deal: Any) -> None:
    dealt = deal(OWNERS["blocks"])
    selector = FLModel(model=SelectKBest(fedruntime.feature_selection.f_classif, k=1))
    selector.fit(dealt(X), dealt(Y))
    np.testing.assert_allclose(selector.scores_, SelectKBest(f_classif, k=1).fit(X, Y).scores_)


def test_other_names_are_scikit_learns() -> None:
    assert fedruntime.utils.check_array is sklearn.utils.check_array
    assert fedruntime.preprocessing.StandardScaler is sklearn.preprocessing.StandardScaler
