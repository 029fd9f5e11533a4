"""The accountant against closed forms, quadrature, and dp-accounting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent
from dp_accounting.gaussian_mechanism import get_sigma_gaussian
from dp_accounting.pld.privacy_loss_distribution import from_gaussian_mechanism
from dp_accounting.rdp import RdpAccountant
from scipy.integrate import quad
from scipy.stats import norm

from fedruntime.privacy import accountant
from fedruntime.privacy.accountant import Cost

BUDGETS = [(0.1, 1e-8), (1.0, 1e-5), (1.0, 1e-6), (3.0, 1e-6), (8.0, 1e-5), (25.0, 1e-9)]
SAMPLED = [(0.01, 1.0, 1000), (0.1, 2.0, 100), (0.001, 0.7, 10000), (0.5, 5.0, 50), (0.2, 20, 1000)]


# -- unsampled ------------------------------------------------------------------------------


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS)
def test_sigma_is_that_of_the_analytic_gaussian_mechanism(epsilon: float, delta: float) -> None:
    assert accountant.sigma_of(epsilon, delta) == pytest.approx(
        get_sigma_gaussian(epsilon, delta), rel=1e-6
    )


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS[:5])
def test_epsilon_is_that_of_the_privacy_loss_distribution(epsilon: float, delta: float) -> None:
    mu = accountant.mu_of(epsilon, delta)
    pessimistic = from_gaussian_mechanism(1.0 / mu, value_discretization_interval=1e-4)
    assert accountant.epsilon_of(mu, delta) == pytest.approx(
        pessimistic.get_epsilon_for_delta(delta), abs=1e-4 + 1e-4 * epsilon
    )


def test_composition_of_many_is_that_of_the_privacy_loss_distribution() -> None:
    mus = [0.05, 0.1, 0.2, 0.3]
    together = from_gaussian_mechanism(1 / mus[0], value_discretization_interval=1e-4)
    for mu in mus[1:]:
        together = together.compose(
            from_gaussian_mechanism(1 / mu, value_discretization_interval=1e-4)
        )
    found = accountant.epsilon_of_costs([Cost(mu) for mu in mus], 1e-6)
    assert found == pytest.approx(together.get_epsilon_for_delta(1e-6), rel=5e-4)
    assert found < accountant.renyi_epsilon(sum(accountant.renyi(Cost(mu)) for mu in mus), 1e-6)


@pytest.mark.parametrize("mu", [0.05, 0.5, 1.0, 3.0, 12.0])
@pytest.mark.parametrize("epsilon", [0.0, 0.5, 2.0, 20.0])
def test_delta_is_its_formula_where_that_can_be_evaluated(mu: float, epsilon: float) -> None:
    terms = norm.cdf(mu / 2 - epsilon / mu), math.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)
    formula = terms[0] - terms[1]
    if formula > 1e-3 * terms[0]:  # else the formula is all rounding
        assert accountant.delta_of(mu, epsilon) == pytest.approx(formula, rel=1e-10)


@pytest.mark.parametrize("delta", [1e-12, 1e-50, 1e-150, 1e-300])
@pytest.mark.parametrize("epsilon", [1e-3, 1.0, 100.0])
def test_conversions_invert_each_other_far_into_the_tails(epsilon: float, delta: float) -> None:
    mu = accountant.mu_of(epsilon, delta)
    assert accountant.epsilon_of(mu, delta) == pytest.approx(epsilon, rel=1e-9)
    assert accountant.log_delta_of(mu, epsilon) == pytest.approx(math.log(delta), rel=1e-9)


def test_log_delta_goes_on_where_delta_underflows() -> None:
    assert accountant.delta_of(0.01, 10.0) == 0.0
    # The tail of a normal distribution at 1000 standard deviations, times its correction.
    assert accountant.log_delta_of(0.01, 10.0) == pytest.approx(-0.5 * 1000**2, rel=1e-2)


def test_monotone() -> None:
    mus = np.geomspace(1e-4, 20, 60)
    for delta in (1e-12, 1e-6, 1e-2):
        assert np.all(np.diff([accountant.epsilon_of(mu, delta) for mu in mus]) >= 0)
    epsilons = np.geomspace(1e-3, 50, 60)
    assert np.all(np.diff([accountant.mu_of(e, 1e-6) for e in epsilons]) > 0)


def test_nothing_costs_nothing() -> None:
    assert accountant.epsilon_of(0.0, 1e-6) == 0.0
    assert accountant.epsilon_of_costs([], 1e-6) == 0.0
    assert accountant.delta_of(0.0, 0.0) == 0.0
    # A delta beyond the total variation needs no epsilon.
    assert accountant.epsilon_of(1.0, 0.9) == 0.0


def test_squares_of_mu_add_up() -> None:
    assert accountant.composed([0.3] * 100) == pytest.approx(3.0)
    assert accountant.epsilon_of_costs([Cost(0.3, steps=100)], 1e-6) == pytest.approx(
        accountant.epsilon_of(3.0, 1e-6)
    )


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-6, math.nan])
def test_a_delta_that_is_none_is_refused(delta: float) -> None:
    with pytest.raises(ValueError, match="delta"):
        accountant.epsilon_of(1.0, delta)
    with pytest.raises(ValueError, match="delta"):
        accountant.mu_of(1.0, delta)


def test_an_epsilon_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="epsilon"):
        accountant.mu_of(0.0, 1e-6)


# -- sampled --------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "noise", "steps"), SAMPLED)
def test_sampled_epsilon_is_that_of_dp_accounting(rate: float, noise: float, steps: int) -> None:
    theirs = RdpAccountant(list(accountant.ORDERS))
    theirs.compose(PoissonSampledDpEvent(rate, GaussianDpEvent(noise)), steps)
    ours = accountant.epsilon_of_costs([Cost(1.0 / noise, rate, steps)], 1e-6)
    assert ours == pytest.approx(theirs.get_epsilon(1e-6), rel=1e-2)


@pytest.mark.parametrize(("rate", "noise"), [(0.5, 5.0), (0.02, 0.5), (0.1, 2.0), (0.01, 1.0)])
@pytest.mark.parametrize("order", [1.1, 1.5, 2.0, 2.5, 4.7, 9.0, 9.3])
def test_moments_are_those_of_quadrature(rate: float, noise: float, order: float) -> None:
    def density(z: float) -> float:
        ratio = np.logaddexp(math.log1p(-rate), math.log(rate) + (2 * z - 1) / (2 * noise**2))
        return math.exp(norm.logpdf(z, scale=noise) + order * ratio)

    ends = -40 * noise, order + 40 * noise
    value, _ = quad(density, *ends, points=[0, 1, order], limit=1000, epsabs=0, epsrel=1e-13)
    (found,) = accountant.renyi(Cost(1.0 / noise, rate), [order])
    assert found * (order - 1) == pytest.approx(math.log(value), rel=1e-9)


def test_a_sample_of_everything_is_no_sample() -> None:
    near = accountant.renyi(Cost(0.5, 1.0 - 1e-9), [2.0, 5.0, 16.0])
    np.testing.assert_allclose(near, accountant.renyi(Cost(0.5), [2.0, 5.0, 16.0]), rtol=1e-6)


def test_sampling_costs_less() -> None:
    whole = accountant.renyi(Cost(0.5))
    assert np.all(accountant.renyi(Cost(0.5, 0.1)) < whole)


def test_samples_and_whole_releases_add_up() -> None:
    theirs = RdpAccountant(list(accountant.ORDERS))
    theirs.compose(PoissonSampledDpEvent(0.01, GaussianDpEvent(1.0)), 500)
    theirs.compose(GaussianDpEvent(4.0), 2)
    ours = accountant.epsilon_of_costs([Cost(1.0, 0.01, 500), Cost(0.25, steps=2)], 1e-6)
    assert ours == pytest.approx(theirs.get_epsilon(1e-6), rel=1e-2)


@pytest.mark.parametrize(
    ("rate", "steps", "epsilon"), [(0.01, 1000, 3), (0.1, 50, 1), (1.0, 20, 2)]
)
def test_the_noise_multiplier_meets_its_epsilon(rate: float, steps: int, epsilon: float) -> None:
    noise = accountant.noise_multiplier(rate, steps, epsilon, 1e-6)
    met = accountant.epsilon_of_costs([Cost(1.0 / noise, rate, steps)], 1e-6)
    assert epsilon * (1 - 1e-4) < met <= epsilon
