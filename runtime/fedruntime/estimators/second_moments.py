"""Means and second moments of the columns of all parties' rows, without a target and in one pass:
the scatter matrix that whitening, factor models and principal components of tall tables start from.

A provisional centre from a few thousand rows spares a pass for the means (the shifted-data
algorithm of Chan, Golub and LeVeque 1983); it is replaced where it lies so far off that correcting
for it would cancel digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.cohort import Cohort
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_PILOT_ROWS = 4096
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class SecondMoments:
    """What one pass finds out about the columns.

    Parameters
    ----------
    mean : ndarray of shape (p,)
    scatter : ndarray of shape (p, p)
        ``(X - mean).T @ (X - mean)``.
    """

    mean: Floats
    scatter: Floats

    @property
    def variance_total(self) -> float:
        """The sum of all squared deviations."""
        return float(self.scatter.trace())


def second_moments(cohort: Cohort) -> SecondMoments:
    """Means and scatter matrix of ``X``, a float array or CSR matrix.

    Sparse rows are not shifted, so that they stay sparse: their scatter is the difference of two
    sums, as in scikit-learn.
    """
    pilot = cohort.sum(pilot_moments)
    unit = powers_of_two(pilot["size"] / pilot["rows"])
    centre = pilot["x"] / pilot["rows"]
    if cohort["X"].facts.kind == "sparse":
        centre = np.zeros_like(centre)
    mean, scatter = _moments(cohort, centre, unit)
    if centre.any() and _off_centre(mean - centre, scatter, centre, cohort.n_samples):
        mean, scatter = _moments(cohort, mean, unit)
    return SecondMoments(mean, scatter)


def powers_of_two(size: Floats) -> Floats:
    """The powers of two that bring sizes into [1/2, 1), so that sums of their squares are within
    the range of the exact encoding; one for a size of zero.
    """
    _, exponent = np.frexp(np.where(size > 0, size, 0.5))
    return np.asarray(np.ldexp(1.0, -exponent))


def _moments(cohort: Cohort, centre: Floats, unit: Floats) -> tuple[Floats, Floats]:
    sums = cohort.sum(moment_sums, centre=centre, unit=unit)
    size = len(centre)
    scatter = np.zeros((size, size))
    scatter[np.triu_indices(size)] = sums["xx"]
    scatter += np.triu(scatter, 1).T
    shift = sums["x"] / cohort.n_samples
    scatter -= cohort.n_samples * np.outer(shift, shift)
    return centre + shift / unit, scatter / np.outer(unit, unit)


def _off_centre(shift: Floats, scatter: Floats, centre: Floats, n_samples: int) -> bool:
    beyond_rounding = np.abs(shift) > 32 * _EPS * np.abs(centre)
    return bool((beyond_rounding & (n_samples * shift**2 > scatter.diagonal())).any())


@party_op("moments.pilot")
def pilot_moments(X: Any) -> Statistics:
    """Sums, and sums of magnitudes, over a few thousand rows spread evenly over a party's own."""
    rows = X[:: max(1, -(-X.shape[0] // _PILOT_ROWS))]
    return {
        "rows": rows.shape[0],
        "x": np.asarray(rows.sum(axis=0)).ravel(),
        "size": np.asarray(abs(rows).sum(axis=0)).ravel(),
    }


@party_op("moments.sums")
def moment_sums(X: Any, centre: Floats, unit: Floats) -> Statistics:
    """First and second moments about a centre, with columns in units of ``1 / unit``.

    Returns
    -------
    dict
        ``x`` (p,); ``xx`` (p (p + 1) / 2,), the upper triangle row by row.
    """
    size = len(centre)
    if sparse.issparse(X):
        total, gram = np.asarray(X.sum(axis=0)).ravel(), (X.T @ X).toarray()
    else:
        total, gram = np.zeros(size), np.zeros((size, size))
        blocks = list(row_blocks(*X.shape))
        # One buffer for all blocks: fresh memory for each would cost as much as the subtraction.
        buffer = np.empty((min(blocks[0].stop, len(X)) if blocks else 0, size))
        ones = np.ones(len(buffer))
        for rows in blocks:
            block = X[rows]
            x = np.subtract(block, centre, out=buffer[: len(block)])
            total += ones[: len(x)] @ x
            gram += x.T @ x
    gram *= np.outer(unit, unit)
    return {"x": total * unit, "xx": gram[np.triu_indices(size)]}
