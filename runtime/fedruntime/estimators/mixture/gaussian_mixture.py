"""``GaussianMixture``: maximum likelihood on summed moments."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture
from sklearn.mixture._gaussian_mixture import (
    _compute_precision_cholesky,
    _compute_precision_cholesky_from_precisions,
)
from sklearn.utils._array_api import get_namespace

from fedruntime.cohort import Cohort
from fedruntime.estimators.mixture.component_sums import Components
from fedruntime.estimators.mixture.expectation_maximisation import (
    FROM_DRAWS,
    FROM_KMEANS,
    STARTS,
    SummedMixture,
    fit_mixture,
)
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.score import score

# Newer versions of scikit-learn ask for the arrays' namespace.
_NUMPY = (
    {"xp": get_namespace(np.empty(0))[0]}
    if "xp" in inspect.signature(_compute_precision_cholesky_from_precisions).parameters
    else {}
)


class _Summed(SummedMixture, GaussianMixture):  # type: ignore[misc]
    family = GaussianMixture

    def _initialize_parameters(
        self, X: Any, random_state: np.random.RandomState, xp: Any = None
    ) -> None:
        """As ``GaussianMixture._initialize``: what is given goes before what is found."""
        given = (self.weights_init, self.means_init, self.precisions_init)
        if any(one is None for one in given):
            found = self._initial(random_state)
            self.weights_ = found.nk / self._rows.n_samples
            self.means_, self.covariances_ = found.means, found.covariances
        if self.weights_init is not None:
            self.weights_ = self.weights_init
        if self.means_init is not None:
            self.means_ = self.means_init
        if self.precisions_init is not None:
            self.precisions_cholesky_ = _compute_precision_cholesky_from_precisions(
                np.asarray(self.precisions_init), self.covariance_type, **_NUMPY
            )
        else:
            self.precisions_cholesky_ = _compute_precision_cholesky(
                self.covariances_, self.covariance_type
            )

    def _update(self, found: Components) -> None:
        self.weights_ = found.nk / found.nk.sum()
        self.means_, self.covariances_ = found.means, found.covariances
        self.precisions_cholesky_ = _compute_precision_cholesky(
            self.covariances_, self.covariance_type
        )

    def _compute_lower_bound(self, log_resp: Any, log_prob_norm: Any) -> Any:
        return np.float64(self._expected.log_prob_norm / self._rows.n_samples)


def _judge(model: GaussianMixture) -> Level | None:
    given = (model.weights_init, model.means_init, model.precisions_init)
    if all(one is not None for one in given):
        return (
            Exactness.EXACT,
            "scikit-learn's own EM iterations on summed moments, from the given start",
        )
    if model.n_components == 1:
        return Exactness.EXACT, "mean and covariance from summed moments"
    return None


def bayesian_criterion(model: GaussianMixture, cohort: Cohort) -> float:
    """``model.bic``: the Bayesian information criterion, from the mean log-likelihood of rows."""
    return _deviance(model, cohort) + float(model._n_parameters() * np.log(cohort.n_samples))


def akaike_criterion(model: GaussianMixture, cohort: Cohort) -> float:
    """``model.aic``: the Akaike information criterion."""
    return _deviance(model, cohort) + float(2 * model._n_parameters())


def _deviance(model: GaussianMixture, cohort: Cohort) -> float:
    return -2 * score(model, cohort) * cohort.n_samples


@federated(
    GaussianMixture,
    *FROM_KMEANS,
    parameters=STARTS,
    when={("init_params", "random"): FROM_DRAWS},
    judge=_judge,
    measures={"aic": akaike_criterion, "bic": bayesian_criterion},
)
def fit_gaussian_mixture(model: GaussianMixture, cohort: Cohort) -> None:
    """Fit by scikit-learn's own EM loop, one round an iteration; ``warm_start`` goes on where the
    last fit ended.

    Raises
    ------
    DataError
        In scikit-learn's words, such as for a component whose covariance has collapsed.
    """
    fit_mixture(model, cohort, _Summed)
