"""What the covariance estimators of all rows have in common: location and empirical covariance from
sums, and the likelihood of other rows under a fitted Gaussian.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.covariance import log_likelihood

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.second_moments import second_moments
from fedruntime.estimators.tables import require_dense

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gaussian:
    """The empirical covariance of all rows.

    Parameters
    ----------
    rows : Cohort
        The prepared rows.
    location : ndarray of shape (p,)
        Their mean, or zero where they are taken to be centred.
    covariance : ndarray of shape (p, p)
        About the location, divided by the number of rows.
    """

    rows: Cohort
    location: Floats
    covariance: Floats


def fit_gaussian(model: Any, cohort: Cohort) -> Gaussian:
    """Check parameters, record features, set ``location_``, and find the empirical covariance."""
    model._validate_params()
    require_dense(cohort["X"])
    rows = prepare(cohort.only(X=cohort["X"]))
    record_features(model, cohort["X"])
    moments = second_moments(rows)
    covariance = moments.scatter / rows.n_samples
    location = moments.mean
    if model.assume_centered:
        covariance += np.outer(location, location)
        location = np.zeros_like(location)
    if rows.n_samples == 1:
        warnings.warn(
            "Only one sample available. You may want to reshape your data array", stacklevel=4
        )
    model.location_ = location
    return Gaussian(rows, location, covariance)


def likelihood(model: Any, cohort: Cohort) -> float:
    """The score of scikit-learn's covariances: the log-likelihood of the rows' own covariance."""
    rows = prepare(cohort.only(X=cohort["X"]))
    moments = second_moments(rows)
    shift = moments.mean - model.location_
    covariance = moments.scatter / rows.n_samples + np.outer(shift, shift)
    return float(log_likelihood(covariance, model.get_precision()))
