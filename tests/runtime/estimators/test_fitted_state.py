"""Fitted models as data: what crosses computes bit for bit the same, and nothing else crosses."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from labels import label
from pooled_twin import assert_same_state
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.feature_selection import f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, StandardScaler

from fedruntime.errors import ProtocolError, UnsupportedError
from fedruntime.estimators.state import export_state, import_state
from fedruntime.messages import pack, unpack
from fedruntime.party import Party

_RNG = np.random.default_rng(8)
_FRAME = pd.DataFrame(
    {
        "a": _RNG.normal(size=20),
        "b": _RNG.integers(0, 3, size=20),
        "c": _RNG.choice(list("xyz"), 20),
    }
)
_FRAME.loc[3, "a"] = np.nan
_NUMBERS = _FRAME[["b"]] / 3.0
_LABELS = np.where(_FRAME["b"] > 1, "many", "few")
_COLUMNS = ColumnTransformer(
    [
        ("number", make_pipeline(SimpleImputer(), StandardScaler()), ["a"]),
        ("kind", OneHotEncoder(drop="first"), make_column_selector(dtype_exclude="number")),
        ("index", MinMaxScaler(), pd.Index(["b"])),
    ],
    remainder="passthrough",
)


def _many_columns() -> Any:
    return ColumnTransformer(
        [("a", SimpleImputer(), [True, False, False]), ("c", OneHotEncoder(), slice(2, 3))],
        remainder="passthrough",
    ).set_output(transform="default")


_MODELS = {
    "scaler": (StandardScaler().fit(_FRAME[["a", "b"]]), _FRAME[["a", "b"]], "transform"),
    "imputer": (
        SimpleImputer(add_indicator=True, strategy="median").fit(_FRAME[["a"]]),
        _FRAME[["a"]],
        "transform",
    ),
    "constant": (
        SimpleImputer(strategy="constant", fill_value=np.float64(2)).fit(_FRAME[["a"]]),
        _FRAME[["a"]],
        "transform",
    ),
    "encoder": (
        OneHotEncoder(min_frequency=0.3, dtype=np.int8).fit(_FRAME[["b", "c"]]),
        _FRAME[["b", "c"]],
        "transform",
    ),
    "labels": (LabelEncoder().fit(_LABELS), _LABELS, "transform"),
    "linear": (LinearRegression().fit(_NUMBERS, _FRAME["b"]), _NUMBERS, "predict"),
    "ridge": (Ridge().fit(_NUMBERS, _FRAME["b"]), _NUMBERS, "predict"),
    "logistic": (LogisticRegression().fit(_NUMBERS, _LABELS), _NUMBERS, "predict_proba"),
    "columns": (_COLUMNS.fit(_FRAME), _FRAME, "transform"),
    "masks": (_many_columns().fit(_FRAME), _FRAME, "transform"),
    "pipeline": (
        make_pipeline(_COLUMNS, "passthrough", LogisticRegression()).fit(_FRAME, _LABELS),
        _FRAME,
        "predict_proba",
    ),
}


@pytest.mark.parametrize("name", _MODELS)
def test_what_crosses_computes_the_same_bits(name: str) -> None:
    model, rows, method = _MODELS[name]
    twin = import_state(unpack(pack(export_state(model))))
    ours, theirs = getattr(twin, method)(rows), getattr(model, method)(rows)
    assert type(ours) is type(theirs)
    dense = [
        each.toarray() if hasattr(each, "toarray") else np.asarray(each) for each in (ours, theirs)
    ]
    assert dense[0].dtype == dense[1].dtype
    assert dense[0].tobytes() == dense[1].tobytes()


@pytest.mark.parametrize("name", ["scaler", "imputer", "encoder", "labels", "ridge", "logistic"])
def test_all_attributes_come_back(name: str) -> None:
    model, _, _ = _MODELS[name]
    assert_same_state(import_state(unpack(pack(export_state(model)))), model)


def test_a_state_is_json_and_arrays() -> None:
    text, arrays = pack(export_state(_MODELS["pipeline"][0]))
    json.loads(text)
    assert all(array.dtype.kind in "biufUSMm" for array in arrays)


def test_the_model_that_is_exported_is_left_alone() -> None:
    model = StandardScaler().fit(_NUMBERS)
    twin = import_state(export_state(model))
    twin.scale_ = None
    del twin.feature_names_in_
    assert model.scale_ is not None
    assert model.feature_names_in_.tolist() == ["b"]


def test_functions_cross_by_name() -> None:
    selector = make_column_selector(dtype_include=[np.number, object, float])
    twin = import_state(unpack(pack(export_state(selector))))
    assert vars(twin) == vars(selector)


@pytest.mark.parametrize(
    "held",
    [
        {"oak": 1, "ash": 0},
        {"oak": np.int64(1), "ash": np.int64(0)},
        {"line\nbreak": 2**70},
        {"mixed": 1, "types": np.int64(2)},
        {3: 1, "oak": 2},
        {},
        {"oak", "ash"},
        str.lower,
    ],
    ids=label,
)
def test_vocabularies_and_sets_come_back(held: Any) -> None:
    model = StandardScaler().fit(_NUMBERS)
    model.held_ = [held]
    (found,) = _resolved(unpack(pack(export_state(model)))).held_
    assert found == held
    if isinstance(held, dict):
        assert list(found) == list(held)
        assert list(map(type, found.values())) == list(map(type, held.values()))


def test_partial_functions_come_back() -> None:
    model = StandardScaler().fit(_NUMBERS)
    model.held_ = partial(f_regression, center=False)
    found = _resolved(unpack(pack(export_state(model)))).held_
    assert (found.func, found.args, found.keywords) == (f_regression, (), {"center": False})


def _resolved(state: Any) -> Any:
    """A state imported as at a party, which looks up functions by their names."""
    return import_state(Party("alice")._resolve(state))


class Mine(BaseEstimator):
    """An estimator that is nobody's business."""


@pytest.mark.parametrize(
    "foreign", [object(), Mine(), np.random.RandomState(0), Mine, range(2), b"bytes"], ids=label
)
def test_anything_else_is_refused_by_attribute(foreign: Any) -> None:
    model = StandardScaler().fit(_NUMBERS)
    model.extra_ = [foreign]
    with pytest.raises(UnsupportedError, match=r"StandardScaler\.extra_\[0\] holds"):
        export_state(model)


def test_foreign_estimators_are_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"Mine holds an estimator of type .*Mine, which"):
        export_state(Mine())


def test_subclasses_of_supported_estimators_are_refused() -> None:
    class MyScaler(StandardScaler):
        pass

    with pytest.raises(UnsupportedError, match="MyScaler, which cannot cross"):
        export_state(MyScaler().fit(_NUMBERS))


@pytest.mark.parametrize(
    "name", ["sklearn.neighbors.KNeighborsClassifier", "builtins.eval", "os.system", ""]
)
def test_a_receiver_builds_listed_classes_only(name: str) -> None:
    state = {"is": "object", "of": {"class": name, "attributes": {}}}
    with pytest.raises(ProtocolError, match="not on the list of classes that cross"):
        import_state(state)


@pytest.mark.parametrize(
    "state",
    [
        {"is": "code", "of": "1 + 1"},
        {"is": "type", "of": "numpy.load"},
        {"is": "type", "of": "eval"},
    ],
    ids=label,
)
def test_a_receiver_knows_few_kinds_of_values(state: Any) -> None:
    with pytest.raises(ProtocolError, match="a model's state"):
        import_state(state)
