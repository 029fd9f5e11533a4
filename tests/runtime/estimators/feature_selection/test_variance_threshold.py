"""``VarianceThreshold`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.feature_selection import VarianceThreshold

from fedruntime import FLModel
from fedruntime.errors import DataError
from fedruntime.estimators.registry import support

_RNG = np.random.default_rng(7)
_X = np.column_stack([_RNG.normal(size=(40, 3)) * [1.0, 0.1, 1e3], np.full(40, 0.1)])
_HOLED = np.where(_RNG.random(_X.shape) < 0.2, np.nan, _X)
_HOLED[:, 3] = _X[:, 3]
_SPARSE = sparse.csr_matrix(np.where(_RNG.random(_X.shape) < 0.5, 0.0, _X))


@pytest.mark.parametrize("threshold", [0.0, 0.5])
@pytest.mark.parametrize("rows", [_X, _HOLED, _SPARSE], ids=["complete", "holed", "sparse"])
def test_the_same_columns_are_kept(threshold: float, rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(VarianceThreshold(threshold), rows, dealt)
    assert_same_state(ours, pooled, rtol=1e-14)
    assert ours.get_support().tolist() == pooled.get_support().tolist()
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


def test_a_constant_column_has_no_variance_at_all(dealt: Any) -> None:
    ours, _, _ = fit_both(VarianceThreshold(), _X, dealt)
    assert ours.variances_[3] == 0.0


def test_a_constant_column_with_holes_has_none_either(dealt: Any) -> None:
    rows = _X.copy()
    rows[::3, 3] = np.nan
    # scikit-learn leaves the rounding of the mean in it, which is of no size.
    ours, pooled, _ = fit_both(VarianceThreshold(), rows, dealt)
    assert ours.variances_[3] == 0.0 <= pooled.variances_[3] < 1e-30


def test_names(deal: Any) -> None:
    frame = pd.DataFrame(_X, columns=list("abcd"))
    ours = FLModel(model=VarianceThreshold()).fit(deal([0, 1] * 20)(frame))
    assert ours.get_feature_names_out().tolist() == ["a", "b", "c"]


def test_nothing_kept_is_an_error(deal: Any) -> None:
    with pytest.raises(DataError, match=r"meets the variance threshold 9\.00000$"):
        FLModel(model=VarianceThreshold(9.0)).fit(deal([0, 1] * 20)(_X[:, :2]))
    with pytest.raises(DataError, match=r"0.00000 \(X contains only one sample\)"):
        FLModel(model=VarianceThreshold()).fit(deal([0])(np.ones((1, 2))))


@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_extremes_leave_only_where_they_are_needed(threshold: float, deal: Any) -> None:
    dealer = deal([0, 1] * 20)
    model = VarianceThreshold(threshold)
    assert ("extremes" in support(model).how) == (threshold == 0)
    FLModel(model=model).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.operation == "columns.extremes"]
    assert bool(sent) == (threshold == 0)
