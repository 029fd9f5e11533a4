"""``LedoitWolf`` and ``OAS``: covariances whose shrinkage comes from the rows, by sums."""

from __future__ import annotations

import numpy as np
from sklearn.covariance import OAS, LedoitWolf

from fedruntime.cohort import Cohort
from fedruntime.estimators.covariance.gaussian_moments import Gaussian, fit_gaussian, likelihood
from fedruntime.estimators.ledoit_wolf_shrinkage import fourth_powers, shrinkage, shrunk
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.second_moments import powers_of_two


@federated(
    LedoitWolf,
    Exactness.EXACT,
    "means and scatter matrix from sums, then one summed fourth moment",
    score=likelihood,
)
def fit_ledoit_wolf(model: LedoitWolf, cohort: Cohort) -> None:
    """Fit as ``LedoitWolf.fit``; ``block_size`` has no effect."""
    found = fit_gaussian(model, cohort)
    model.shrinkage_ = _ledoit_wolf(found)
    model._set_covariance(shrunk(found.covariance, model.shrinkage_))


@federated(OAS, Exactness.EXACT, "means and scatter matrix from sums", score=likelihood)
def fit_oas(model: OAS, cohort: Cohort) -> None:
    """Fit as ``OAS.fit``."""
    found = fit_gaussian(model, cohort)
    model.shrinkage_ = _oracle_approximating(found)
    model._set_covariance(shrunk(found.covariance, model.shrinkage_))


def _ledoit_wolf(found: Gaussian) -> float:
    n_samples, p = found.rows.n_samples, len(found.location)
    # Distances of the order of one: their fourth powers have to be within the exact encoding.
    unit = powers_of_two(np.sqrt(np.atleast_1d(found.covariance.trace())))[0]
    scaled = np.full((1, p), unit)
    fourth = fourth_powers(found.rows, found.location[np.newaxis], scaled)
    return shrinkage(found.covariance * n_samples * unit**2, float(fourth[0]), n_samples)


def _oracle_approximating(found: Gaussian) -> float:
    """Equation 23 of Chen, Wiesel, Eldar and Hero (2010), without the terms in 2 / p that
    scikit-learn leaves out.
    """
    covariance, p = found.covariance, len(found.location)
    if p == 1:
        return 0.0
    alpha, mu = np.mean(covariance**2), np.trace(covariance) / p
    numerator = alpha + mu**2
    denominator = (found.rows.n_samples + 1) * (alpha - mu**2 / p)
    return 1.0 if denominator == 0 else min(numerator / denominator, 1.0)
