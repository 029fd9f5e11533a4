"""Aggregates of frames and series with pandas' semantics: missing values are skipped, ``ddof`` is
1, and the result has the index and dtype that pandas gives for these columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data import moments
from fedruntime.data.categories import category_multiset, pooled_dtype
from fedruntime.data.distinct import count_values, distinct_values, extreme_values
from fedruntime.data.handle import Handle
from fedruntime.data.private_counts import possible_values, private_counts_of
from fedruntime.data.private_sums import (
    private_count,
    private_moments,
    require_private_aggregate,
)
from fedruntime.data.quantiles import medians
from fedruntime.data.row_operations import pick_columns
from fedruntime.data.sums import (
    Sums,
    centred_square_sums,
    column_sums,
    present,
    sum_over_parties,
    truths,
)
from fedruntime.data.template import template
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Array

# How the installed pandas orders values of equal counts.
_TIES: Any = "stable" if int(pd.__version__.partition(".")[0]) >= 3 else "quicksort"

Columns = Sequence[int] | None  # positions in a frame; None for a series


def frame_aggregate(frame: Handle, name: str, numeric_only: bool, options: Any) -> pd.Series:
    """One value a column.

    Raises
    ------
    DataError
        For text where numbers are needed; names the column.
    """
    empty = template(frame.facts, rows=1)
    columns = [
        number
        for number, dtype in enumerate(empty.dtypes)
        if not numeric_only or pd.api.types.is_numeric_dtype(dtype)
    ]
    index = pd.Index([frame.facts.columns[number] for number in columns])  # type: ignore[index]
    if not columns:
        return pd.Series(dtype=np.float64, index=index)
    require_private_aggregate(frame, name)
    require_numbers(frame, name, columns)
    values = _AGGREGATES[name](frame, columns, options)
    if name in ("min", "max"):
        return pd.Series(list(values), index=index)
    pooled = getattr(empty.iloc[:, columns], name)().dtype
    array = np.asarray(values)
    return pd.Series(array.astype(_dtype(pooled, array)), index=index)


def series_aggregate(series: Handle, name: str, options: Any) -> Any:
    """One value."""
    require_private_aggregate(series, name)
    require_numbers(series, name, None)
    value = _AGGREGATES[name](series, None, options)
    if name in ("min", "max"):
        return value[0]
    pooled = getattr(template(series.facts, rows=1), name)()
    array = np.asarray(value)
    return array.astype(_dtype(np.asarray(pooled).dtype, array))[()]


def _dtype(pooled: Any, values: Array) -> np.dtype[Any]:
    """The dtype that pandas gives, unless a missing value forbids it."""
    dtype = np.dtype(pooled) if isinstance(pooled, np.dtype) else np.dtype(np.float64)
    if dtype.kind in "biu" and values.dtype.kind == "f" and not np.isfinite(values).all():
        return values.dtype
    return dtype


def require_numbers(handle: Handle, name: str, columns: Columns) -> None:
    """Refuse text where numbers are needed.

    Raises
    ------
    DataError
        Names the column.
    """
    if name in ("count", "min", "max", "any", "all"):
        return
    dtypes = handle.facts.dtypes
    for number in range(len(dtypes)) if columns is None else columns:
        if not _numeric(dtypes[number]):
            labels = handle.facts.columns or (None,)
            raise DataError(
                f"{where()}{name} of column {labels[number]!r}, which holds {dtypes[number]}: "
                "choose numeric columns, pass numeric_only=True, or convert with astype"
            )


def _numeric(dtype: str) -> bool:
    return dtype == "object" or pd.api.types.is_numeric_dtype(pd.Series(dtype=dtype).dtype)


def _count(handle: Handle, columns: Columns, options: Any) -> Array:
    if handle.federation.budget is not None:
        return private_count(handle, "count", columns)
    return np.asarray(sum_over_parties(handle, present, "count", columns=columns)["count"])


def _sum(handle: Handle, columns: Columns, options: Mapping[str, Any]) -> Array:
    sums = column_sums(handle, "sum", columns)
    short = sums.present < options.get("min_count", 0)
    total = np.where(short, np.nan, sums.total) if np.any(short) else sums.total
    return _skipped(sums, total, options)


def _mean(handle: Handle, columns: Columns, options: Any) -> Array:
    sums = column_sums(handle, "mean", columns)
    return _skipped(sums, _ratio(sums.total, sums.present), options)


def _var(handle: Handle, columns: Columns, options: Any) -> Array:
    if handle.federation.budget is not None:
        moments = private_moments(handle, "var", columns, squares=True)
        assert moments.squares is not None
        return _ratio(moments.squares, np.maximum(moments.present - options.get("ddof", 1), 0))
    sums = column_sums(handle, "var", columns)
    mean = _ratio(sums.total, sums.present)
    squares = centred_square_sums(handle, mean, "var", columns)
    freedom = sums.present - options.get("ddof", 1)
    spread = np.where(freedom > 0, _ratio(squares, freedom), np.nan)
    return _skipped(sums, np.where(np.isfinite(mean), spread, np.nan), options)


def _std(handle: Handle, columns: Columns, options: Any) -> Array:
    return np.asarray(np.sqrt(_var(handle, columns, options)))


def _sem(handle: Handle, columns: Columns, options: Any) -> Array:
    return _std(handle, columns, options) / np.sqrt(_count(handle, columns, options))


def _median(handle: Handle, columns: Columns, options: Mapping[str, Any]) -> Array:
    sums = column_sums(handle, "median", columns)
    return _skipped(sums, medians(handle, columns), options)


def _ratio(total: Array, count: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.asarray(total, dtype=np.float64) / count)


def _skipped(sums: Sums, values: Array, options: Mapping[str, Any]) -> Array:
    if options.get("skipna", True):
        return values
    return np.where(sums.missing > 0, np.nan, values) if np.any(sums.missing) else values


def _extreme(largest: bool) -> Callable[..., list[Any]]:
    def extreme(handle: Handle, columns: Columns, options: Any) -> list[Any]:
        if not options.get("skipna", True):
            raise UnsupportedError(f"{where()}min and max with skipna=False of {handle!r}")
        parts = extreme_values(handle, largest, columns)
        dtypes = template(handle.facts, rows=0)
        width = 1 if columns is None else len(columns)
        results = []
        for place in range(width):
            own = dtypes if columns is None else dtypes.iloc[:, columns[place]]
            found = pd.Series([_scalar(part[place]) for part in parts]).dropna()
            # The column's own dtype decides what a minimum of it is, as in pandas.
            typed = found.astype(own.dtype) if len(found) else own
            results.append(typed.max() if largest else typed.min())
        return results

    return extreme


def _scalar(value: Array) -> Any:
    """What pandas would have in a cell: text is Python's own, numbers and times numpy's."""
    return value.item() if value.dtype.kind in "OU" else value[()]


def _any(handle: Handle, columns: Columns, options: Any) -> Array:
    counts = sum_over_parties(handle, truths, "any", columns=columns, missing=False)
    return np.asarray(counts["true"]) > 0


def _all(handle: Handle, columns: Columns, options: Any) -> Array:
    counts = sum_over_parties(handle, truths, "all", columns=columns, missing=True)
    return np.asarray(np.asarray(counts["true"]) == len(handle))


_AGGREGATES: Mapping[str, Callable[..., Any]] = {
    "all": _all,
    "any": _any,
    "count": _count,
    "kurt": moments.kurt,
    "max": _extreme(largest=True),
    "mean": _mean,
    "median": _median,
    "min": _extreme(largest=False),
    "sem": _sem,
    "skew": moments.skew,
    "std": _std,
    "sum": _sum,
    "var": _var,
}


def frame_nunique(frame: Handle, dropna: bool = True) -> pd.Series:
    """How many distinct values each column has."""
    assert frame.facts.columns is not None
    columns = [
        frame.federation.map(pick_columns, rows=frame, key=number)
        for number in range(len(frame.facts.columns))
    ]
    counts = [series_nunique(column, dropna) for column in columns]
    return pd.Series(counts, index=pd.Index(frame.facts.columns), dtype=np.int64)


def series_nunique(series: Handle, dropna: bool = True) -> int:
    """How many distinct values there are."""
    dtype = pooled_dtype(series)
    if isinstance(dtype, pd.CategoricalDtype):
        return int(category_multiset(series, dtype).nunique(dropna=dropna))
    return int(pd.Series(distinct_values(series, "nunique")).nunique(dropna=dropna))


def series_unique(series: Handle) -> Any:
    """The distinct values in the order of their first appearance, as ``Series.unique``."""
    dtype = pooled_dtype(series)
    if isinstance(dtype, pd.CategoricalDtype):
        return category_multiset(series, dtype).unique()
    values = distinct_values(series, "unique")
    return pd.Series(values).astype(dtype).unique()


def value_counts(
    series: Handle,
    normalize: bool = False,
    sort: bool = True,
    ascending: bool = False,
    bins: None = None,
    dropna: bool = True,
) -> pd.Series:
    """How often each value occurs, as ``Series.value_counts``.

    Values of equal counts are in the order in which they first appear in the pooled rows, sorted
    as the installed pandas sorts. Each party's distinct values are revealed with the number of
    the run in which they first appear; counts are summed under masks.
    """
    if bins is not None:
        raise UnsupportedError(f"{where()}value_counts(bins={bins!r}) has no counterpart yet")
    if series.federation.budget is not None:
        dtype: Any = pd.api.types.pandas_dtype(series.facts.dtypes[0])
        values = possible_values(series, "value_counts")
        counts = private_counts_of(series, values, "value_counts")
    else:
        dtype = pooled_dtype(series)
        if isinstance(dtype, pd.CategoricalDtype):
            rows = category_multiset(series, dtype)
            return rows.value_counts(normalize, sort, ascending, None, dropna)
        values = distinct_values(series, "value_counts")
        if dropna:
            values = values[~pd.isna(values)]
        counts = count_values(series, values, "value_counts")
    labels = (series.facts.columns or (None,))[0]
    index = pd.Index(pd.Series(values).astype(dtype), name=labels)
    found = pd.Series(counts, index=index, name="proportion" if normalize else "count")
    if sort:
        found = found.sort_values(ascending=ascending, kind=_TIES)
    return found / found.sum() if normalize else found
