"""Covariance matrices of classes, with the shrinkage that discriminant analysis chooses itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing._data import _handle_zeros_in_scale, _is_constant_feature

from fedruntime.cohort import Cohort
from fedruntime.estimators.ledoit_wolf_shrinkage import fourth_powers, shrinkage, shrunk

Floats = npt.NDArray[np.float64]


def shrunk_covariances(
    rows: Cohort, centres: Floats, factors: list[Floats], counts: npt.NDArray[np.int64]
) -> list[Floats]:
    """Covariances shrunk by the lemma of Ledoit and Wolf, on standardised columns.

    Parameters
    ----------
    rows : Cohort
        Prepared rows, with ``y`` if there is more than one centre.
    centres : ndarray of shape (K, p)
    factors : list of K ndarray
        Triangular factors of the scatter about each centre.
    counts : ndarray of shape (K,)
        Rows of each class.
    """
    scatters = [factor.T @ factor for factor in factors]
    scales = [
        _scale(scatter.diagonal() / count, centre, int(count))
        for scatter, centre, count in zip(scatters, centres, counts, strict=True)
    ]
    fourth = fourth_powers(rows, centres, 1 / np.array(scales))
    covariances = []
    for scatter, scale, total, count in zip(scatters, scales, fourth, counts, strict=True):
        standard = scatter / np.outer(scale, scale)
        weight = shrinkage(standard, float(total), int(count))
        covariances.append(scale[:, np.newaxis] * shrunk(standard / count, weight) * scale)
    return covariances


def _scale(variances: Floats, centre: Floats, count: int) -> Floats:
    """What ``StandardScaler`` would divide the columns by: one for those that are constant."""
    constant = _is_constant_feature(variances, centre, count)
    scale = _handle_zeros_in_scale(np.sqrt(variances), copy=False, constant_mask=constant)
    return np.asarray(scale)
