from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from fedruntime import DataError, FLModel
from fedruntime.estimators.design import (
    as_codes,
    as_features,
    as_targets,
    as_weights,
    distinct_labels,
    record_features,
)

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 1, 0])
HALVES = [0, 0, 0, 1, 1, 1]


def _refusal(deal: Any, rows: Any, target: Any = Y, model: Any = None, weight: Any = None) -> str:
    dealt = deal(HALVES[: len(rows)], parties=2)
    with pytest.raises(DataError) as refused:
        FLModel(model=model or Ridge()).fit(dealt(rows), dealt(target), dealt(weight))
    return str(refused.value)


def test_float64_rows_are_not_copied() -> None:
    assert as_features(X, finite=True) is X


@pytest.mark.parametrize(
    "rows",
    [
        X.astype(np.float32),
        X.astype(np.int8),
        X.astype(object),
        np.asfortranarray(X),
        pd.DataFrame(X),
        pd.DataFrame(X).astype("Int64"),
        X[:0],
        X[:1],
    ],
    ids=["float32", "int8", "object", "columns", "frame", "nullable", "no row", "one row"],
)
def test_rows_become_float64_in_row_order(rows: Any) -> None:
    converted = as_features(rows, finite=True)
    assert converted.dtype == np.float64
    assert converted.flags.c_contiguous
    np.testing.assert_array_equal(converted, X[: len(rows)])


def test_sparse_rows_stay_sparse() -> None:
    converted = as_features(sparse.coo_matrix(X), finite=True)
    assert converted.format == "csr"
    assert converted.dtype == np.float64


def test_missing_values_pass_where_they_may() -> None:
    assert np.isnan(as_features(np.array([[np.nan, 1.0]]), finite=False)[0, 0])


def test_values_whose_sum_overflows_are_finite() -> None:
    assert as_features(np.array([[1e308, 1e308]]), finite=True).shape == (1, 2)


@pytest.mark.parametrize(("value", "named"), [(np.nan, "NaN"), (-np.inf, "infinity")])
def test_missing_values_name_party_and_column(value: float, named: str, deal: Any) -> None:
    rows = X.copy()
    rows[4, 1] = value
    assert f"party 'party1': Input X contains {named} in column 1" in _refusal(deal, rows)
    frame = pd.DataFrame(rows, columns=["age", "height"])
    assert f"party 'party1': Input X contains {named} in column 'height'" in _refusal(deal, frame)


def test_missing_values_of_sparse_rows_name_the_column() -> None:
    rows = sparse.csr_matrix(np.array([[0.0, 1.0, np.nan]]))
    with pytest.raises(DataError, match="contains NaN in column 2"):
        as_features(rows, finite=True)


def test_strings_name_the_column_and_quote_no_cell(deal: Any) -> None:
    frame = pd.DataFrame({"age": range(6), "name": ["Ada", "Bo", "Cy", "Di", "Ed", "Flo"]})
    refusal = _refusal(deal, frame)
    assert "party 'party0': X holds values that are not numbers in column 'name'" in refusal
    assert not [name for name in frame["name"] if name in refusal]


@pytest.mark.parametrize(
    ("target", "refusal"),
    [
        (np.array([1, 2, 3, 4, np.nan, 6]), "party 'party1': Input y contains NaN"),
        (np.array(["u", "v", "w"] * 2), "party 'party0': y holds values that are not numbers"),
        (None, "requires y to be passed"),
    ],
    ids=["NaN", "strings", "none"],
)
def test_numeric_targets_that_are_none(target: Any, refusal: str, deal: Any) -> None:
    assert refusal in _refusal(deal, X, target)


@pytest.mark.parametrize(
    ("target", "refusal"),
    [
        (np.array([0, 1, 1, 0, np.nan, 1]), "party 'party1': Input y contains NaN"),
        (np.array(["a", "b", None, "a", "b", "a"], dtype=object), "Input y contains NaN"),
        (np.array([0.5, 1, 1, 0, 0, 1]), "party 'party0': Unknown label type: continuous"),
        (np.array(["a", 1, "b", "a", "b", "a"], dtype=object), "numbers and strings mixed"),
        (np.array([1, 2, 1, "a", "b", "a"], dtype=object), "numbers at one party and strings"),
        (np.c_[Y, Y], "y should be a 1d array"),
        (None, "requires y to be passed"),
    ],
    ids=["NaN", "None", "continuous", "mixed", "mixed between parties", "two columns", "none"],
)
def test_labels_that_are_none(target: Any, refusal: str, deal: Any) -> None:
    assert refusal in _refusal(deal, X, target, LogisticRegression())


@pytest.mark.parametrize(
    ("weight", "refusal"),
    [
        (np.array([1.0, 1, 1, 1, -1, 1]), "party 'party1': Negative values in data passed to"),
        (np.array([1.0, 1, np.nan, 1, 1, 1]), "party 'party0': Input sample_weight contains NaN"),
        (np.ones((6, 1)), "Sample weights must be 1D"),
    ],
    ids=["negative", "NaN", "two dimensions"],
)
def test_weights_that_are_none(weight: Any, refusal: str, deal: Any) -> None:
    assert refusal in _refusal(deal, X, weight=weight)


def test_rows_of_one_dimension(deal: Any) -> None:
    assert "Expected 2D array, got 1D array instead" in _refusal(deal, X[:, 0])


def test_no_rows_at_any_party(deal: Any) -> None:
    assert "Found array with 0 sample(s) (shape=(0, 2))" in _refusal(deal, X[:0], Y[:0])


def test_no_columns(deal: Any) -> None:
    assert "Found array with 0 feature(s) (shape=(6, 0))" in _refusal(deal, X[:, :0])


def test_targets_keep_their_dimensions() -> None:
    assert as_targets(Y).shape == (6,)
    assert as_targets(Y[:, np.newaxis]).shape == (6, 1)
    assert as_targets(pd.Series(Y)).dtype == np.float64


def test_weights_are_float64() -> None:
    assert as_weights(pd.Series([1, 0, 2])).tolist() == [1.0, 0.0, 2.0]


@pytest.mark.parametrize(
    "labels",
    [np.array([3, 1, 3]), np.array(["c", "a", "c"]), np.array(["c", "a", "c"], dtype=object)],
    ids=lambda labels: str(labels.dtype),
)
def test_codes_are_positions_in_the_classes(labels: Any) -> None:
    assert as_codes(labels, np.unique(labels)).tolist() == [1.0, 0.0, 1.0]


def test_labels_outside_the_classes() -> None:
    with pytest.raises(DataError, match="not among the classes"):
        as_codes(np.array([1, 2]), np.array([1, 3]))


def test_a_party_without_rows_does_not_change_the_type_of_labels() -> None:
    none = distinct_labels(np.empty(0, dtype=object))
    for labels in (np.array([1, 2]), np.array(["long", "short"])):
        found = distinct_labels(labels)
        for name in ("numbers", "strings"):
            assert np.concatenate([found[name], none[name]]).dtype == found[name].dtype


def test_column_names_of_mixed_types_are_refused(deal: Any) -> None:
    dealt = deal(HALVES)
    with pytest.raises(DataError, match="all input features have string names"):
        record_features(Ridge(), dealt(pd.DataFrame(X, columns=["a", 1])))


def test_names_of_an_earlier_fit_are_forgotten(deal: Any) -> None:
    dealt, model = deal(HALVES), Ridge()
    record_features(model, dealt(pd.DataFrame(X, columns=["a", "b"])))
    assert model.feature_names_in_.tolist() == ["a", "b"]
    record_features(model, dealt(X))
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 2
