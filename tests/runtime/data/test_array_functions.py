"""numpy's aggregates and row-wise functions on handles give numpy's answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dealt_tables import FEW, arrays, owners, place
from hypothesis import given
from hypothesis import strategies as st
from pooled_view import assert_same

from fedruntime.errors import UnsupportedError


def _double(row: Any) -> Any:
    return row[0] * 2 + row[1]


ROWS = {
    "zeros_like": np.zeros_like,
    "ones_like with a dtype": lambda X: np.ones_like(X, dtype=bool),
    "zeros_like with a dtype by place": lambda X: np.zeros_like(X, float),
    "full_like": lambda X: np.full_like(X[:, 0], 3),
    "select": lambda X: np.select([X[:, 0] > 1, X[:, 0] > 0], [X[:, 1], X[:, 2]], default=-1),
    "digitize": lambda X: np.digitize(X[:, 0], bins=[-1, 0, 2]),
    "digitize with as many bins as rows": lambda X: np.digitize(X[:, 0], np.arange(len(X))),
    "searchsorted": lambda X: np.searchsorted([-1.0, 0.0, 2.0], X[:, 0], side="right"),
    "interp": lambda X: np.interp(X[:, 0], [-2, 0, 5], [0.0, 1.0, 4.0]),
    "outer": lambda X: np.outer(X[:, 0], [1, 2, 3]),
    "copy": np.copy,
    "sign": np.sign,
    "inverse": lambda X: np.unique(X[:, 0], return_inverse=True)[1],
    "sort each row": lambda X: np.sort(X, axis=1),
    "order of each row": lambda X: np.argsort(X, axis=1),
    "running sums of each row": lambda X: np.cumsum(X, axis=1),
    "differences": lambda X: np.diff(X, axis=1),
    "norms": lambda X: np.linalg.norm(X.astype(float), axis=1),
    "sums of absolutes": lambda X: np.linalg.norm(X.astype(float), ord=1, axis=1),
    "medians of rows": lambda X: np.median(X, axis=1),
    "percentile of rows": lambda X: np.percentile(X, 30, axis=1),
    "nanmean of rows": lambda X: np.nanmean(X, axis=1),
    "largest less smallest": lambda X: np.ptp(X, axis=1),
    "weighed mean of rows": lambda X: np.average(X, axis=1, weights=[1, 2, 3]),
    "counts of rows": lambda X: np.count_nonzero(X, axis=1),
    "a function of each row": lambda X: np.apply_along_axis(_double, 1, X.astype(float)),
}

PUBLIC = {
    "percentile": lambda X: np.percentile(X[:, 0], 30),
    "percentiles": lambda X: np.percentile(X[:, 0], [0, 25, 99, 100]),
    "quantiles by column": lambda X: np.quantile(X, [0.1, 0.5], axis=0),
    "nanpercentile": lambda X: np.nanpercentile(X[:, 1], 75),
    "nanmedian": lambda X: np.nanmedian(X, axis=0),
    "nansum": np.nansum,
    "nanmean": lambda X: np.nanmean(X, axis=0),
    "nanstd": lambda X: np.nanstd(X),
    "nanvar by column": lambda X: np.nanvar(X, axis=0),
    "nanmax": lambda X: np.nanmax(X, axis=0),
    "nanmin": np.nanmin,
    "average": np.average,
    "average by column": lambda X: np.average(X, axis=0),
    "weighed by rows": lambda X: np.average(X[:, 0], weights=np.abs(X[:, 1]) + 1),
    "weighed by public rows": lambda X: np.average(X, axis=0, weights=np.arange(len(X)) + 1.0),
    "weighed, with the sum": lambda X: np.average(
        X[:, 0], weights=np.arange(len(X)) + 1.0, returned=True
    ),
    "count_nonzero": np.count_nonzero,
    "count_nonzero by column": lambda X: np.count_nonzero(X > 0, axis=0),
    "ptp": lambda X: np.ptp(X, axis=0),
    "range": lambda X: X.max() - X.min(),
    "norm": lambda X: np.linalg.norm(X.astype(float)),
    "norms by column": lambda X: np.linalg.norm(X.astype(float), axis=0),
    "allclose": lambda X: np.allclose(X, X + 1e-12),
    "not allclose": lambda X: np.allclose(X, X + 1),
    "array_equal": lambda X: np.array_equal(X, X),
    "arrays of other shapes": lambda X: np.array_equal(X, X[:, :1]),
    "wrong predictions": lambda X: (X[:, 0] != X[:, 1]).sum(),
    "missing values": lambda X: np.isnan(X).sum(axis=0),
    "histogram": lambda X: np.histogram(X[:, 0]),
    "histogram of bins": lambda X: np.histogram(X, bins=4),
    "histogram of edges": lambda X: np.histogram(X[:, 0], bins=[-3, 0, 1, 4]),
    "histogram in a range": lambda X: np.histogram(X[:, 0], bins=5, range=(-1, 2)),
    "density": lambda X: np.histogram(X[:, 0], bins=3, range=(-9, 9), density=True),
    "weighed histogram": lambda X: np.histogram(
        X[:, 0], bins=3, weights=np.abs(X[:, 1]).astype(float)
    ),
    "values and counts": lambda X: np.unique(X[:, 0], return_counts=True),
    "bincount with weights": lambda X: np.bincount(
        np.abs(X[:, 0]).astype(int), weights=X[:, 1].astype(float)
    ),
}


@pytest.mark.parametrize("name", ROWS)
@given(drawn=arrays())
@FEW
def test_rows_are_numpys(name: str, drawn: Any) -> None:
    array, dealt = drawn
    with np.errstate(all="ignore"):
        assert_same(ROWS[name](place(array, dealt)), ROWS[name](array))


@pytest.mark.parametrize("name", PUBLIC)
@given(drawn=arrays())
@FEW
def test_public_values_are_numpys(name: str, drawn: Any) -> None:
    array, dealt = drawn
    found, expected = PUBLIC[name](place(array, dealt)), PUBLIC[name](array)
    if isinstance(expected, np.generic | np.ndarray) and expected.dtype == np.float32:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        assert found.dtype == expected.dtype
    else:
        assert_same(found, expected)


_HOLES = st.sampled_from([-2.0, 0.5, 3.0, np.nan])


_SKIPPING = ["nansum", "nanmean", "nanstd", "nanvar", "nanmin", "nanmax", "nanmedian"]


@pytest.mark.parametrize("name", [*_SKIPPING, "median", "std", "percentile", "nanpercentile"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(drawn=owners(), data=st.data())
@FEW
def test_missing_values_count_as_in_numpy(name: str, axis: int, drawn: Any, data: Any) -> None:
    size = len(drawn[1])
    array = np.array([data.draw(_HOLES) for _ in range(2 * size)]).reshape(size, 2)
    args = (40,) if "percentile" in name else ()
    function = getattr(np, name)
    assert_same(function(place(array, drawn), *args, axis=axis), function(array, *args, axis=axis))


COLUMNS = {
    "percentile": lambda s: np.percentile(s, 75),
    "nanmean": np.nanmean,
    "histogram": lambda s: np.histogram(s, bins=4),
    "where": lambda s: np.where(s > 1, "high", "low"),
    "zeros_like": np.zeros_like,
    "column_stack": lambda s: np.column_stack((s, s * 2)),
    "hstack": lambda s: np.hstack((s, s)),
    "corrcoef": lambda s: np.round(np.corrcoef(s, s**2), 12),
    "average": np.average,
    "noise": lambda s: s + np.random.RandomState(0).normal(size=len(s)),
    "norm": np.linalg.norm,
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("owner", [[0] * 6, [0, 0, 1, 1, 2, 2], [1, 0, 1, 0, 0, 1]])
def test_columns_of_tables_are_given_to_numpy(deal: Any, name: str, owner: list[int]) -> None:
    series = pd.Series([3.0, 1.0, 2.0, 5.0, -1.0, 0.5], name="x")
    assert_same(COLUMNS[name](deal(owner)(series)), COLUMNS[name](series))


REFUSED = {
    "rules for bins": lambda X: np.histogram(X[:, 0], bins="auto"),
    "other quantiles": lambda X: np.quantile(X[:, 0], 0.5, method="lower"),
    "quantile of everything": lambda X: np.quantile(X, 0.5),
    "like another shape": lambda X: np.zeros_like(X, shape=(2, 2)),
    "norm of another order over rows": lambda X: np.linalg.norm(X, ord=1, axis=0),
    "inverse of a matrix": lambda X: np.unique(X, return_inverse=True),
    "public values among rows": lambda X: np.isin([1.0], X[:, 0]),
    "a public array with rows": lambda X: np.average(np.ones(4), weights=X[:, 0]),
    "rows among the positions of rows": lambda X: np.take(X[:, 0], X[:, 0]),
    "product over rows": lambda X: np.prod(X, axis=0),
    "rows among rows": lambda X: np.searchsorted(X[:, 0], X[:, 0]),
    "outer product of rows": lambda X: np.outer(X[:, 0], X[:, 0]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_without_counterpart_are_refused(deal: Any, name: str) -> None:
    with pytest.raises(UnsupportedError):
        REFUSED[name](deal([0, 0, 1, 1])(np.arange(8.0).reshape(4, 2)))
