"""``FunctionTransformer`` over parties: a function that works row by row, and one that does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_X = np.random.default_rng(5).lognormal(size=(40, 2))
_FRAME = pd.DataFrame(_X, columns=["a", "b"])


def _times(X: Any, by: float = 2.0) -> Any:
    return X * by


def _over(X: Any, by: float = 2.0) -> Any:
    return X / by


def _with_sum(X: pd.DataFrame) -> pd.DataFrame:
    return X.assign(total=X["a"] + X["b"])


def _less_mean(X: Any) -> Any:
    return X - X.mean(axis=0)


_MODELS = [
    FunctionTransformer(),
    FunctionTransformer(np.log1p, inverse_func=np.expm1, validate=True),
    FunctionTransformer(_times, _over, kw_args={"by": 3.0}, inv_kw_args={"by": 3.0}),
    FunctionTransformer(lambda X: X[:, :1], feature_names_out=lambda model, names: ["first"]),
]


@pytest.mark.parametrize("model", _MODELS, ids=range(len(_MODELS)))
def test_functions_that_work_row_by_row(model: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, _X, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_X))
    if model.inverse_func is not None:
        there = ours.transform(handle)
        back = pooled.inverse_transform(pooled.transform(_X))
        assert_same_rows(ours.inverse_transform(there), back)


def test_frames_and_columns(dealt: Any) -> None:
    ours, pooled, handle = fit_both(FunctionTransformer(_with_sum), _FRAME, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME))
    text = pd.Series(["a", "b", None, "d"] * 10, name="letter", dtype=object)
    upper = FunctionTransformer(lambda column: column.str.upper())
    ours, pooled, handle = fit_both(upper, text, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(text))


def test_sparse_rows(dealt: Any) -> None:
    rows = sparse.csr_matrix(_X)
    model = FunctionTransformer(abs, validate=True, accept_sparse=True)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


def _ranks(X: pd.DataFrame) -> pd.DataFrame:
    return X.rank()


def _dummies(X: pd.DataFrame) -> pd.DataFrame:
    return pd.get_dummies(X["a"].round(1).astype(str))


def _without_small(X: pd.DataFrame) -> pd.DataFrame:
    return X[X["a"] > 0.7]


@pytest.mark.parametrize("function", [_less_mean, _ranks, _dummies, _without_small])
def test_a_function_of_all_rows_is_refused(function: Any, deal: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"does not work row by row.*from handles before"):
        FLModel(model=FunctionTransformer(function)).fit(deal([0, 1] * 20)(_FRAME))


def test_functions_that_do_not_undo_each_other_are_told(deal: Any) -> None:
    handle = deal([0, 1] * 20)(_X)
    model = FunctionTransformer(np.log1p, inverse_func=np.exp)
    with pytest.warns(UserWarning, match="not strictly inverse of each other"):
        FLModel(model=model).fit(handle)
    assert model.check_inverse is True
    text = deal([0, 1])(pd.DataFrame({"a": ["x", "y"]}))
    with pytest.raises(DataError, match="'check_inverse' is only supported"):
        FLModel(model=FunctionTransformer(_times, _over)).fit(text)


def test_validation_is_by_party_and_column(deal: Any) -> None:
    rows = pd.DataFrame({"a": [1.0, 2.0, np.nan]})
    with pytest.raises(DataError, match="party 'party1': Input X contains NaN in column 'a'"):
        FLModel(model=FunctionTransformer(np.log1p, validate=True)).fit(deal([0, 0, 1])(rows))


def test_only_counts_leave_a_party(deal: Any) -> None:
    dealer = deal([0, 1] * 20)
    FLModel(model=_MODELS[1]).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.content]
    sent = [entry for entry in sent if entry.purpose == "FunctionTransformer.fit"]
    assert {entry.protection for entry in sent} == {"masked"}
    assert {shape for entry in sent for _, shape in entry.content} == {()}
