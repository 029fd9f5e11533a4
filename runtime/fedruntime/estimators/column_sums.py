"""Column sums over a party's rows, at the speed of one pass through memory: the statistics of the
estimators that need means and variances of columns with holes in them.

Sums of blocks are added pairwise by numpy, so that the
rounding error does not grow with the number of rows. NaN are skipped, sparse rows stay sparse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]


@party_op("columns.sums", counts=("count",))
def column_sums(X: Any, sample_weight: Floats | None = None) -> Statistics:
    """Weighted sum, weight and number of the values that are there, by column."""
    if sparse.issparse(X):
        return _sparse_sums(X, sample_weight)
    blocks = list(row_blocks(*X.shape))
    sums = np.empty((len(blocks), X.shape[1]))
    weights = np.empty_like(sums)
    counts = np.full(X.shape[1], len(X), dtype=np.int64)
    for number, block in enumerate(blocks):
        values = np.asarray(X[block], dtype=np.float64)
        weight = None if sample_weight is None else sample_weight[block]
        sums[number] = _summed(values, weight)
        weights[number] = len(values) if weight is None else weight.sum()
        if np.isnan(sums[number]).any():
            missing = np.isnan(values)
            sums[number] = _summed(np.where(missing, 0.0, values), weight)
            weights[number] = _summed((~missing).astype(np.float64), weight)
            counts -= missing.sum(axis=0)
    return {"sum": _total(sums), "weight": _total(weights), "count": counts}


@party_op("columns.deviations")
def column_deviations(X: Any, mean: Floats, sample_weight: Floats | None = None) -> Statistics:
    """Weighted sums of the deviations from given means and of their squares, by column.

    The first corrects the second for the rounding of the mean: the corrected two-pass algorithm
    of Chan, Golub and LeVeque (1983), which scikit-learn uses.
    """
    if sparse.issparse(X):
        return _sparse_deviations(X, mean, sample_weight)
    blocks = list(row_blocks(*X.shape))
    sums = np.empty((len(blocks), X.shape[1]))
    squares = np.empty_like(sums)
    # One buffer for all blocks: fresh memory for each would cost as much as the arithmetic.
    buffer = np.empty((blocks[0].stop if blocks else 0, X.shape[1]))
    for number, block in enumerate(blocks):
        values = X[block]
        weight = None if sample_weight is None else sample_weight[block]
        deviations = np.subtract(values, mean, out=buffer[: len(values)])
        sums[number] = _summed(deviations, weight)
        if np.isnan(sums[number]).any():
            np.nan_to_num(deviations, copy=False)
            sums[number] = _summed(deviations, weight)
        squares[number] = _summed_squares(deviations, weight)
    return {"deviation": _total(sums), "square": _total(squares)}


def _summed_squares(values: Floats, weight: Floats | None) -> Floats:
    return np.einsum("ij,ij->j", values, values) if weight is None else weight @ values**2


def _summed(values: Floats, weight: Floats | None) -> Floats:
    # Without weights einsum is as fast as BLAS, and not slow on some of its versions.
    return np.einsum("ij->j", values) if weight is None else weight @ values


def _total(blocks: Floats) -> Floats:
    # Along the last, contiguous axis numpy adds pairwise.
    return np.asarray(np.ascontiguousarray(blocks.T).sum(axis=1))


def _sparse_sums(X: Any, sample_weight: Floats | None) -> Statistics:
    weight = _row_weights(X, sample_weight)
    there, missing = _stored(X)
    return {
        "sum": _by_column(X, there, weight * np.where(there, X.data, 0.0)),
        "weight": np.full(X.shape[1], _all(X, sample_weight)) - _by_column(X, missing, weight),
        "count": X.shape[0] - np.bincount(X.indices[missing], minlength=X.shape[1]),
    }


def _sparse_deviations(X: Any, mean: Floats, sample_weight: Floats | None) -> Statistics:
    weight = _row_weights(X, sample_weight)
    there, _ = _stored(X)
    zeros = _all(X, sample_weight) - _by_column(X, np.ones(len(X.data), dtype=bool), weight)
    deviations = np.where(there, X.data, 0.0) - mean[X.indices]
    return {
        "deviation": _by_column(X, there, weight * deviations) - zeros * mean,
        "square": _by_column(X, there, weight * deviations**2) + zeros * mean**2,
    }


def _stored(X: Any) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    missing = np.isnan(X.data)
    return ~missing, missing


def _row_weights(X: Any, sample_weight: Floats | None) -> Floats:
    """The weight of the row of every stored value."""
    weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
    return np.repeat(weight, np.diff(X.indptr))


def _all(X: Any, sample_weight: Floats | None) -> float:
    return float(X.shape[0] if sample_weight is None else sample_weight.sum())


def _by_column(X: Any, chosen: npt.NDArray[np.bool_], values: Floats) -> Floats:
    """Sums by column of one value for every stored entry, over the chosen ones."""
    totals = np.bincount(X.indices[chosen], values[chosen], minlength=X.shape[1])
    return np.asarray(totals, dtype=np.float64)
