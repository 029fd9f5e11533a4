"""Medians, quantiles and ``describe`` of handles, from exact order statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime import order_statistics
from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.row_operations import as_matrix
from fedruntime.messages import Array

_QUARTILES = (0.25, 0.5, 0.75)


def medians(handle: Handle, columns: Sequence[int] | None = None) -> Array:
    """The median of a vector, or of each column; missing values are left out."""
    found = order_statistics.medians(_cohort(handle, columns, "median"))
    return found if handle.ndim == 2 else np.asarray(found[0])


def quantiles(handle: Handle, q: Sequence[float], columns: Sequence[int] | None = None) -> Array:
    """Linearly interpolated quantiles, one row a quantile; missing values are left out."""
    found = order_statistics.quantiles(_cohort(handle, columns, "quantile"), q)
    return found if handle.ndim == 2 else found[:, 0]


def described(values: Any, columns: Sequence[int] | None) -> Array:
    """The figures of pandas' ``describe``: count, mean, std, min, quartiles, max.

    Parameters
    ----------
    values : FedFrame or FedSeries
        Of numbers only.
    columns : sequence of int, optional
        All columns of a frame, by position.
    """
    quartiles = quantiles(values, _QUARTILES, columns)
    figures = [values.count(), values.mean(), values.std(), values.min(), *quartiles, values.max()]
    return np.asarray([np.asarray(figure, dtype=np.float64) for figure in figures])


FIGURES = pd.Index(["count", "mean", "std", "min", "25%", "50%", "75%", "max"])


def _cohort(handle: Handle, columns: Sequence[int] | None, purpose: str) -> Cohort:
    matrix = handle.federation.map(as_matrix, rows=handle, columns=columns)
    return Cohort(handle.federation, AGGREGATOR, {"X": matrix}, purpose)
