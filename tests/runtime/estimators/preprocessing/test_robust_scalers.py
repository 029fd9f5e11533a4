"""``RobustScaler`` and ``MaxAbsScaler`` over parties against the pooled ones: equal bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.preprocessing import MaxAbsScaler, RobustScaler

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(1)
_X = np.column_stack([_RNG.lognormal(size=(50, 3)), _RNG.integers(0, 3, 50), np.full(50, 7.0)])
_HOLED = np.where(_RNG.random(_X.shape) < 0.2, np.nan, _X)
_SPARSE = sparse.csr_matrix(np.where(_RNG.random(_X.shape) < 0.6, 0.0, _HOLED - 1))
_OPTIONS = [
    {},
    {"with_centering": False},
    {"with_scaling": False},
    {"with_centering": False, "with_scaling": False},
    {"unit_variance": True, "quantile_range": (5.0, 90.0)},
    {"quantile_range": (0.0, 100.0)},
]


@pytest.mark.parametrize("options", _OPTIONS, ids=str)
@pytest.mark.parametrize("rows", [_X, _HOLED], ids=["complete", "holed"])
def test_dense_rows(options: Any, rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(RobustScaler(**options), rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


@pytest.mark.parametrize("model", [RobustScaler(with_centering=False), MaxAbsScaler()], ids=str)
def test_sparse_rows_stay_sparse(model: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, _SPARSE, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_SPARSE))


@pytest.mark.parametrize("model", [RobustScaler(), MaxAbsScaler()], ids=str)
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_columns_without_values_and_single_precision(model: Any, dealt: Any) -> None:
    rows = _HOLED.copy()
    rows[:, 1] = np.nan
    for given in (rows, _X.astype(np.float32)):
        ours, pooled, _ = fit_both(model, given, dealt)
        assert_same_state(ours, pooled)


def test_magnitudes_of_either_sign(dealt: Any) -> None:
    ours, pooled, handle = fit_both(MaxAbsScaler(), _HOLED - 2, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_HOLED - 2))


def test_frames_keep_names(dealt: Any) -> None:
    frame = pd.DataFrame(_X, columns=list("abcde"))
    ours, pooled, _ = fit_both(RobustScaler(), frame, dealt)
    assert_same_state(ours, pooled)
    assert ours.get_feature_names_out().tolist() == list("abcde")


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 25)
    for model, rows, message in (
        (RobustScaler(), _SPARSE, "Cannot center sparse matrices"),
        (RobustScaler(quantile_range=(60.0, 40.0)), _X, "Invalid quantile range"),
    ):
        with pytest.raises(ValueError, match=message):
            FLModel(model=model).fit(dealer(rows))
    with pytest.raises(DataError, match=r"party 'party1': column 0: .*infinity"):
        FLModel(model=RobustScaler(with_centering=False, with_scaling=False)).fit(
            deal([0, 0, 1])(np.array([[1.0], [2.0], [np.inf]]))
        )


def test_only_counts_leave_for_medians_and_quantiles(deal: Any) -> None:
    dealer = deal(np.arange(50) % 2)
    FLModel(model=RobustScaler()).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.content]
    assert {entry.protection for entry in sent if entry.purpose == "RobustScaler.fit"} == {"masked"}
    rounds = {entry.operation for entry in sent}
    assert rounds >= {"order_statistics.count", "order_statistics.digits"}
    assert sum(entry.operation == "order_statistics.digits" for entry in sent) == 2 * 8
