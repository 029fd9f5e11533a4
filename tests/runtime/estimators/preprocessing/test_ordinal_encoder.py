"""``OrdinalEncoder`` over parties against the pooled one: the same numbers, to the dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from sklearn.base import clone
from sklearn.preprocessing import OrdinalEncoder

from fedruntime import FLModel
from fedruntime.errors import DataError

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


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"handle_unknown": "use_encoded_value", "unknown_value": -1},
        {
            "handle_unknown": "use_encoded_value",
            "unknown_value": np.nan,
            "encoded_missing_value": -2,
        },
        {"dtype": np.float32, "encoded_missing_value": 7},
        {"min_frequency": 8},
        {"min_frequency": 0.2, "max_categories": 3},
        {"max_categories": 1},
        {"max_categories": 2, "handle_unknown": "use_encoded_value", "unknown_value": 2},
        {"min_frequency": 8, "dtype": np.int16, "encoded_missing_value": -1},
    ],
    ids=str,
)
def test_every_parameter(options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(OrdinalEncoder(**options), _FRAME, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME))


def test_given_categories(dealt: Any) -> None:
    model = OrdinalEncoder(categories=[["yew", "oak", "beech", "ash", "elm"]])
    ours, pooled, handle = fit_both(model, _FRAME[["tree"]], dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME[["tree"]]))


@pytest.mark.parametrize(
    ("options", "columns", "message"),
    [
        ({"unknown_value": 1}, ["tree"], "unknown_value should only be set when"),
        (
            {"handle_unknown": "use_encoded_value", "unknown_value": 3},
            ["tree"],
            "one of the values already used",
        ),
        ({"encoded_missing_value": 1}, ["depth"], "already used to encode a known category"),
        ({"dtype": np.int64}, ["depth"], "set dtype to a float"),
        ({"categories": [["ash"], ["oak"]]}, ["tree"], "Shape mismatch"),
    ],
    ids=str,
)
def test_errors_in_the_words_of_scikit_learn(
    options: Any, columns: Any, message: str, deal: Any
) -> None:
    model, rows = OrdinalEncoder(**options), _FRAME[columns]
    with pytest.raises((ValueError, TypeError), match=message):
        clone(model).fit(rows)
    with pytest.raises((ValueError, TypeError), match=message):
        FLModel(model=clone(model)).fit(deal(np.arange(_N) % 2)(rows))


def test_grouping_lowers_what_counts_as_used(dealt: Any) -> None:
    # Four categories, of which two are grouped: 3 is free as unknown_value.
    model = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=3, max_categories=3)
    ours, pooled, _ = fit_both(model, _FRAME[["tree"]], dealt)
    assert_same_state(ours, pooled)


def test_unknown_categories_name_no_value(deal: Any) -> None:
    dealt = deal([0, 0, 1])
    encoder = FLModel(model=OrdinalEncoder()).fit(dealt(pd.DataFrame({"a": ["x", "y", "x"]})))
    with pytest.raises(DataError, match=r"party 'party1': column 0 .* not seen in fit") as caught:
        encoder.transform(dealt(pd.DataFrame({"a": ["x", "y", "secret"]})))
    assert "secret" not in str(caught.value)
    with pytest.raises(DataError, match="Found unknown categories in column 'a' during fit"):
        FLModel(model=OrdinalEncoder(categories=[["x"]])).fit(
            dealt(pd.DataFrame({"a": ["x", "y", "secret"]}))
        )
