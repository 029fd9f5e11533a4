"""``MissingIndicator`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.impute import MissingIndicator

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(12)
_X = np.where(_RNG.random((40, 4)) < 0.3, np.nan, _RNG.normal(size=(40, 4)))
_X[:, 1] = 1.0
_X[:, 3] = np.nan
_SPARSE = sparse.csr_matrix(np.where(_RNG.random(_X.shape) < 0.5, 0.0, _X))


@pytest.mark.parametrize("features", ["missing-only", "all"])
@pytest.mark.parametrize("output", ["auto", True, False])
@pytest.mark.parametrize("rows", [_X, _SPARSE], ids=["dense", "sparse"])
def test_all_options(features: str, output: Any, rows: Any, dealt: Any) -> None:
    model = MissingIndicator(features=features, sparse=output)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


@pytest.mark.parametrize("marker", [0, -1])
def test_numbers_as_markers(marker: int, dealt: Any) -> None:
    rows = _RNG.integers(-1, 2, size=(40, 3))
    rows[:, 1] = 1
    ours, pooled, handle = fit_both(MissingIndicator(missing_values=marker), rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


def test_text_and_names(dealt: Any) -> None:
    frame = pd.DataFrame({"a": ["x", "?"] * 20, "b": ["y", "z"] * 20}, dtype=object)
    ours, pooled, handle = fit_both(MissingIndicator(missing_values="?"), frame, dealt)
    assert_same_state(ours, pooled)
    assert ours.get_feature_names_out().tolist() == ["missingindicator_a"]
    assert_same_rows(ours.transform(handle), pooled.transform(frame))


def test_refusals(deal: Any) -> None:
    with pytest.raises(ValueError, match="Sparse input with missing_values=0 is not supported"):
        FLModel(model=MissingIndicator(missing_values=0)).fit(deal([0, 1] * 20)(_SPARSE))
    with pytest.raises(DataError, match="party 'party0': columns 0, 2, 3: Input X contains NaN"):
        FLModel(model=MissingIndicator(missing_values=-1)).fit(deal([0] * 40)(_X))


def test_only_counts_leave_a_party(deal: Any) -> None:
    dealer = deal([0, 1] * 20)
    FLModel(model=MissingIndicator()).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose.endswith(".fit")]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
