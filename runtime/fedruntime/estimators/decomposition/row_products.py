"""The matrix of all parties' rows, as far as a decomposition may know it: what it gives when
multiplied from both sides. Columns may be centred and scaled on the way; the rows are not copied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import order_statistics

Floats = npt.NDArray[np.float64]


class RowProducts:
    """Products with ``A``, the rows of ``X`` less a mean.

    Parameters
    ----------
    cohort : Cohort
        ``X`` is a float array or CSR matrix.
    mean : ndarray of shape (p,)
        What is subtracted from every row.
    """

    def __init__(self, cohort: Cohort, mean: Floats) -> None:
        self.cohort = cohort.only(X=cohort["X"])
        self.mean = mean

    @property
    def shape(self) -> tuple[int, int]:
        return self.cohort.n_samples, self.cohort.n_features

    def normal(self, basis: Floats) -> Floats:
        """``A.T @ (A @ basis)`` for a basis of shape (p, k)."""
        # Powers of two that keep the sums within the range of the exact encoding.
        lengths = np.abs(basis).max(axis=0, initial=0.0)
        unit = np.ldexp(1.0, -np.frexp(np.where(lengths > 0, lengths, 0.5))[1])
        sums = self.cohort.sum(normal_product, mean=self.mean, basis=basis * unit)
        return np.asarray(sums["product"] / unit)

    def project(self, basis: Floats) -> Handle:
        """``A @ basis``, which stays at the parties."""
        return self.cohort.derive(projected_rows, mean=self.mean, basis=basis)

    def signs_of_largest(self, basis: Floats) -> Floats:
        """The sign of the largest entry of each column of ``A @ basis``; zero counts as one."""
        projected = self.cohort.only(X=self.project(basis))
        ends = np.array([[0], [self.cohort.n_samples - 1]])
        lowest, highest = order_statistics(projected, np.tile(ends, basis.shape[1]))
        return np.where(-lowest > highest, -1.0, 1.0)


@party_op("row_products.normal")
def normal_product(X: Any, mean: Floats, basis: Floats) -> Statistics:
    """``A.T @ (A @ basis)`` of the centred rows of a party."""
    if sparse.issparse(X):
        moved = X @ basis - mean @ basis
        return {"product": X.T @ moved - np.outer(mean, moved.sum(axis=0))}
    product = np.zeros(basis.shape)
    for rows in row_blocks(len(X), X.shape[1]):
        x = X[rows] - mean
        product += x.T @ (x @ basis)
    return {"product": product}


@row_op("row_products.projected")
def projected_rows(X: Any, mean: Floats, basis: Floats) -> Floats:
    """``A @ basis`` of the centred rows of a party."""
    if sparse.issparse(X):
        return np.asarray(X @ basis - mean @ basis)
    projected = np.empty((len(X), basis.shape[1]))
    for rows in row_blocks(len(X), X.shape[1]):
        np.matmul(X[rows] - mean, basis, out=projected[rows])
    return projected
