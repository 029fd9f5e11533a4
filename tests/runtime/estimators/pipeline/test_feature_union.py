"""A union of features: the pooled transformers side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from fedruntime import FLModel

_TABLE = np.random.default_rng(3).integers(0, 4, size=(60, 3)).astype(float)


@pytest.mark.parametrize(
    "model",
    [
        FeatureUnion([("standard", StandardScaler()), ("range", MinMaxScaler())]),
        FeatureUnion(
            [("standard", StandardScaler()), ("same", "passthrough"), ("none", "drop")],
            transformer_weights={"standard": 2.0},
        ),
        FeatureUnion([("kinds", OneHotEncoder()), ("range", MinMaxScaler())]),
    ],
    ids=["two", "words and weights", "sparse"],
)
@pytest.mark.parametrize("named", [False, True], ids=["array", "frame"])
def test_the_pooled_features(model: Any, named: bool, deal: Any) -> None:
    X = pd.DataFrame(_TABLE, columns=["a", "b", "c"]) if named else _TABLE
    dealt = deal(np.arange(len(X)) % 3)
    pooled = clone(model)
    expected = pooled.fit_transform(X)
    ours = FLModel(model=clone(model))
    assert_same_rows(ours.fit_transform(dealt(X)), expected, atol=1e-12)
    assert_same_rows(ours.transform(dealt(X)), expected, atol=1e-12)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()
    assert ours.n_features_in_ == pooled.n_features_in_


def test_within_a_pipeline(deal: Any) -> None:
    y = np.arange(len(_TABLE)) % 2
    model = make_pipeline(
        FeatureUnion([("standard", StandardScaler()), ("range", MinMaxScaler())]),
        LogisticRegression(),
    )
    dealt = deal(np.arange(len(_TABLE)) % 3)
    ours = FLModel(model=clone(model)).fit(dealt(_TABLE), dealt(y))
    pooled = clone(model).fit(_TABLE, y)
    np.testing.assert_allclose(ours[-1].coef_, pooled[-1].coef_, rtol=1e-9)
