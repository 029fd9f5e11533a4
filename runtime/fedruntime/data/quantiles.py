"""Medians, quantiles and ``describe`` of handles, from exact order statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fedruntime import order_statistics
from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.row_operations import as_matrix
from fedruntime.messages import Array


def medians(handle: Handle, columns: Sequence[int] | None = None) -> Array:
    """The median of a vector, or of each column; missing values are left out."""
    found = order_statistics.medians(_cohort(handle, columns, "median"))
    return found if handle.ndim == 2 else np.asarray(found[0])


def quantiles(handle: Handle, q: Sequence[float], columns: Sequence[int] | None = None) -> Array:
    """Linearly interpolated quantiles, one row a quantile; missing values are left out."""
    found = order_statistics.quantiles(_cohort(handle, columns, "quantile"), q)
    return found if handle.ndim == 2 else found[:, 0]


def described(frame: Any, levels: Sequence[float]) -> Array:
    """The figures of pandas' ``describe``, one column each: count, mean, std, min, quantiles, max.

    Parameters
    ----------
    frame : FedFrame
        Of numbers only.
    levels : sequence of float
    """
    found = quantiles(frame, levels, list(range(frame.shape[1])))
    figures = [frame.count(), frame.mean(), frame.std(), frame.min(), *found, frame.max()]
    return np.asarray([np.asarray(figure, dtype=np.float64) for figure in figures])


def _cohort(handle: Handle, columns: Sequence[int] | None, purpose: str) -> Cohort:
    matrix = handle.federation.map(as_matrix, rows=handle, columns=columns)
    return Cohort(handle.federation, AGGREGATOR, {"X": matrix}, purpose)
