"""Methods of fitted models at the parties, against the same methods on the pooled rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from pooled_twin import assert_same_rows, parts_of
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from fedruntime import FLModel
from fedruntime.errors import DataError
from fedruntime.estimators.apply import apply

_RNG = np.random.default_rng(9)
_X = _RNG.normal(size=(30, 3))
_FRAME = pd.DataFrame(_X, columns=["a", "b", "c"])
_LABELS = np.where(_X[:, 0] > 0.3, "high", "low")
_ONE_PARTY_EMPTY = np.r_[np.zeros(29, dtype=int), 2]


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "decision_function"]
)
@pytest.mark.parametrize("rows", [_X, _FRAME], ids=["array", "frame"])
def test_classifiers(method: str, rows: Any, dealt: Any) -> None:
    model = LogisticRegression().fit(rows, _LABELS)
    assert_same_rows(apply(model, method, dealt(30)(rows)), getattr(model, method)(rows), 1e-15)


def test_regressors_and_pipelines(dealt: Any) -> None:
    model = make_pipeline(MinMaxScaler(), LinearRegression()).fit(_X, _X[:, :2])
    assert_same_rows(apply(model, "predict", dealt(30)(_X)), model.predict(_X), 1e-14)


@pytest.mark.parametrize("rows", [_X, _FRAME], ids=["array", "frame"])
def test_a_party_without_rows_gets_an_empty_part_of_the_same_kind(rows: Any, deal: Any) -> None:
    handle = deal(_ONE_PARTY_EMPTY)(rows)
    scaler = StandardScaler().fit(rows)
    plain = parts_of(apply(scaler, "transform", handle))["party1"]
    assert (plain.shape, plain.dtype) == ((0, 3), np.float64)
    scaler.set_output(transform="pandas")
    frame = parts_of(apply(scaler, "transform", handle))["party1"]
    assert frame.columns.tolist() == scaler.get_feature_names_out().tolist()
    assert frame.dtypes.tolist() == [np.float64] * 3
    labels = LogisticRegression().fit(rows, _LABELS)
    assert parts_of(apply(labels, "predict", handle))["party1"].dtype == _LABELS.dtype
    encoder = OneHotEncoder().fit(rows)
    hot = parts_of(apply(encoder, "transform", handle))["party1"]
    assert (hot.shape, hot.format) == ((0, 90), "csr")


def test_no_rows_at_all(deal: Any) -> None:
    handle = deal([], parties=2)(_X[:0])
    with pytest.raises(DataError, match=r"0 sample\(s\)"):
        apply(StandardScaler().fit(_X), "transform", handle)


def test_the_handle_that_is_transformed_stays_as_it_was(deal: Any) -> None:
    handle = deal([0, 1, 2] * 10)(_X.copy())
    apply(StandardScaler().fit(_X), "transform", handle)
    assert_same_rows(handle, _X)


def test_output_containers_as_configured(dealt: Any) -> None:
    scaler = StandardScaler().fit(_FRAME)
    with sklearn.config_context(transform_output="pandas"):
        assert_same_rows(apply(scaler, "transform", dealt(30)(_FRAME)), scaler.transform(_FRAME))
    assert_same_rows(apply(scaler, "transform", dealt(30)(_FRAME)), scaler.transform(_FRAME))


def test_only_fitted_models(deal: Any) -> None:
    with pytest.raises(NotFittedError):
        apply(StandardScaler(), "transform", deal([0, 1])(np.ones((2, 2))))
    with pytest.raises(NotFittedError):
        apply(make_pipeline(StandardScaler()), "transform", deal([0, 1])(np.ones((2, 2))))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["b", "a", "c"], "must be in the same order"),
        (["a", "b", "z"], "unseen at fit time"),
        (["a", "b"], "missing"),
    ],
)
def test_columns_have_to_be_those_of_the_fit(columns: Any, message: str, deal: Any) -> None:
    rows = pd.DataFrame(np.ones((2, len(columns))), columns=columns)
    dealer = deal([0, 1])
    handle = dealer(rows)
    for model in (StandardScaler(), make_pipeline("passthrough", StandardScaler())):
        with pytest.raises(DataError, match=message):
            apply(model.fit(_FRAME), "transform", handle)
    assert not len(dealer.federation.ledger)


def test_the_number_of_columns_has_to_be_that_of_the_fit(deal: Any) -> None:
    with pytest.raises(DataError, match="X has 2 features, but StandardScaler is expecting 3"):
        apply(StandardScaler().fit(_X), "transform", deal([0, 1])(np.ones((2, 2))))
    with pytest.raises(DataError, match="Expected 2D array, got 1D array"):
        apply(StandardScaler().fit(_X), "transform", deal([0, 1])(np.ones(2)))


@pytest.mark.parametrize(
    ("fitted", "given", "message"),
    [
        (_FRAME, _X, "X does not have valid feature names, but StandardScaler was fitted with"),
        (_X, _FRAME, "X has feature names, but StandardScaler was fitted without feature names"),
    ],
    ids=["names in fit only", "names in use only"],
)
def test_missing_names_warn_once_as_pooled(
    fitted: Any, given: Any, message: str, dealt: Any
) -> None:
    model = StandardScaler().fit(fitted)
    handle = dealt(30)(given)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        transformed = apply(model, "transform", handle)
    assert [str(one.message)[: len(message)] for one in caught] == [message]
    assert_same_rows(transformed, StandardScaler().fit(_X).transform(_X), atol=1e-14)


def test_text_is_not_quoted(deal: Any) -> None:
    frame = pd.DataFrame({"a": ["1", "secret"], "b": ["2", "3"], "c": ["4", "5"]}, dtype=object)
    with pytest.raises(DataError, match="party 'party1': X holds text") as caught:
        FLModel(model=StandardScaler().fit(_FRAME)).transform(deal([0, 1])(frame))
    assert "secret" not in str(caught.value)


def test_only_facts_leave_a_party(deal: Any) -> None:
    dealer = deal(_ONE_PARTY_EMPTY)
    apply(StandardScaler().fit(_FRAME), "transform", dealer(_FRAME))
    names = {name for entry in dealer.federation.ledger for name, _ in entry.content}
    assert names <= {"kind", "tail", "dtypes", "columns"}
