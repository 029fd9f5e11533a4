"""numpy's reductions that leave NaN out: ``nansum``, ``nanmean``, ``nanvar``, ``nanmin`` and the
like, over rows; along columns they are row-wise and run at the parties.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fedruntime.data.along_columns import along_columns
from fedruntime.data.distinct import extreme_values
from fedruntime.data.sums import centred_square_sums, column_sums
from fedruntime.messages import Array
from fedruntime.operations import row_op


def nan_aggregate(name: str, array: Any, axis: Any, keepdims: bool = False, ddof: int = 0) -> Any:
    """One of numpy's reductions over the values that are not NaN.

    Parameters
    ----------
    name : str
        Such as ``nanmean``.
    array : FedArray
    axis : int or None
        Over rows, over everything, or along columns, which gives a handle.
    ddof : int
        For ``nanvar`` and ``nanstd``.
    """
    if axis is not None and axis % array.ndim:
        options: dict[str, Any] = {"keepdims": keepdims}
        if name in ("nanvar", "nanstd"):
            options["ddof"] = ddof
        return along_columns(name, array, axis, **options)
    one = np.zeros(1, dtype=array.dtype)
    result = _OVER_ROWS[name](array, axis is None, ddof)
    result = np.asarray(result).astype(np.asarray(getattr(np, name)(one)).dtype, copy=False)
    if keepdims:
        return result.reshape((1,) * array.ndim if axis is None else (1, *array.shape[1:]))
    return result[()]


def _sum_and_count(array: Any, everything: bool) -> tuple[Array, Array]:
    sums = column_sums(array, "nansum")
    total, present = np.asarray(sums.total), np.asarray(sums.present)
    return (total.sum(), present.sum()) if everything else (total, present)


def _sum(array: Any, everything: bool, ddof: int) -> Array:
    return _sum_and_count(array, everything)[0]


def _mean(array: Any, everything: bool, ddof: int) -> Array:
    total, present = _sum_and_count(array, everything)
    _warn_of_none(present, "Mean of empty slice")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / np.float64(1) / present)


def _var(array: Any, everything: bool, ddof: int) -> Array:
    total, present = _sum_and_count(array, everything)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.asarray(total / np.float64(1) / present)
        squares = centred_square_sums(array, np.where(np.isfinite(mean), mean, 0.0), "nanvar")
        freedom = present - ddof
        _warn_of_none(np.maximum(freedom, 0), "Degrees of freedom <= 0 for slice.")
        spread = (squares.sum() if everything else squares) / np.float64(1) / freedom
    return np.where((freedom > 0) & np.isfinite(mean), spread, np.nan)


def _std(array: Any, everything: bool, ddof: int) -> Array:
    return np.asarray(np.sqrt(_var(array, everything, ddof)))


def _extreme(array: Any, everything: bool, largest: bool) -> Array:
    axis = None if everything else 0
    if array.dtype.kind != "f":
        return np.asarray(array.max(axis=axis) if largest else array.min(axis=axis))
    filled = array.federation.map(
        replace_nan,
        rows=array,
        value=-np.inf if largest else np.inf,
        purpose="nanmax" if largest else "nanmin",
    )
    parts = np.stack([np.asarray(part[0]) for part in extreme_values(filled, largest)])
    found = np.asarray(parts.max(axis=axis) if largest else parts.min(axis=axis))
    present = _sum_and_count(array, everything)[1]
    _warn_of_none(present, "All-NaN slice encountered")
    return np.where(present > 0, found, np.nan)


def _min(array: Any, everything: bool, ddof: int) -> Array:
    return _extreme(array, everything, largest=False)


def _max(array: Any, everything: bool, ddof: int) -> Array:
    return _extreme(array, everything, largest=True)


def _warn_of_none(present: Array, message: str) -> None:
    if not np.all(present):
        warnings.warn(message, RuntimeWarning, stacklevel=2)


_OVER_ROWS: Mapping[str, Callable[[Any, bool, int], Array]] = {
    "nansum": _sum,
    "nanmean": _mean,
    "nanvar": _var,
    "nanstd": _std,
    "nanmin": _min,
    "nanmax": _max,
}


@row_op("rows.replace_nan")
def replace_nan(rows: Any, value: float) -> Any:
    """Numbers with another one in place of NaN."""
    return np.where(np.isnan(rows), rows.dtype.type(value), rows)
