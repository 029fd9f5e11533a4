"""The shrinkage of Ledoit and Wolf (2004) from sums: second moments, and one fourth moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.cohort import Cohort
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]


def shrinkage(scatter: Floats, fourth: float, n_samples: int) -> float:
    """The weight of the spherical matrix, as ``sklearn.covariance.ledoit_wolf_shrinkage`` has it.

    Parameters
    ----------
    scatter : ndarray of shape (p, p)
        Summed products of the rows about their centre.
    fourth : float
        Summed fourth powers of their distances from it.
    n_samples : int
    """
    p = len(scatter)
    if p == 1:
        return 0.0
    variances = scatter.diagonal() / n_samples
    mu = variances.sum() / p
    squares = (scatter**2).sum() / n_samples**2
    delta = (squares - 2.0 * mu * variances.sum() + p * mu**2) / p
    # Not more than one, which would invert covariances.
    beta = min((fourth / n_samples - squares) / (p * n_samples), delta)
    return 0 if beta == 0 else beta / delta


def shrunk(covariance: Floats, weight: float) -> Floats:
    """A covariance matrix with its mean variance mixed in on the diagonal."""
    mixed = (1.0 - weight) * covariance
    mixed.flat[:: len(mixed) + 1] += weight * (np.trace(covariance) / len(covariance))
    return np.asarray(mixed)


def fourth_powers(rows: Cohort, centres: Floats, units: Floats) -> Floats:
    """Summed fourth powers of the distances of rows from the centres of their classes.

    Parameters
    ----------
    rows : Cohort
        With ``X``, and ``y`` as codes if there is more than one centre.
    centres : ndarray of shape (K, p)
    units : ndarray of shape (K, p)
        What columns are multiplied by.

    Returns
    -------
    ndarray of shape (K,)
    """
    return rows.sum(fourth_power_sums, centres=centres, units=units)["fourth"]


@party_op("ledoit_wolf.fourth_powers")
def fourth_power_sums(
    X: Any, centres: Floats, units: Floats, y: Floats | None = None
) -> Statistics:
    """Fourth powers of distances, summed by class; shape (K,)."""
    codes = np.zeros(len(X), dtype=np.intp) if y is None else y.astype(np.intp)
    fourth = np.zeros(len(centres))
    for block in row_blocks(*X.shape):
        labels = codes[block]
        scaled = (X[block] - centres[labels]) * units[labels]
        squares = np.einsum("ij,ij->i", scaled, scaled)
        fourth += np.bincount(labels, weights=squares**2, minlength=len(centres))
    return {"fourth": fourth}
