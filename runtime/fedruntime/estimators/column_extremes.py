"""The extremes of columns, both in one round: each party reveals its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from fedruntime.cohort import Cohort
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op


def column_extremes(cohort: Cohort) -> tuple[Array, Array]:
    """Minima and maxima of the columns of ``X``, a float array or CSR matrix; NaN is left out.

    Rows of weight zero do not count, if the cohort has weights.
    """
    found = cohort.minimum(extremes)
    return found["minimum"], -found["minus_maximum"]


@party_op("columns.extremes", reveals="the minima and maxima of columns")
def extremes(X: Any, sample_weight: Array | None = None) -> Statistics:
    """The smallest and the negated largest value of every column; NaN where there is none."""
    if sample_weight is not None:
        X = X[sample_weight != 0]
    if sparse.issparse(X):
        implicit = np.bincount(X.indices, minlength=X.shape[1]) < X.shape[0]
        lowest = np.where(implicit, 0.0, np.nan)
        highest = lowest.copy()
        np.fmin.at(lowest, X.indices, X.data)
        np.fmax.at(highest, X.indices, X.data)
    else:
        lowest = np.fmin.reduce(X, axis=0, initial=np.nan)
        highest = np.fmax.reduce(X, axis=0, initial=np.nan)
    return {"minimum": lowest, "minus_maximum": -highest}
