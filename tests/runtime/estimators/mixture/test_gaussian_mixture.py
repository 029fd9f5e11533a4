from __future__ import annotations

import warnings
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
from pooled_twin import assert_same_rows, pooled_rows
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from fedruntime import DataError, FLModel, UnsupportedError
from fedruntime.estimators.mixture.expectation_maximisation import own_draws
from fedruntime.estimators.registry import Exactness, support
from fedruntime.operations import operation


def _given(X: Any, covariance_type: str, **parameters: Any) -> GaussianMixture:
    """A model of which the whole start is given."""
    precision = np.linalg.inv(np.cov(X.T))
    width = X.shape[1]
    precisions = {
        "full": np.array([precision, precision, 2 * precision]),
        "tied": precision,
        "diag": np.array([np.diag(precision)] * 3),
        "spherical": np.array([1.0, 2.0, 3.0]),
    }
    return GaussianMixture(
        3,
        covariance_type=covariance_type,
        means_init=X[[0, len(X) // 2, -1]] + 0.1 * np.arange(width),
        weights_init=[0.2, 0.3, 0.5],
        precisions_init=precisions[covariance_type],
        **parameters,
    )


def _halves(n: int) -> Any:
    return np.arange(n) * 2 // n


# -- the pooled iterations ------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", COVARIANCES)
def test_a_given_start_leads_to_the_pooled_mixture(covariance_type: str, dealt: Any) -> None:
    X = iris()
    model = _given(X, covariance_type)
    assert support(model).exactness is Exactness.EXACT
    ours, pooled, rows = fit_both(model, X, dealt(len(X)))
    assert_same_mixture(ours, pooled)
    assert_same_methods(ours, pooled, rows, X)


@pytest.mark.parametrize("covariance_type", COVARIANCES)
def test_random_responsibilities_are_the_pooled_ones(covariance_type: str, dealt: Any) -> None:
    X = iris()
    model = GaussianMixture(
        3, covariance_type=covariance_type, init_params="random", random_state=0, n_init=2
    )
    assert support(model).exactness is Exactness.EXACT
    ours, pooled, _ = fit_both(model, X, dealt(len(X)))
    assert_same_mixture(ours, pooled)


@pytest.mark.parametrize("covariance_type", COVARIANCES)
def test_one_component_is_mean_and_covariance(covariance_type: str, deal: Any) -> None:
    X = iris()
    model = GaussianMixture(covariance_type=covariance_type)
    assert support(model).exactness is Exactness.EXACT
    ours, pooled, _ = fit_both(model, X, deal(_halves(len(X))))
    assert_same_mixture(ours, pooled)


@pytest.mark.parametrize(
    "parameters",
    [
        {"tol": 1e-9},
        {"max_iter": 1},
        {"max_iter": 3},
        {"reg_covar": 0.1},
        {"n_init": 3},
    ],
    ids=str,
)
def test_parameters(parameters: Any, deal: Any) -> None:
    X = iris()
    model = GaussianMixture(2, init_params="random", random_state=1, **parameters)
    ours, pooled, _ = fit_both(model, X, deal(_halves(len(X))))
    assert_same_mixture(ours, pooled)


def test_no_iteration_leaves_the_start(deal: Any) -> None:
    X = iris()
    model = GaussianMixture(3, max_iter=0, init_params="random", random_state=0)
    ours, pooled, rows = fit_both(model, X, deal(_halves(len(X))))
    assert_same_mixture(ours, pooled)
    assert not [e for e in rows.federation.ledger if e.operation == "mixture.expected"]


@pytest.mark.parametrize(
    "given",
    [{"means_init": iris()[[0, 60, 120]]}, {"weights_init": [0.1, 0.4, 0.5]}],
    ids=["means", "weights"],
)
def test_what_is_given_goes_before_what_is_drawn(given: Any, deal: Any) -> None:
    X = iris()
    model = GaussianMixture(3, init_params="random", random_state=0, **given)
    ours, pooled, _ = fit_both(model, X, deal(_halves(len(X))))
    assert_same_mixture(ours, pooled)


def test_warm_start_goes_on_where_the_last_fit_ended(deal: Any) -> None:
    X = iris()
    model = GaussianMixture(
        3, max_iter=2, warm_start=True, init_params="random", random_state=0, tol=1e-8
    )
    rows = deal(_halves(len(X)))(X)
    ours, pooled = FLModel(model=clone(model)), clone(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(3):
            ours.fit(rows)
            pooled.fit(X)
            assert_same_mixture(ours, pooled)


def test_a_random_state_goes_on_from_fit_to_fit(deal: Any) -> None:
    X = iris()
    rows = deal(_halves(len(X)))(X)
    ours, pooled = (
        GaussianMixture(2, init_params="random", random_state=np.random.RandomState(4))
        for _ in range(2)
    )
    for _ in range(2):
        fitted = FLModel(model=ours).fit(rows)
        assert_same_mixture(fitted, pooled.fit(X))


def test_means_far_from_where_they_start_are_summed_about_twice(deal: Any) -> None:
    X = np.random.default_rng(0).normal(size=(90, 3)) + 1e5
    model = GaussianMixture(
        2,
        means_init=np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]),
        weights_init=[0.5, 0.5],
        precisions_init=np.array([np.eye(3) * 1e-9] * 2),
        max_iter=1,
    )
    ours, _, rows = fit_both(model, X, deal(_halves(90)))
    asked = [e for e in rows.federation.ledger if e.operation == "mixture.expected"]
    assert len(asked) == 2 * len(rows.federation.parties)
    share = ours.to_sklearn().weights_
    # Both components take a like part of all rows, so that their covariance is the pooled one.
    np.testing.assert_allclose(share, 0.5, atol=1e-2)
    np.testing.assert_allclose(
        ours.covariances_.mean(axis=0), np.cov(X.T, ddof=0), rtol=0, atol=1e-3
    )


def test_one_round_an_iteration(deal: Any) -> None:
    X = iris()
    _, pooled, rows = fit_both(_given(X, "full"), X, deal(_halves(len(X))))
    entries = [entry for entry in rows.federation.ledger if entry.party == "party0"]
    assert len([e for e in entries if e.protection == "masked"]) <= pooled.n_iter_ + 3


def test_an_unfinished_fit_warns_as_in_scikit_learn(deal: Any) -> None:
    X = iris()
    model = GaussianMixture(3, max_iter=2, init_params="random", random_state=0)
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        FLModel(model=model).fit(deal(_halves(len(X)))(X))


def test_fit_predict(deal: Any) -> None:
    X = iris()
    model = _given(X, "full")
    labels = FLModel(model=clone(model)).fit_predict(deal(_halves(len(X)))(X))
    assert_same_rows(labels, model.fit_predict(X))


def test_sampling_from_the_fitted_model_needs_no_party(deal: Any) -> None:
    X = iris()
    ours, pooled, _ = fit_both(_given(X, "diag", random_state=0), X, deal(_halves(len(X))))
    np.testing.assert_allclose(ours.sample(5)[0], pooled.sample(5)[0], atol=1e-9)


# -- from a federated k-means clustering ----------------------------------------------------


@pytest.mark.parametrize("covariance_type", COVARIANCES)
def test_clear_components_are_found_from_any_start(covariance_type: str, dealt: Any) -> None:
    X = clear()
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0, tol=1e-9)
    assert support(model).exactness is Exactness.STATISTICAL
    ours, pooled, rows = fit_both(model, X, dealt(len(X)))
    assert ours.score(rows) == pytest.approx(pooled.score(X), rel=1e-9)
    order, theirs = (
        np.argsort(means[:, 1] + means[:, 0] / 9) for means in (ours.means_, pooled.means_)
    )
    np.testing.assert_allclose(ours.means_[order], pooled.means_[theirs], rtol=1e-7, atol=1e-7)


def test_likelihoods_are_those_of_pooled_fits(deal: Any) -> None:
    X = iris()
    rows = deal(_halves(len(X)))(X)
    models = [GaussianMixture(3, random_state=seed, n_init=2) for seed in range(4)]
    ours = np.mean([FLModel(model=clone(model)).fit(rows).lower_bound_ for model in models])
    pooled = np.mean([model.fit(X).lower_bound_ for model in models])
    assert ours >= pooled - 0.02 * abs(pooled)


# -- draws ----------------------------------------------------------------------------------


def test_parties_draw_what_one_draw_for_all_rows_gives() -> None:
    n, k = 40_000, 3
    generator = np.random.RandomState(7)
    state = generator.get_state(legacy=False)
    drawn = generator.uniform(size=(n, k))
    drawn /= drawn.sum(axis=1)[:, np.newaxis]
    for own in (np.arange(0, n, 3), np.arange(20_000, 20_005), np.empty(0, dtype=int)):
        got = own_draws(np.zeros((len(own), 2)), own, state, n, k)
        assert np.array_equal(got, drawn[own])


def test_statistics_leave_in_sums_only() -> None:
    assert not operation("mixture.given").reveals
    assert not operation("mixture.expected").reveals


# -- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("init_params", ["k-means++", "random_from_data"])
def test_starts_on_single_rows_are_refused(init_params: str, deal: Any) -> None:
    dealt = deal(_halves(150))
    rows = dealt(iris())
    with pytest.raises(UnsupportedError, match="supported: init_params = 'kmeans', 'random'"):
        FLModel(model=GaussianMixture(2, init_params=init_params)).fit(rows)
    assert not list(dealt.federation.ledger)


@pytest.mark.parametrize(
    ("model", "rows", "message"),
    [
        (GaussianMixture(), 1, "minimum of 2 is required"),
        (GaussianMixture(8), 5, "n_components = 8, n_samples = 5"),
        (GaussianMixture(2, means_init=[[0.0], [1.0]]), 50, "should have the shape of"),
        (GaussianMixture(2, weights_init=[0.9, 0.9]), 50, "should be normalized"),
    ],
    ids=["one row", "components", "means", "weights"],
)
def test_refusals_are_in_the_words_of_scikit_learn(
    model: GaussianMixture, rows: int, message: str, deal: Any
) -> None:
    with pytest.raises(DataError, match=message):
        FLModel(model=model).fit(deal(np.arange(rows) % 2, parties=2)(iris()[:rows]))


def test_a_collapsed_component_is_refused(deal: Any) -> None:
    X = np.repeat([[0.0, 0.0], [9.0, 9.0]], 20, axis=0)
    with pytest.raises(DataError, match="ill-defined empirical covariance"):
        FLModel(model=GaussianMixture(2, reg_covar=0)).fit(deal(_halves(40))(X))


def test_sparse_rows_are_refused_as_in_scikit_learn(deal: Any) -> None:
    with pytest.raises(DataError, match="Sparse data was passed"):
        FLModel(model=GaussianMixture(2)).fit(deal(_halves(150))(sparse.csr_matrix(iris())))


def test_sample_weights_are_refused_as_in_scikit_learn(deal: Any) -> None:
    dealt = deal(_halves(150))
    with pytest.raises(DataError, match="unexpected keyword argument 'sample_weight'"):
        FLModel(model=GaussianMixture()).fit(dealt(iris()), sample_weight=dealt(np.ones(150)))


def test_predictions_stay_at_the_parties(deal: Any) -> None:
    ours, _, rows = fit_both(_given(iris(), "tied"), iris(), deal(_halves(150)))
    assert pooled_rows(ours.predict_proba(rows)).shape == (150, 3)


def test_information_criteria_of_rows_at_the_parties(deal: Any) -> None:
    X = iris()
    model = _given(X, "full")
    dealt = deal(_halves(len(X)))
    ours, pooled = FLModel(model=clone(model)).fit(dealt(X)), clone(model).fit(X)
    assert ours.bic(dealt(X)) == pytest.approx(pooled.bic(X), rel=1e-12)
    assert ours.aic(dealt(X)) == pytest.approx(pooled.aic(X), rel=1e-12)
    assert ours.bic(X) == pytest.approx(pooled.bic(X), rel=1e-12)
