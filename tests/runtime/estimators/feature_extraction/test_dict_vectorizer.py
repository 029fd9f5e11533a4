"""``DictVectorizer`` and ``FeatureHasher`` over parties against the pooled ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from sklearn.base import clone
from sklearn.feature_extraction import DictVectorizer, FeatureHasher

from fedruntime import FLModel
from fedruntime.errors import DataError, RevealError, UnsupportedError

_RNG = np.random.default_rng(4)
_DICTS = pd.Series(
    [
        {"tree": str(tree), "height": float(height), "leaves": ["red", "green"][:count]}
        for tree, height, count in zip(
            _RNG.choice(["ash", "oak", "yew"], size=40),
            _RNG.normal(size=40),
            _RNG.integers(0, 3, size=40),
            strict=True,
        )
    ]
)
_DICTS[3] = {}
_PLAIN = _DICTS.map(lambda row: {key: row[key] for key in row if key != "leaves"})


@pytest.mark.parametrize(
    "model",
    [
        DictVectorizer(),
        DictVectorizer(sparse=False),
        DictVectorizer(dtype=np.float32, separator="#"),
    ],
    ids=str,
)
def test_the_pooled_features(model: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, _DICTS, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_DICTS))
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        (FeatureHasher(n_features=16), _PLAIN),
        (FeatureHasher(n_features=16, alternate_sign=False, dtype=np.float32), _PLAIN),
        (FeatureHasher(n_features=16, input_type="pair"), _PLAIN.map(lambda row: [*row.items()])),
        (FeatureHasher(n_features=16, input_type="string"), _PLAIN.map(list)),
    ],
    ids=str,
)
def test_a_hasher(model: Any, rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))
    unfitted = FLModel(model=clone(model)).transform(handle)
    assert_same_rows(unfitted, pooled.transform(rows))


def test_columns_in_the_order_of_the_rows_are_refused(deal: Any) -> None:
    with pytest.raises(UnsupportedError, match="sort=False"):
        FLModel(model=DictVectorizer(sort=False)).fit(deal(np.arange(40) % 2)(_DICTS))


def test_keys_that_cannot_be_sorted(deal: Any) -> None:
    with pytest.raises(DataError, match="cannot be sorted together"):
        FLModel(model=DictVectorizer()).fit(deal([0, 1])(pd.Series([{1: 1}, {"a": 1}])))


def test_text_that_hardly_repeats_is_not_told(deal: Any) -> None:
    named = pd.Series([{"name": f"patient {number}", "age": number % 3} for number in range(60)])
    with pytest.raises(RevealError, match="the text of key 'name' has 30 distinct values"):
        FLModel(model=DictVectorizer()).fit(deal(np.arange(60) % 2)(named))
