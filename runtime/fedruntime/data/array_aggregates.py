"""Aggregates of arrays with numpy's semantics: NaN propagates, ``ddof`` is 0, ``axis`` is 0 (over
rows) or ``None`` (over everything). Along other axes a reduction is row-wise and gives a handle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.distinct import extreme_values
from fedruntime.data.private_sums import private_moments, require_private_aggregate
from fedruntime.data.row_operations import reduce_row_wise
from fedruntime.data.sums import centred_square_sums, column_sums, sum_over_parties, truths
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Array

if TYPE_CHECKING:
    from fedruntime.data.array import FedArray


def aggregate(
    array: FedArray, name: str, axis: Any = None, keepdims: bool = False, **options: Any
) -> Any:
    """One of numpy's reductions; ``options`` are ``ddof`` and ``dtype``.

    Raises
    ------
    UnsupportedError
        For options or axes that have no counterpart.
    DataError
        For text, and for extremes of no rows.
    """
    options = {key: value for key, value in options.items() if value is not None}
    dtype = options.pop("dtype", None)
    ddof = options.pop("ddof", 0)
    if options:
        raise UnsupportedError(f"{where()}{name} with {', '.join(options)} of {array!r}")
    if array.dtype.kind not in "biuf" and not (name in ("min", "max") and array.dtype.kind != "c"):
        raise DataError(f"{where()}{name} of {array!r}: its values are of type {array.dtype}")
    if axis is not None and (axis % array.ndim if isinstance(axis, int) else True):
        return _row_wise(array, name, axis, keepdims, dtype, ddof)
    require_private_aggregate(array, name)
    result = _OVER_ROWS[name](array, axis is None, ddof)
    cast = np.dtype(dtype) if dtype is not None else _result_dtype(array, name)
    result = np.asarray(result).astype(cast, copy=False)
    if keepdims:
        return result.reshape((1,) * array.ndim if axis is None else (1, *array.shape[1:]))
    return result[()]


def _row_wise(array: FedArray, name: str, axis: Any, keepdims: bool, dtype: Any, ddof: int) -> Any:
    axes = axis if isinstance(axis, tuple) else (axis,)
    if any(one % array.ndim == 0 for one in axes):
        raise UnsupportedError(f"{where()}{name} over axes {axis}: take axis=0 apart from others")
    options: dict[str, Any] = {"keepdims": keepdims}
    if name in ("var", "std"):
        options["ddof"] = ddof
    if dtype is not None:
        options["dtype"] = np.dtype(dtype)
    return array.federation.map(
        reduce_row_wise, purpose=name, rows=array, name=name, axis=axis, options=options
    )


def _result_dtype(array: FedArray, name: str) -> np.dtype[Any]:
    """What numpy itself makes of this dtype."""
    if name in ("min", "max"):
        return array.dtype
    one = np.zeros(1, dtype=array.dtype)
    return np.asarray(getattr(one, name)()).dtype


def _sum(array: FedArray, everything: bool, ddof: int) -> Array:
    return _total(array, everything, "sum")


def _total(array: FedArray, everything: bool, purpose: str) -> Array:
    sums = column_sums(array, purpose)
    total = np.where(sums.missing > 0, np.nan, sums.total) if sums.missing.any() else sums.total
    return np.asarray(total.sum() if everything else total)


def _count(array: FedArray, everything: bool) -> int:
    return array.size if everything else len(array)


def _mean(array: FedArray, everything: bool, ddof: int) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        total = _total(array, everything, "mean")
        return np.asarray(total / np.float64(_count(array, everything)))


def _var(array: FedArray, everything: bool, ddof: int) -> Array:
    if array.federation.budget is not None:
        return _private_var(array, everything, ddof)
    mean = _mean(array, everything, ddof)
    squares = centred_square_sums(array, mean, "var")
    total = squares.sum() if everything else squares
    with np.errstate(invalid="ignore", divide="ignore"):
        # numpy, too, divides by zero where there are no degrees of freedom.
        spread = total / np.float64(max(_count(array, everything) - ddof, 0))
    return np.where(np.isfinite(mean), spread, np.nan)


def _private_var(array: FedArray, everything: bool, ddof: int) -> Array:
    moments = private_moments(array, "var", squares=True, together=everything)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.asarray(moments.squares / np.maximum(moments.present - ddof, 0.0))
    return spread if everything else spread.reshape(array.facts.tail)


def _std(array: FedArray, everything: bool, ddof: int) -> Array:
    return np.asarray(np.sqrt(_var(array, everything, ddof)))


def _extreme(array: FedArray, everything: bool, largest: bool) -> Array:
    parts = [np.asarray(part[0]) for part in extreme_values(array, largest)]
    if not parts or not array.size:
        raise DataError(
            f"{where()}{'max' if largest else 'min'} of {array!r}: there are no rows at any party"
        )
    stacked = np.stack(parts)
    axis = None if everything else 0
    return np.asarray(stacked.max(axis=axis) if largest else stacked.min(axis=axis))


def _any(array: FedArray, everything: bool, ddof: int) -> Array:
    true = _truths(array, everything)
    return np.asarray(true > 0)


def _all(array: FedArray, everything: bool, ddof: int) -> Array:
    return np.asarray(_truths(array, everything) == _count(array, everything))


def _truths(array: FedArray, everything: bool) -> Array:
    true = np.asarray(sum_over_parties(array, truths, "any", columns=None, missing=True)["true"])
    return np.asarray(true.sum()) if everything else true


def _min(array: FedArray, everything: bool, ddof: int) -> Array:
    return _extreme(array, everything, largest=False)


def _max(array: FedArray, everything: bool, ddof: int) -> Array:
    return _extreme(array, everything, largest=True)


_OVER_ROWS: Mapping[str, Callable[[FedArray, bool, int], Array]] = {
    "sum": _sum,
    "mean": _mean,
    "var": _var,
    "std": _std,
    "any": _any,
    "all": _all,
    "min": _min,
    "max": _max,
}
