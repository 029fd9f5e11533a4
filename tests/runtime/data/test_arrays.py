"""Every operation on arrays gives the pooled answer, wherever the rows lie."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from dealt_tables import FEW, arrays, place
from hypothesis import given
from pooled_view import assert_same


def _set(key: Any, value: Any) -> Any:
    def changed(X: Any) -> Any:
        X = X.copy()
        X[key(X) if callable(key) else key] = value(X) if callable(value) else value
        return X

    return changed


def _in_place(X: Any) -> Any:
    X = X.astype(float)
    Y = X
    X /= 2
    X += 1
    X *= X
    X **= 2
    return Y


ROW_LOCAL = {
    "column": lambda X: X[:, 1],
    "last column": lambda X: X[:, -1],
    "columns": lambda X: X[:, 0:2],
    "column list": lambda X: X[:, [0, 2]],
    "column mask": lambda X: X[:, np.array([True, False, True])],
    "ellipsis": lambda X: X[..., 0],
    "new axis": lambda X: X[:, 0][:, np.newaxis],
    "all rows": lambda X: X[:],
    "mask": lambda X: X[X[:, 0] > 0],
    "mask and column": lambda X: X[X[:, 0] > 0, 1],
    "mask and columns": lambda X: X[X[:, 0] > 0, 1:],
    "slice": lambda X: X[1:4],
    "slice backwards": lambda X: X[::-1],
    "slice and column": lambda X: X[:3, 0],
    "positions": lambda X: X[[0, -1, 0]],
    "position array": lambda X: X[np.arange(len(X))[::2]],
    "no positions": lambda X: X[[]],
    "local mask": lambda X: X[np.arange(len(X)) % 2 == 0],
    "set column": _set(np.s_[:, 0], 1),
    "set column from rows": _set(np.s_[:, 0], lambda X: X[:, 1]),
    "set everything": _set(np.s_[:], 2),
    "set under a mask": _set(lambda X: X[:, 0] > 0, 3),
    "set a column under a mask": _set(lambda X: (X[:, 0] > 0, 1), 3),
    "set cells under a mask": _set(lambda X: X > 2, 0),
    "in place": _in_place,
    "reshape column": lambda X: X[:, 0].reshape(-1, 1),
    "reshape by count": lambda X: X[:, 0].reshape(len(X), 1),
    "reshape tuple": lambda X: X.reshape((len(X), 3, 1)),
    "reshape back": lambda X: X.reshape(len(X), 3, 1).reshape(len(X), -1),
    "ravel": lambda X: X[:, :1].ravel(),
    "flatten": lambda X: X[:, :1].flatten(),
    "squeeze": lambda X: X[:, :1].squeeze(axis=1),
    "astype": lambda X: X.astype(np.float32),
    "astype by name": lambda X: X.astype("int64"),
    "astype type": lambda X: X.astype(float),
    "copy": lambda X: X.copy(),
    "copy module": lambda X: copy.copy(X),
    "deep copy": lambda X: copy.deepcopy(X),
    "plus": lambda X: X + 1,
    "reflected": lambda X: 1.5 - X,
    "divide": lambda X: X / 255.0,
    "row of weights": lambda X: X * np.array([1.0, 2.0, 3.0]),
    "row matrix": lambda X: X * np.array([[1.0, 2.0, 3.0]]),
    "list": lambda X: X * [1, 2, 3],
    "local first": lambda X: np.array([1.0, 2.0, 3.0]) - X,
    "numpy scalar first": lambda X: np.float64(2.0) * X,
    "standardise": lambda X: (X - X.mean(axis=0)) / (X.std(axis=0) + 1),
    "two handles": lambda X: X * X - X,
    "column against columns": lambda X: X - X[:, :1],
    "floor and rest": lambda X: X // 2 + X % 2,
    "power": lambda X: X**2,
    "negative": lambda X: -X,
    "abs": abs,
    "compare": lambda X: X >= 1,
    "equal": lambda X: X == 1,
    "invert": lambda X: ~(X > 0),
    "or": lambda X: (X > 0) | (X < -2),
    "matmul": lambda X: X @ np.array([1.0, -1.0, 0.5]),
    "matmul matrix": lambda X: X @ np.arange(6.0).reshape(3, 2),
    "dot": lambda X: X.dot(np.array([1.0, -1.0, 0.5])),
    "np.dot": lambda X: np.dot(X, np.array([1.0, -1.0, 0.5])),
    "np.matmul": lambda X: np.matmul(X, np.array([1.0, -1.0, 0.5])),
    "log": lambda X: np.log(np.abs(X.astype(float)) + 1),
    "exp": np.exp,
    "maximum": lambda X: np.maximum(X, 0),
    "isnan": np.isnan,
    "clip": lambda X: X.clip(0, 1),
    "np.clip": lambda X: np.clip(X, 0, 1),
    "round": lambda X: X.round(1),
    "np.round": lambda X: np.round(X, 1),
    "np.where": lambda X: np.where(X > 0, X, 0),
    "np.nan_to_num": np.nan_to_num,
    "np.isin": lambda X: np.isin(X, [1, 2]),
    "np.isclose": lambda X: np.isclose(X, 1.0),
    "np.column_stack": lambda X: np.column_stack((X, X[:, 0])),
    "np.hstack": lambda X: np.hstack([X, X]),
    "np.concatenate": lambda X: np.concatenate([X, X], axis=1),
    "np.expand_dims": lambda X: np.expand_dims(X, 1),
    "np.ravel": lambda X: np.ravel(X[:, 0]),
    "np.reshape": lambda X: np.reshape(X[:, 0], (-1, 1)),
    "np.squeeze": lambda X: np.squeeze(X[:, :1], axis=1),
    "row sums": lambda X: X.sum(axis=1),
    "row sums kept": lambda X: X.sum(axis=1, keepdims=True),
    "row means": lambda X: np.mean(X, axis=1),
    "row var": lambda X: X.var(axis=1, ddof=1),
    "row max": lambda X: X.max(axis=-1),
    "row any": lambda X: (X > 0).any(axis=1),
    "row argmax": lambda X: X.argmax(axis=1),
    "np.argmax": lambda X: np.argmax(X, axis=1),
}

PUBLIC = {
    "shape": lambda X: X.shape,
    "np.shape": np.shape,
    "np.ndim": np.ndim,
    "np.size": np.size,
    "len": len,
    "dtype": lambda X: X.dtype.str,
    "sum": lambda X: X.sum(),
    "sum by column": lambda X: X.sum(axis=0),
    "np.sum": lambda X: np.sum(X, axis=0),
    "mean": lambda X: X.mean(),
    "mean by column": lambda X: X.mean(axis=0),
    "mean kept": lambda X: X.mean(axis=0, keepdims=True),
    "mean of everything kept": lambda X: X.mean(keepdims=True),
    "mean of a mask": lambda X: (X > 0).mean(),
    "mean of equality": lambda X: np.mean(X[:, 0] == X[:, 1]),
    "std": lambda X: X.std(),
    "std by column": lambda X: np.std(X, axis=0),
    "var": lambda X: np.var(X),
    "var by column": lambda X: X.astype(float).var(axis=0, ddof=-1),
    "median": lambda X: np.median(X[:, 0]),
    "median by column": lambda X: np.median(X, axis=0),
    "min": lambda X: X.min(),
    "max by column": lambda X: X.max(axis=0),
    "np.max": np.max,
    "np.amin": lambda X: np.amin(X, axis=0),
    "any": lambda X: (X > 4).any(),
    "all by column": lambda X: (X > -5).all(axis=0),
    "np.any": lambda X: np.any(X > 4),
    "missing": lambda X: np.isnan(X).sum(),
    "np.unique": lambda X: np.unique(X[:, 0]),
    "np.unique of a matrix": np.unique,
    "np.unique with counts": lambda X: np.unique(X[:, 0], return_counts=True),
    "np.bincount": lambda X: np.bincount(np.abs(X[:, 0]).astype(int)),
    "np.bincount minlength": lambda X: np.bincount(np.abs(X[:, 0]).astype(int), minlength=9),
}


@pytest.mark.parametrize("name", ROW_LOCAL)
@given(drawn=arrays())
@FEW
def test_rows_are_the_pooled_rows(name: str, drawn: Any) -> None:
    array, dealt = drawn
    with np.errstate(all="ignore"):
        assert_same(ROW_LOCAL[name](place(array, dealt)), ROW_LOCAL[name](array))


@pytest.mark.parametrize("name", PUBLIC)
@given(drawn=arrays())
@FEW
def test_public_values_are_the_pooled_values(name: str, drawn: Any) -> None:
    array, dealt = drawn
    assert_same(PUBLIC[name](place(array, dealt)), PUBLIC[name](array))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=["nan", "inf", "minus inf"])
@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "min", "max"])
@pytest.mark.parametrize("axis", [0, None], ids=["columns", "everything"])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_not_finite_propagates_as_in_numpy(
    deal: Any, name: str, bad: float, axis: int | None
) -> None:
    array = np.array([[1.0, 2.0], [bad, 3.0], [2.0, -1.0]])
    assert_same(getattr(deal([0, 1, 1])(array), name)(axis=axis), getattr(array, name)(axis=axis))


def test_opposite_infinities_add_to_nan(deal: Any) -> None:
    assert np.isnan(deal([0, 1])(np.array([np.inf, -np.inf])).sum())


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_whole_numbers_beyond_the_encoding_add_exactly(deal: Any, dtype: str) -> None:
    large = np.array([2**62 - 3, 5, 2**61 + 7], dtype=dtype)
    assert_same(deal([0, 1, 2])(large).sum(), large.sum())


def test_whole_numbers_wrap_as_in_numpy(deal: Any) -> None:
    array = np.array([-(2**63), -1, 7])
    assert_same(deal([0, 1, 0])(array).sum(), array.sum())
