"""Covariances and Pearson correlations of columns, each pair over the rows in which both values are
present, as pandas has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.numbers import numbers
from fedruntime.data.sums import column_sums, sum_over_parties
from fedruntime.data.table_aggregates import require_numbers
from fedruntime.data.take import align
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

_EPSILON = np.finfo(np.float64).eps


def frame_corr(
    frame: Any, method: Any = "pearson", min_periods: int = 1, numeric_only: bool = False
) -> pd.DataFrame:
    """``DataFrame.corr``.

    Raises
    ------
    UnsupportedError
        For rank correlations.
    DataError
        For columns of text; names the column.
    """
    _require_pearson(method)
    chosen = _of_numbers(frame, "corr", numeric_only)
    return _labelled(chosen, _correlations(chosen, "corr", min_periods))


def frame_cov(
    frame: Any, min_periods: int | None = None, ddof: int = 1, numeric_only: bool = False
) -> pd.DataFrame:
    """``DataFrame.cov``."""
    chosen = _of_numbers(frame, "cov", numeric_only)
    count, product, _ = _pairs(chosen, "cov")
    if (count != len(frame)).any():
        ddof = 1  # pandas heeds ddof only where no value is missing
    found = np.where(count > ddof, _ratio(product, count - ddof), np.nan)
    return _labelled(chosen, np.where(count < max(min_periods or 1, 1), np.nan, found))


def frame_corrwith(
    frame: Any,
    other: Any,
    axis: Any = 0,
    drop: bool = False,
    method: Any = "pearson",
    numeric_only: bool = False,
) -> pd.Series:
    """``DataFrame.corrwith`` a series whose rows lie at the same places."""
    _require_pearson(method)
    if not isinstance(other, Handle) or other.facts.kind != "series" or axis not in (0, "index"):
        raise UnsupportedError(f"{where()}corrwith takes a column at the parties")
    chosen = _of_numbers(frame, "corrwith", numeric_only)
    values = [series_corr(chosen._pick(n), other) for n in range(chosen.shape[1])]
    return pd.Series(values, index=chosen.columns, dtype=np.float64)


def series_corr(
    series: Any, other: Any, method: Any = "pearson", min_periods: int | None = None
) -> float:
    """``Series.corr`` with a series whose rows lie at the same places."""
    _require_pearson(method)
    return float(_correlations(_beside(series, other), "corr", min_periods or 1)[0, 1])


def series_cov(
    series: Any, other: Any, min_periods: int | None = None, ddof: int | None = 1
) -> float:
    """``Series.cov`` with a series whose rows lie at the same places."""
    freedom = 1 if ddof is None else ddof
    return float(frame_cov(_beside(series, other), min_periods, freedom).iloc[0, 1])


def _beside(series: Any, other: Any) -> Any:
    if not isinstance(other, Handle) or other.facts.kind != "series":
        raise UnsupportedError(f"{where()}{series!r} is correlated with a column at the parties")
    align(series, other)
    both = series.to_frame("first")
    both["second"] = other
    return _of_numbers(both, "corr", False)


def _require_pearson(method: Any) -> None:
    if method != "pearson":
        raise UnsupportedError(
            f"{where()}corr(method={method!r}) ranks rows over all parties; use 'pearson'"
        )


def _of_numbers(frame: Any, name: str, numeric_only: bool) -> Any:
    chosen = frame.select_dtypes(["number", "bool"]) if numeric_only else frame
    require_numbers(chosen, name, range(chosen.shape[1]))
    return chosen


def _labelled(frame: Any, values: Array) -> pd.DataFrame:
    return pd.DataFrame(values, index=frame.columns, columns=frame.columns)


def _correlations(frame: Any, purpose: str, min_periods: int) -> Array:
    count, product, spread = _pairs(frame, purpose)
    scale = np.sqrt(spread) * np.sqrt(spread.T)
    found = np.clip(np.where(scale == 0, np.nan, _ratio(product, scale)), -1, 1)
    np.fill_diagonal(found, np.where(np.diag(scale) == 0, np.nan, 1.0))
    return np.where(count < max(min_periods, 1), np.nan, found)


def _pairs(frame: Any, purpose: str) -> tuple[Array, Array, Array]:
    """For each pair of columns, over the rows that have both: their number, the sum of products of
    differences to the means, and the sum of squared differences of the first one."""
    columns = list(range(frame.shape[1]))
    sums = column_sums(frame, purpose, columns)
    missing, present = np.asarray(sums.missing), np.asarray(sums.present)
    mean = _ratio(sums.total, present)
    centre = np.where(np.isfinite(mean), mean, 0.0)
    width = len(columns)
    count = np.full((width, width), len(frame))
    means = np.tile(centre[:, np.newaxis], width)
    if missing.any():  # then the rows of a pair have means of their own
        found = sum_over_parties(frame, pair_totals, purpose, centre=centre)
        count = np.asarray(found["count"])
        shift = _ratio(found["total"], count)
        means = means + np.where(np.isfinite(shift), shift, 0.0)
    found = sum_over_parties(frame, pair_products, purpose, means=means)
    product, spread = np.array(found["product"]), np.array(found["square"])
    # A constant column differs from its mean by rounding alone, where pandas has no difference.
    spread[spread <= count * np.square(4 * _EPSILON * np.abs(means))] = 0.0
    infinite = ~np.isfinite(mean) & (present > 0)
    product[infinite] = product[:, infinite] = np.nan
    return count, product, spread


def _ratio(total: Any, count: Any) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.asarray(total, dtype=np.float64) / count)


# -- at the parties -------------------------------------------------------------------------


@party_op("rows.pair_totals", counts=("count",))
def pair_totals(rows: pd.DataFrame, centre: Any) -> Statistics:
    """For each pair of columns how many rows have both, and the sum of the first one, centred."""
    values = numbers(rows, None, "float64") - np.asarray(centre)
    there = np.isfinite(values)
    values, present = np.where(there, values, 0.0), there.astype(np.float64)
    count = np.rint(present.T @ present).astype(np.int64)
    return {"count": count, "total": values.T @ present}


@party_op("rows.pair_products")
def pair_products(rows: pd.DataFrame, means: Any) -> Statistics:
    """For each pair of columns sums over the rows that have both: products of the differences to
    the two means, and squares of that of the first one."""
    values, means = numbers(rows, None, "float64"), np.asarray(means)
    there = np.isfinite(values)
    product, square = np.zeros(means.shape), np.zeros(means.shape)
    for column in range(values.shape[1]):
        both = there & there[:, [column]]
        with np.errstate(invalid="ignore"):
            own = np.where(both, values[:, [column]] - means[column], 0.0)
            other = np.where(both, values - means[:, column], 0.0)
        product[column] = (own * other).sum(axis=0)
        square[column] = np.square(own).sum(axis=0)
    return {"product": product, "square": square}
