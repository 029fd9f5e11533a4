from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mixture_cases import (
    COVARIANCES,
    assert_same_methods,
    assert_same_mixture,
    clear,
    fit_both,
    iris,
)
from sklearn.base import clone
from sklearn.mixture import BayesianGaussianMixture

from fedruntime import DataError, FLModel, UnsupportedError
from fedruntime.estimators.registry import Exactness, support

PRIORS = ["dirichlet_process", "dirichlet_distribution"]


def _halves(n: int) -> Any:
    return np.arange(n) * 2 // n


def _drawn(**parameters: Any) -> BayesianGaussianMixture:
    return BayesianGaussianMixture(
        **{
            "n_components": 3,
            "init_params": "random",
            "random_state": 0,
            "max_iter": 60,
            "tol": 1e-5,
            **parameters,
        }
    )


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("covariance_type", COVARIANCES)
def test_random_responsibilities_are_the_pooled_ones(
    covariance_type: str, prior: str, deal: Any
) -> None:
    X = clear()
    model = _drawn(covariance_type=covariance_type, weight_concentration_prior_type=prior)
    assert support(model).exactness is Exactness.EXACT
    ours, pooled, rows = fit_both(model, X, deal(np.arange(len(X)) % 3))
    assert_same_mixture(ours, pooled, bar=1e-10)
    assert_same_methods(ours, pooled, rows, X)


@pytest.mark.parametrize("covariance_type", COVARIANCES)
def test_one_component(covariance_type: str, dealt: Any) -> None:
    X = iris()
    model = BayesianGaussianMixture(covariance_type=covariance_type)
    assert support(model).exactness is Exactness.EXACT
    ours, pooled, _ = fit_both(model, X, dealt(len(X)))
    assert_same_mixture(ours, pooled)


@pytest.mark.parametrize(
    "priors",
    [
        {"weight_concentration_prior": 10.0},
        {"mean_precision_prior": 0.1},
        {"mean_prior": np.array([5.0, 3.0, 3.0, 1.0])},
        {"degrees_of_freedom_prior": 9.0},
        {"covariance_prior": np.eye(4)},
        {"covariance_prior": np.ones(4), "covariance_type": "diag"},
        {"covariance_prior": 2.0, "covariance_type": "spherical"},
    ],
    ids=str,
)
def test_given_priors(priors: Any, deal: Any) -> None:
    X = iris()
    ours, pooled, _ = fit_both(_drawn(max_iter=10, **priors), X, deal(_halves(len(X))))
    assert_same_mixture(ours, pooled, bar=1e-10)


def test_clear_components_are_found_from_a_federated_clustering(dealt: Any) -> None:
    X = clear()
    model = BayesianGaussianMixture(n_components=3, random_state=0, tol=1e-9)
    assert support(model).exactness is Exactness.STATISTICAL
    ours, pooled, rows = fit_both(model, X, dealt(len(X)))
    assert ours.score(rows) == pytest.approx(pooled.score(X), rel=1e-3)


@pytest.mark.parametrize("init_params", ["k-means++", "random_from_data"])
def test_starts_on_single_rows_are_refused(init_params: str, deal: Any) -> None:
    model = BayesianGaussianMixture(n_components=2, init_params=init_params)
    with pytest.raises(UnsupportedError, match="supported: init_params"):
        FLModel(model=model).fit(deal(_halves(150))(iris()))


def test_a_prior_without_enough_degrees_is_refused_in_the_words_of_scikit_learn(deal: Any) -> None:
    model = BayesianGaussianMixture(degrees_of_freedom_prior=1.0)
    with pytest.raises(DataError, match="should be greater than 3"):
        FLModel(model=clone(model)).fit(deal(_halves(150))(iris()))
