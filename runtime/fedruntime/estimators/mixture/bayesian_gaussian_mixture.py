"""``BayesianGaussianMixture``: variational inference on summed moments, under every prior."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.mixture import BayesianGaussianMixture

from fedruntime.cohort import Cohort
from fedruntime.estimators.column_sums import column_deviations
from fedruntime.estimators.mixture.component_sums import (
    Components,
    alone,
    component_sums,
)
from fedruntime.estimators.mixture.expectation_maximisation import (
    FROM_DRAWS,
    FROM_KMEANS,
    STARTS,
    SummedMixture,
    fit_mixture,
)
from fedruntime.estimators.registry import Exactness, Level, federated


class _Summed(SummedMixture, BayesianGaussianMixture):  # type: ignore[misc]
    family = BayesianGaussianMixture

    def _check_parameters(self, X: Any, xp: Any = None) -> None:
        """Default priors are the pooled mean and covariance."""
        super()._check_parameters(X)
        if self.mean_prior is None:
            self.mean_prior_ = self._mean.copy()
        if self.covariance_prior is None:
            self.covariance_prior_ = self._pooled_covariance()

    def _pooled_covariance(self) -> Any:
        rows = self._rows
        degrees = rows.n_samples - 1
        if self.covariance_type in ("diag", "spherical"):
            sums = rows.sum(column_deviations, mean=self._mean)
            variances = (sums["square"] - sums["deviation"] ** 2 / rows.n_samples) / degrees
            return variances if self.covariance_type == "diag" else variances.mean()
        single = component_sums(
            rows.replace(resp=rows.derive(alone)), self._mean[np.newaxis], "full", 0.0
        )
        return single.covariances[0] * (single.nk[0] / degrees)

    def _initialize_parameters(
        self, X: Any, random_state: np.random.RandomState, xp: Any = None
    ) -> None:
        self._update(self._initial(random_state))

    def _update(self, found: Components) -> None:
        self._estimate_weights(found.nk)
        self._estimate_means(found.nk, found.means)
        self._estimate_precisions(found.nk, found.means, found.covariances)

    def _compute_lower_bound(self, log_resp: Any, log_prob_norm: Any) -> Any:
        # The public responsibilities that it gets have no entropy.
        return super()._compute_lower_bound(log_resp, log_prob_norm) - self._expected.entropy


def _judge(model: BayesianGaussianMixture) -> Level | None:
    if model.n_components == 1:
        return Exactness.EXACT, "scikit-learn's own iterations on summed moments"
    return None


@federated(
    BayesianGaussianMixture,
    *FROM_KMEANS,
    parameters=STARTS,
    when={("init_params", "random"): FROM_DRAWS},
    judge=_judge,
)
def fit_bayesian_gaussian_mixture(model: BayesianGaussianMixture, cohort: Cohort) -> None:
    """Fit by scikit-learn's own loop and updates, one round an iteration.

    Raises
    ------
    DataError
        In scikit-learn's words, such as for a component whose covariance has collapsed.
    """
    fit_mixture(model, cohort, _Summed)
