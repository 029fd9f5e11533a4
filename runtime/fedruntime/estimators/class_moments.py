"""Means of the rows of every class, and squared deviations from given centres: the statistics of
classifiers that describe each class by where its rows lie and how far they spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.cohort import Cohort
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.estimators.second_moments import powers_of_two
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_SAMPLED_ROWS = 4096
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class ClassMeans:
    """Where the rows of K classes lie.

    Parameters
    ----------
    count : ndarray of shape (K,)
        Rows of each class.
    weight : ndarray of shape (K,)
        Their sample weights; their number if there are none.
    mean : ndarray of shape (K, p)
        Weighted means; zeros for a class without weight.
    unit : ndarray of shape (p,)
        Powers of two that bring the columns to the order of one.
    """

    count: Integers
    weight: Floats
    mean: Floats
    unit: Floats

    @property
    def overall(self) -> Floats:
        """The weighted mean of all rows; shape (p,)."""
        return np.asarray(self.weight @ self.mean / self.weight.sum())

    @property
    def between(self) -> Floats:
        """Weighted squared deviations of the class means from the overall one; shape (p,)."""
        return np.asarray(self.weight @ (self.mean - self.overall) ** 2)


def class_means(rows: Cohort, n_classes: int) -> ClassMeans:
    """The means of every class.

    Parameters
    ----------
    rows : Cohort
        As ``design.prepare(..., target="labels")`` gives it; ``X`` may be sparse.
    n_classes : int
    """
    sums = rows.sum(class_sums, n_classes=n_classes)
    weight = sums["weight"]
    divisor = np.where(weight > 0, weight, 1.0)[:, np.newaxis]
    return ClassMeans(
        count=sums["count"],
        weight=weight,
        mean=np.where(weight[:, np.newaxis] > 0, sums["sum"] / divisor, 0.0),
        unit=powers_of_two(sums["size"] / sums["sampled"]),
    )


def class_squares(rows: Cohort, centres: Floats, unit: Floats) -> Floats:
    """Weighted squared deviations of every class from a centre of its own.

    Parameters
    ----------
    rows : Cohort
        As for ``class_means``.
    centres : ndarray of shape (K, p)
    unit : ndarray of shape (p,)
        As in ``ClassMeans``.

    Returns
    -------
    ndarray of shape (K, p)
    """
    squares: Floats = rows.sum(squared_deviations, centres=centres, unit=unit)["square"] / unit**2
    return squares


def is_rounding(squares: Floats, centre: Floats, weight: Any) -> npt.NDArray[np.bool_]:
    """Whether squared deviations are no more than what rounding the centre leaves of a constant."""
    return np.asarray(squares <= weight * (32 * _EPS * centre) ** 2)


@party_op("class_moments.sums", counts=("count", "weight"))
def class_sums(X: Any, y: Floats, sample_weight: Floats | None, n_classes: int) -> Statistics:
    """Rows, weight and column sums of each class, and the magnitude of the columns.

    Returns
    -------
    dict
        ``count`` and ``weight`` (K,); ``sum`` (K, p); ``size`` (p,), the magnitudes of ``sampled``
        rows spread evenly over the party's own, added up.
    """
    codes = y.astype(np.intp)
    sums = np.zeros((n_classes, X.shape[1]))
    for rows in _blocks(X):
        sums += as_dense(class_indicator(codes[rows], sample_weight, rows, n_classes) @ X[rows])
    sampled = X[:: max(1, -(-X.shape[0] // _SAMPLED_ROWS))]
    return {
        "count": np.bincount(codes, minlength=n_classes),
        "weight": np.bincount(codes, weights=sample_weight, minlength=n_classes).astype(float),
        "sum": sums,
        "size": np.asarray(abs(sampled).sum(axis=0)).ravel(),
        "sampled": sampled.shape[0],
    }


def _rows_of_classes(y: Floats) -> Array:
    return np.bincount(y.astype(np.intp))


@party_op("class_moments.squares", cells=_rows_of_classes)
def squared_deviations(
    X: Any, y: Floats, sample_weight: Floats | None, centres: Floats, unit: Floats
) -> Statistics:
    """Weighted squared deviations from the centre of each row's class, in units of ``1 / unit``."""
    codes = y.astype(np.intp)
    if sparse.issparse(X):
        return {"square": _sparse_squares(X, codes, sample_weight, centres * unit, unit)}
    squares = np.zeros_like(centres)
    # One buffer for all blocks: fresh memory for each would cost as much as the arithmetic.
    buffer = np.empty((min(next(row_blocks(1, X.shape[1])).stop, len(X)), X.shape[1]))
    for rows in _blocks(X):
        block = codes[rows]
        # mode="clip" writes to the buffer directly; all codes are within bounds.
        deviations = np.take(centres, block, axis=0, out=buffer[: len(block)], mode="clip")
        np.subtract(X[rows], deviations, out=deviations)
        deviations *= deviations
        squares += class_indicator(block, sample_weight, rows, len(centres)) @ deviations
    return {"square": squares * unit**2}


def class_indicator(
    codes: Any, sample_weight: Floats | None, rows: slice, n_classes: int
) -> sparse.csc_matrix:
    """The weights of a block of rows in the places of their classes; shape (K, rows)."""
    weights = np.ones(len(codes)) if sample_weight is None else sample_weight[rows]
    starts = np.arange(len(codes) + 1)
    return sparse.csc_matrix((weights, codes, starts), shape=(n_classes, len(codes)))


def as_dense(product: Any) -> Floats:
    """What an indicator makes of a block of rows, of an array or a CSR matrix, as an array."""
    return np.asarray(product.toarray() if sparse.issparse(product) else product)


def _blocks(X: Any) -> Any:
    return [slice(0, X.shape[0])] if sparse.issparse(X) else row_blocks(*X.shape)


def _sparse_squares(
    X: Any, codes: Any, sample_weight: Floats | None, centres: Floats, unit: Floats
) -> Floats:
    """What is stored, and the zeros that are not, by class and column."""
    weights = np.ones(X.shape[0]) if sample_weight is None else sample_weight
    row_of = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    place = codes[row_of] * X.shape[1] + X.indices
    deviations = X.data * unit[X.indices] - centres.ravel()[place]
    stored, squares = (
        np.bincount(place, weights[row_of] * values, minlength=centres.size).reshape(centres.shape)
        for values in (np.ones(len(place)), deviations**2)
    )
    total = np.bincount(codes, weights=weights, minlength=len(centres))
    return np.asarray(squares + (total[:, np.newaxis] - stored) * centres**2)
