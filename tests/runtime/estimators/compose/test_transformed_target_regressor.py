"""A transformed target: the pooled regressor of the pooled transformation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from parts_cases import assert_same, fit_both, numbers
from pooled_twin import pooled_rows
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler


@pytest.mark.parametrize(
    "model",
    [
        TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
        TransformedTargetRegressor(make_pipeline(MinMaxScaler(), Ridge())),
        TransformedTargetRegressor(func=np.sqrt, inverse_func=np.square),
    ],
    ids=["transformer", "functions", "neither", "default regressor"],
)
def test_the_pooled_regressor(model: Any, deal: Any) -> None:
    X, y = numbers()
    ours, pooled, dealt = fit_both(model, X, y, deal)
    assert_same(ours, pooled)
    predicted = pooled_rows(ours.predict(dealt(X))).astype(float)
    np.testing.assert_allclose(predicted, pooled.predict(X), rtol=1e-9)
    assert ours.score(dealt(X), dealt(y)) == pytest.approx(pooled.score(X, y), rel=1e-9)


def test_several_targets_and_names(deal: Any) -> None:
    X, y = numbers()
    frame = pd.DataFrame(X, columns=[f"x{number}" for number in range(X.shape[1])])
    model = TransformedTargetRegressor(Ridge(), transformer=StandardScaler())
    ours, pooled, _ = fit_both(model, frame, np.stack([y, -y], axis=1), deal)
    assert_same(ours, pooled)
    assert ours.feature_names_in_.tolist() == frame.columns.tolist()


def test_weights_reach_the_regressor(deal: Any) -> None:
    X, y = numbers()
    model = TransformedTargetRegressor(Ridge(), transformer=StandardScaler())
    weight = np.arange(len(y)) % 3 + 0.5
    ours, pooled, _ = fit_both(model, X, y, deal, sample_weight=weight)
    assert_same(ours, pooled)
