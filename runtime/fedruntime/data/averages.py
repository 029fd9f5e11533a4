"""``numpy.average`` of rows: weighted means from exact sums, or along columns at the parties."""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.plain import as_array
from fedruntime.errors import DataError, UnsupportedError


def average(
    name: str,
    a: Any,
    axis: int | None = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """The weighted mean over rows, over everything, or along columns.

    Parameters
    ----------
    a : FedArray
    axis : int, optional
    weights : array-like or Handle, optional
        Of the shape of ``a``, or one weight an entry of the axis; a public array of a weight a
        row is dealt by position.
    returned : bool
        Whether to give the sum of the weights as well.

    Raises
    ------
    DataError
        If the weights do not fit.
    """
    if keepdims or (returned and weights is None):
        raise UnsupportedError(f"{where()}numpy.{name} of {a!r} with keepdims, or returned alone")
    if weights is None:
        return a.mean(axis=axis)
    weights = as_array(weights) if isinstance(weights, Handle) else np.asarray(weights)
    if weights.shape == a.shape:
        total = weights.sum(axis=axis)
    elif axis is None or weights.ndim != 1 or len(weights) != a.shape[axis]:
        raise DataError(
            f"{where()}weights of shape {weights.shape} do not fit axis {axis} of {a!r}"
        )
    elif axis % a.ndim == 0:
        total = np.full(a.shape[1:], weights.sum())
        weights = weights.reshape(-1, *(1,) * (a.ndim - 1))
    else:
        total = weights.sum()
        weights = weights.reshape(-1, *(1,) * (a.ndim - 1 - axis % a.ndim))
    mean: Any = (a * weights).sum(axis=axis) / total
    if not returned:
        return mean
    if np.ndim(mean) and np.ndim(total) == 0:
        total = mean * 0 + total  # along columns: the same for every row
    return mean, total
