"""Exact sums over the rows of all parties, and what follows from them: totals, counts of missing
values, means, variances. Arrays and tables share the statistics; what numpy and pandas make of
missing values differs and is written with the handles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.data.handle import Handle
from fedruntime.data.numbers import numbers
from fedruntime.data.private_sums import private_moments, require_private_aggregate
from fedruntime.messages import Array
from fedruntime.operations import Operation, Statistics, party_op

_LOW_BITS = 24


@dataclass(frozen=True)
class Sums:
    """Column sums over all parties.

    Parameters
    ----------
    total : ndarray
        Sums of all values that are present; infinite or NaN where infinities add up so.
    missing : ndarray of int
        How many values are NaN.
    rows : int
    """

    total: Array
    missing: Array
    rows: int

    @property
    def present(self) -> Array:
        return self.rows - self.missing


def sum_over_parties(handle: Handle, operation: Operation, purpose: str, **public: Any) -> Any:
    """The masked sum of an operation's statistics over the parties."""
    return AGGREGATOR.sum_statistics(
        handle.federation, operation, {"rows": handle, **public}, purpose=purpose
    )


def column_sums(handle: Handle, purpose: str, columns: Sequence[int] | None = None) -> Sums:
    """Sums over rows of an array, a series, or columns of a frame (by position)."""
    dtype = common_dtype(handle, columns)
    if handle.federation.budget is not None:
        return _private_column_sums(handle, purpose, columns, whole=np.dtype(dtype).kind != "f")
    found = sum_over_parties(handle, totals, purpose, columns=columns, dtype=dtype)
    rows = len(handle)
    if "low" in found:
        total = (found["high"] << _LOW_BITS) + found["low"]
        if np.dtype(dtype).kind == "u":
            total = total.astype(np.int64).view(np.uint64)
        return Sums(total, np.zeros(np.shape(total), dtype=np.int64), rows)
    total = np.asarray(found["sum"], dtype=np.float64)
    total = np.where(found["positive"] > 0, np.inf, total)
    total = np.where(found["negative"] > 0, np.where(found["positive"] > 0, np.nan, -np.inf), total)
    return Sums(total, np.asarray(found["missing"]), rows)


def _private_column_sums(
    handle: Handle, purpose: str, columns: Sequence[int] | None, *, whole: bool
) -> Sums:
    require_private_aggregate(handle, purpose)
    moments = private_moments(handle, purpose, columns)
    total = np.rint(moments.total).astype(np.int64) if whole else moments.total
    missing = len(handle) - moments.present
    shape = handle.facts.tail if columns is None else (-1,)
    return Sums(total.reshape(shape), missing, len(handle))


def centred_square_sums(
    handle: Handle, centre: Array, purpose: str, columns: Sequence[int] | None = None
) -> Array:
    """Sums over rows of squared differences to a public centre; what is not finite is skipped."""
    found = sum_over_parties(handle, squares, purpose, columns=columns, centre=centre)
    return np.asarray(found["squares"])


def common_dtype(handle: Handle, columns: Sequence[int] | None) -> str:
    """The numpy dtype in which columns are summed: whole numbers stay whole."""
    dtypes = handle.facts.dtypes if columns is None else [handle.facts.dtypes[c] for c in columns]
    kinds = {_kind(dtype) for dtype in dtypes}
    if kinds == {"u"}:
        return "uint64"
    return "int64" if kinds and kinds <= set("biu") else "float64"


def _kind(dtype: str) -> str:
    try:
        return np.dtype(dtype).kind
    except TypeError:
        return "O"


# -- at the parties -------------------------------------------------------------------------


@party_op("rows.totals", counts=("low",))
def totals(rows: Any, columns: Any, dtype: str) -> Statistics:
    """Sums of columns; for floats what is not finite is counted instead of summed."""
    if np.dtype(dtype).kind != "f":
        # Two halves, so that sums beyond the encoding's 2**47 stay exact; wraps as numpy does.
        # A low half of a row or two is what a column of zeros and ones gives: it is a count.
        whole = numbers(rows, columns, dtype).sum(axis=0).astype(np.int64)
        return {"high": whole >> _LOW_BITS, "low": whole & (2**_LOW_BITS - 1)}
    values = numbers(rows, columns, dtype)
    finite = np.isfinite(values)
    return {
        "sum": np.where(finite, values, 0.0).sum(axis=0),
        "missing": np.isnan(values).sum(axis=0),
        "positive": (values == np.inf).sum(axis=0),
        "negative": (values == -np.inf).sum(axis=0),
    }


@party_op("rows.squares")
def squares(rows: Any, columns: Any, centre: Any) -> Statistics:
    """Sums of squared differences to a centre, over finite values."""
    with np.errstate(invalid="ignore", over="ignore"):
        difference = numbers(rows, columns, "float64") - np.asarray(centre)
        squared = np.square(difference)
    return {"squares": np.where(np.isfinite(squared), squared, 0.0).sum(axis=0)}


@party_op("rows.present", counts=("count",))
def present(rows: Any, columns: Any) -> Statistics:
    """How many values of each column are not missing."""
    chosen = rows if columns is None else rows.iloc[:, list(columns)]
    return {"count": np.asarray(chosen.notna().to_numpy().sum(axis=0))}


@party_op("rows.truths", counts=("true",))
def truths(rows: Any, columns: Any, missing: bool) -> Statistics:
    """How many values of each column are true; a missing one counts as ``missing``."""
    if isinstance(rows, pd.DataFrame | pd.Series):
        chosen = rows if columns is None else rows.iloc[:, list(columns)]
        absent = chosen.isna().to_numpy()
        true = np.where(absent, missing, chosen.to_numpy(dtype=object, na_value=missing))
        return {"true": true.astype(bool).sum(axis=0)}
    return {"true": np.asarray(rows).astype(bool).sum(axis=0)}
