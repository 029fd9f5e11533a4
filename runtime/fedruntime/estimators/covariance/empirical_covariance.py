"""``EmpiricalCovariance`` and ``ShrunkCovariance``: second moments of all rows from sums."""

from __future__ import annotations

from sklearn.covariance import EmpiricalCovariance, ShrunkCovariance, shrunk_covariance

from fedruntime.cohort import Cohort
from fedruntime.estimators.covariance.gaussian_moments import fit_gaussian, likelihood
from fedruntime.estimators.registry import Exactness, federated

_HOW = "means and scatter matrix from sums"


@federated(EmpiricalCovariance, Exactness.EXACT, _HOW, score=likelihood)
def fit_empirical(model: EmpiricalCovariance, cohort: Cohort) -> None:
    """Fit as ``EmpiricalCovariance.fit``."""
    model._set_covariance(fit_gaussian(model, cohort).covariance)


@federated(ShrunkCovariance, Exactness.EXACT, _HOW, score=likelihood)
def fit_shrunk(model: ShrunkCovariance, cohort: Cohort) -> None:
    """Fit as ``ShrunkCovariance.fit``."""
    covariance = fit_gaussian(model, cohort).covariance
    model._set_covariance(shrunk_covariance(covariance, model.shrinkage))
