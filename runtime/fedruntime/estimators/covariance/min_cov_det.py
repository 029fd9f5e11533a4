"""``MinCovDet``: FastMCD over the pooled rows, then scikit-learn's correction and re-weighting."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from scipy.stats import chi2
from sklearn.covariance import MinCovDet, _robust_covariance
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.covariance.fast_mcd import (
    Ellipsoid,
    Estimate,
    distances_to,
    fast_mcd,
    inside_moments,
    moments_of,
    support_mask,
)
from fedruntime.estimators.covariance.gaussian_moments import likelihood
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.second_moments import second_moments
from fedruntime.operations import row_op
from fedruntime.order_statistics import medians

Floats = npt.NDArray[np.float64]

_OUTER = 0.025  # the part of normal rows that re-weighting leaves out

HOW = (
    "as many trials on subsets of rows, each from a support drawn at the parties, as sums over "
    "known sets of rows would reveal these; the best trial is mostly that of the pooled fit"
)


@federated(MinCovDet, Exactness.STATISTICAL, HOW, score=likelihood)
def fit_min_cov_det(model: MinCovDet, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``MinCovDet.fit``; errors are those of ``robust_fit``."""
    return robust_fit(model, cohort)


def robust_fit(model: MinCovDet, cohort: Cohort) -> dict[str, Handle]:
    """Set the robust estimates; ``support_``, ``raw_support_`` and ``dist_`` stay at the parties.

    Raises
    ------
    DataError
        In scikit-learn's words, for fewer than two rows or a support without any spread.
    UnsupportedError
        For a single column, unless all of it is the support.
    """
    model._validate_params()
    rows = prepare(cohort.only(X=cohort["X"]))
    n, p = cohort["X"].shape
    if n < 2:
        raise DataError(
            f"Found array with {n} sample(s) (shape={cohort['X'].shape}) while a minimum of 2 is "
            "required by MinCovDet."
        )
    _warn_of_rank(rows)
    random_state = check_random_state(model.random_state)
    estimate = fast_mcd(rows, model.support_fraction, random_state)
    raw_support = support_mask(rows, estimate)
    location, covariance, measured_by = _raw(model, rows, estimate, raw_support)
    if estimate.size < n and np.allclose(covariance, 0):
        raise DataError(
            "The covariance matrix of the support data is equal to 0, try to increase "
            "support_fraction"
        )
    record_features(model, cohort["X"])
    model.raw_location_, model.raw_covariance_ = location, covariance
    correction = _correction(rows, measured_by, estimate.size)
    corrected = distances_to(rows, measured_by, correction)
    support = rows.replace(X=corrected).derive(inside, threshold=float(chi2(p).isf(_OUTER)))
    _reweight(model, rows, support, location)
    final = Ellipsoid(model.location_, model.get_precision())
    return {
        "dist_": distances_to(rows, final),
        "raw_support_": raw_support,
        "support_": support,
    }


def _warn_of_rank(rows: Cohort) -> None:
    moments = second_moments(rows)
    gram = moments.scatter + rows.n_samples * np.outer(moments.mean, moments.mean)
    if (linalg.svdvals(gram) > 1e-8).sum() != rows.n_features:
        warnings.warn(
            "The covariance matrix associated to your dataset is not full rank", stacklevel=4
        )


def _raw(
    model: MinCovDet, rows: Cohort, estimate: Estimate, support: Handle
) -> tuple[Floats, Floats, Ellipsoid]:
    """The raw location and covariance, and what the raw distances are measured by."""
    if not model.assume_centered:
        return estimate.location, estimate.covariance, estimate.measured_by
    zero = np.zeros(rows.n_features)
    sums = inside_moments(rows, support, zero)["moments"]
    _, covariance = moments_of(sums, zero, centred=False)
    return zero, covariance, Ellipsoid(zero, linalg.pinvh(covariance))


def _correction(rows: Cohort, measured_by: Ellipsoid, size: int) -> float:
    """The factor that makes raw estimates consistent for normal rows."""
    factor: Any = getattr(_robust_covariance, "_consistency_factor", None)
    if factor is not None:
        return float(factor(rows.n_features, size / rows.n_samples))
    # Until scikit-learn took the asymptotic factor.
    distances = rows.replace(X=distances_to(rows, measured_by))
    table = distances.only(X=distances.derive(as_column))
    return float(medians(table)[0] / chi2(rows.n_features).isf(0.5))


def _reweight(model: MinCovDet, rows: Cohort, support: Handle, centre: Floats) -> None:
    """The final estimates, from all rows that are not too far."""
    p = rows.n_features
    sums = inside_moments(rows, support, centre)["moments"]
    location, covariance = moments_of(sums, centre, centred=not model.assume_centered)
    factor: Any = getattr(_robust_covariance, "_consistency_factor", None)
    if factor is not None:
        covariance = covariance * factor(n_features=p, alpha=1 - _OUTER)
    model._set_covariance(covariance)
    model.location_ = np.zeros(p) if model.assume_centered else location


@row_op("min_cov_det.inside")
def inside(X: Floats, threshold: float) -> npt.NDArray[np.bool_]:
    """Which distances are below a threshold."""
    return np.less(X, threshold)


@row_op("min_cov_det.column")
def as_column(X: Floats) -> Floats:
    """Numbers of one a row as a table of one column."""
    return X[:, np.newaxis]
