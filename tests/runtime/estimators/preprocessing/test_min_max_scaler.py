"""``MinMaxScaler`` over parties against the pooled one: equal to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.preprocessing import MinMaxScaler

from fedruntime import FLModel

_RNG = np.random.default_rng(3)
_X = np.column_stack([_RNG.normal(size=(40, 3)) * [1.0, 1e6, 1e-6], np.full(40, 7.0)])
_HOLED = np.where(_RNG.random(_X.shape) < 0.2, np.nan, _X)


@pytest.mark.parametrize("feature_range", [(0, 1), (-1.5, 2)])
@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("rows", [_X, _HOLED, _X.astype(np.float32)], ids=["f8", "holed", "f4"])
def test_all_options(rows: Any, feature_range: Any, clip: bool, dealt: Any) -> None:
    model = MinMaxScaler(feature_range=feature_range, clip=clip)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))
    assert_same_rows(ours.inverse_transform(handle), pooled.inverse_transform(rows))


def test_frames(dealt: Any) -> None:
    frame = pd.DataFrame({"a": _HOLED[:, 0], "b": np.arange(40) - 7, "c": _X[:, 0] > 0})
    ours, pooled, handle = fit_both(MinMaxScaler(), frame, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(frame))


@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning")
def test_a_column_without_values(dealt: Any) -> None:
    rows = _HOLED.copy()
    rows[:, 1] = np.nan
    ours, pooled, _ = fit_both(MinMaxScaler(), rows, dealt)
    assert_same_state(ours, pooled)


def test_sparse_rows_are_refused_in_scikit_learns_words(deal: Any) -> None:
    with pytest.raises(TypeError, match="does not support sparse input"):
        FLModel(model=MinMaxScaler()).fit(deal([0, 1] * 20)(sparse.csr_matrix(_X)))


def test_a_range_upside_down_is_refused(deal: Any) -> None:
    with pytest.raises(ValueError, match="Minimum of desired feature range must be smaller"):
        FLModel(model=MinMaxScaler(feature_range=(1, 0))).fit(deal([0, 1] * 20)(_X))


def test_extremes_are_declared_as_revealed(deal: Any) -> None:
    dealer = deal(np.arange(40) % 2)
    FLModel(model=MinMaxScaler()).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.content]
    assert {(entry.operation, entry.protection) for entry in sent} == {
        ("columns.minima", "in the clear"),
        ("columns.maxima", "in the clear"),
    }
