"""``LabelEncoder`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from sklearn.preprocessing import LabelEncoder

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(6)
_TREES = _RNG.choice(["oak", "ash", "beech"], size=30)
_LABELS = {
    "text": _TREES,
    "objects": _TREES.astype(object),
    "series": pd.Series(_TREES, name="tree"),
    "categories": pd.Series(_TREES).astype("category"),
    "integers": _RNG.integers(-3, 3, size=30),
    "floats with NaN": np.where(_RNG.random(30) < 0.2, np.nan, _RNG.integers(0, 4, size=30)),
    "booleans": _RNG.random(30) < 0.5,
    "objects with None": np.where(_RNG.random(30) < 0.2, None, _TREES),
}


@pytest.mark.parametrize("labels", _LABELS.values(), ids=_LABELS)
def test_there_and_back(labels: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(LabelEncoder(), labels, dealt)
    assert_same_state(ours, pooled)
    codes = ours.transform(handle)
    assert_same_rows(codes, pooled.transform(labels))
    assert_same_rows(
        ours.inverse_transform(codes), pooled.inverse_transform(pooled.transform(labels))
    )


def test_fit_transform_is_fit_and_transform(deal: Any) -> None:
    handle = deal(np.arange(30) % 3)(_TREES)
    codes = FLModel(model=LabelEncoder()).fit_transform(handle)
    assert_same_rows(codes, LabelEncoder().fit_transform(_TREES))


def test_a_label_unseen_in_fit_is_refused_without_the_cell(deal: Any) -> None:
    dealer = deal([0, 1])
    model = FLModel(model=LabelEncoder()).fit(dealer(np.array(["ash", "oak"])))
    with pytest.raises(DataError, match="party 'party1': y holds labels that were not") as caught:
        model.transform(dealer(np.array(["ash", "yew"])))
    assert "yew" not in str(caught.value)


def test_tables_are_refused(deal: Any) -> None:
    with pytest.raises(DataError, match="y should be a 1d array"):
        FLModel(model=LabelEncoder()).fit(deal([0, 1])(np.ones((2, 2))))


def test_text_and_numbers_mixed_are_refused(deal: Any) -> None:
    with pytest.raises(DataError, match="holds both text and other values"):
        FLModel(model=LabelEncoder()).fit(deal([0, 1])(np.array(["ash", 1], dtype=object)))
