"""``OneHotEncoder`` over parties against the pooled one: the same categories, to the dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from sklearn.preprocessing import OneHotEncoder

from fedruntime import FLModel
from fedruntime.errors import DataError, RevealError

_RNG = np.random.default_rng(5)
_N = 45
_FRAME = pd.DataFrame(
    {
        "tree": _RNG.choice(["ash", "beech", "oak", "yew"], p=[0.5, 0.3, 0.15, 0.05], size=_N),
        "size": _RNG.integers(-2, 3, size=_N),
        "wet": _RNG.random(_N) < 0.3,
        "depth": np.where(_RNG.random(_N) < 0.3, np.nan, _RNG.integers(0, 3, size=_N)),
    }
)
_FRAME["site"] = _RNG.choice(np.array(["north", None, np.nan], dtype=object), size=_N)


@pytest.mark.parametrize("drop", [None, "first", "if_binary"])
@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize("handle_unknown", ["error", "ignore"])
def test_all_kinds_of_columns(
    drop: Any, sparse_output: bool, handle_unknown: str, dealt: Any
) -> None:
    model = OneHotEncoder(drop=drop, sparse_output=sparse_output, handle_unknown=handle_unknown)
    ours, pooled, handle = fit_both(model, _FRAME, dealt)
    assert_same_state(ours, pooled)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME))


@pytest.mark.parametrize(
    "options",
    [
        {"min_frequency": 8},
        {"min_frequency": 0.2},
        {"max_categories": 2},
        {"max_categories": 3, "min_frequency": 5},
        {"min_frequency": 8, "drop": "first"},
        {"max_categories": 2, "handle_unknown": "infrequent_if_exist"},
        {"min_frequency": 1},
    ],
    ids=str,
)
def test_infrequent_categories(options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(OneHotEncoder(**options), _FRAME, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME))
    for one, other in zip(ours.infrequent_categories_, pooled.infrequent_categories_, strict=True):
        assert (one is None) == (other is None)
        assert one is None or repr(one) == repr(other)


@pytest.mark.parametrize(
    "rows",
    [
        _FRAME[["tree"]].to_numpy(dtype="U5"),
        _FRAME[["tree", "size"]].to_numpy(dtype=object),
        _FRAME[["size"]].to_numpy(dtype=np.int8),
        _FRAME[["depth"]].to_numpy(dtype=np.float32),
        _FRAME[["tree"]].astype("category"),
        _FRAME[["tree"]].astype("string"),
    ],
    ids=["text array", "mixed array", "int8", "float32", "categorical", "string"],
)
def test_arrays_and_dtypes(rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(OneHotEncoder(dtype=np.float32), rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


def test_given_categories(dealt: Any) -> None:
    frame = _FRAME[["tree", "size"]]
    given = [["oak", "ash", "yew", "elm", "beech"], [-5, -2, -1, 0, 1, 2]]
    for options in ({}, {"min_frequency": 6}, {"drop": ["elm", -5]}):
        ours, pooled, handle = fit_both(OneHotEncoder(categories=given, **options), frame, dealt)
        assert_same_state(ours, pooled)
        assert_same_rows(ours.transform(handle), pooled.transform(frame))


def test_a_category_outside_the_given_ones(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 2)
    handle = dealer(_FRAME[["tree"]])
    with pytest.raises(DataError, match="unknown categories in column 'tree' during fit") as caught:
        FLModel(model=OneHotEncoder(categories=[["ash", "oak"]])).fit(handle)
    assert "beech" not in str(caught.value)
    ignoring = OneHotEncoder(categories=[["ash", "oak"]], handle_unknown="ignore")
    assert FLModel(model=ignoring).fit(handle).transform(handle).shape == (_N, 2)


def test_given_categories_of_the_wrong_number(deal: Any) -> None:
    with pytest.raises(DataError, match="Shape mismatch: if categories is an array"):
        FLModel(model=OneHotEncoder(categories=[["ash"]])).fit(deal([0] * _N)(_FRAME))


def test_text_at_one_party_and_numbers_at_another(deal: Any) -> None:
    frame = pd.DataFrame({"code": np.array(["a", "b", 1, 2], dtype=object)})
    with pytest.raises(DataError, match="column 'code' holds both text and other values"):
        FLModel(model=OneHotEncoder()).fit(deal([0, 0, 1, 1])(frame))


def test_a_category_unseen_in_fit_is_refused_without_the_cell(deal: Any) -> None:
    dealer = deal([0, 0, 1, 1])
    model = FLModel(model=OneHotEncoder()).fit(dealer(pd.DataFrame({"t": ["a", "b", "a", "b"]})))
    with pytest.raises(DataError, match=r"party 'party1': column 0 .* not seen in fit") as caught:
        model.transform(dealer(pd.DataFrame({"t": ["a", "b", "a", "secret"]})))
    assert "secret" not in str(caught.value)


def test_a_dropped_category_that_nobody_has(deal: Any) -> None:
    with pytest.raises(ValueError, match="not found in the training data"):
        FLModel(model=OneHotEncoder(drop=["elm"])).fit(
            deal([0, 1] * 20 + [0] * 5)(_FRAME[["tree"]])
        )


def test_columns_that_hardly_repeat_are_not_told(deal: Any) -> None:
    frame = pd.DataFrame({"tree": ["ash"] * 60, "name": [f"person {n}" for n in range(60)]})
    dealer = deal(np.arange(60) % 2)
    with pytest.raises(RevealError, match="party 'party0': column 'name' has 30 distinct") as error:
        FLModel(model=OneHotEncoder()).fit(dealer(frame))
    assert "person" not in str(error.value)
    assert {entry.protection for entry in dealer.federation.ledger if entry.content} <= {"failure"}


def test_wrong_parameters_are_refused_before_anything_is_sent(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 2)
    with pytest.raises(ValueError, match="'drop' parameter of OneHotEncoder"):
        FLModel(model=OneHotEncoder(drop="last")).fit(dealer(_FRAME))
    assert not len(dealer.federation.ledger)


def test_categories_are_declared_as_revealed(deal: Any) -> None:
    dealer = deal(np.arange(_N) % 2)
    FLModel(model=OneHotEncoder(min_frequency=3)).fit(dealer(_FRAME[["tree"]]))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "OneHotEncoder.fit"]
    assert {(entry.operation, entry.protection) for entry in sent if entry.content} == {
        ("categories.distinct", "in the clear"),
        ("categories.counts", "masked"),
    }
