"""numpy's medians, percentiles and quantiles of rows, from exact order statistics: NaN propagates,
or is left out by the functions whose names say so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.along_columns import along_columns
from fedruntime.data.quantiles import medians, quantiles
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array


def median(name: str, array: Any, axis: Any = None) -> Any:
    """``numpy.median`` and ``numpy.nanmedian``."""
    if _row_wise(array, axis):
        return along_columns(name, array, axis)
    _require_columns(name, array, axis)
    dtype = np.median(np.zeros(1, array.dtype)).dtype
    return _finish(name, array, medians(array), dtype)


def quantile(name: str, array: Any, q: Any, axis: Any = None, **options: Any) -> Any:
    """``numpy.quantile``, ``numpy.percentile`` and both without NaN; linear interpolation.

    Raises
    ------
    UnsupportedError
        For other methods, and over both axes at once.
    """
    if options.pop("method", "linear") != "linear" or any(options.values()):
        raise UnsupportedError(
            f"{where()}numpy.{name} of {array!r} interpolates linearly, with no other option"
        )
    if _row_wise(array, axis):
        if np.ndim(q):
            raise UnsupportedError(
                f"{where()}numpy.{name} along columns of {array!r} gives one quantile at a time"
            )
        return along_columns(name, array, axis, q)
    _require_columns(name, array, axis)
    levels = np.asarray(q, dtype=np.float64) / (100 if "percentile" in name else 1)
    if levels.size and not (levels.min() >= 0 and levels.max() <= 1):
        raise ValueError(f"{where()}numpy.{name}: {q!r} is out of range")
    found = quantiles(array, levels.ravel().tolist())
    shaped = found.reshape(levels.shape + array.shape[1:])
    dtype = getattr(np, name)(np.zeros(1, array.dtype), q).dtype
    return _finish(name, array, shaped, dtype)


def _row_wise(array: Any, axis: Any) -> bool:
    return axis is not None and not isinstance(axis, tuple) and axis % array.ndim != 0


def _require_columns(name: str, array: Any, axis: Any) -> None:
    if array.ndim > 2 or (array.ndim == 2 and axis != 0):
        raise UnsupportedError(
            f"{where()}numpy.{name} with axis={axis} of {array!r}: take axis=0 or axis=1"
        )


def _finish(name: str, array: Any, found: Array, dtype: np.dtype[Any]) -> Any:
    if not name.startswith("nan"):
        found = np.where(np.isnan(array.sum(axis=0)), np.nan, found)
    return found.astype(dtype, copy=False)[()]
