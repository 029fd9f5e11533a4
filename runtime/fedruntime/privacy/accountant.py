"""Privacy arithmetic: what Gaussian noise costs, and what several releases cost together.

Releases of whole cohorts compose as Gaussian differential privacy (Dong, Roth and Su 2019): a
release with noise ``sensitivity / mu`` is mu-GDP, and the squares of mu add up. Releases of secret
samples are accounted by Renyi divergences (Mironov, Talwar and Zhang 2019). Everything here is a
function of numbers; noise and payments are elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import erfcx, gammaln, log_ndtr, logsumexp

Floats = npt.NDArray[np.float64]

ORDERS: tuple[float, ...] = (
    *(1.0 + tenth / 10.0 for tenth in range(1, 100)),
    *(float(order) for order in range(11, 64)),
    *(72.0, 80.0, 96.0, 128.0, 192.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0),
)
"""Renyi orders: dense where usual budgets have their best one, out to tiny budgets of many rows."""

_SQRT2 = math.sqrt(2.0)
_TOLERANCE = 1e-14


@dataclass(frozen=True)
class Cost:
    """What releases cost.

    Parameters
    ----------
    mu : float
        Noise: the sensitivity over the standard deviation.
    rate : float
        The chance of a row to be in the sample that each release saw; 1 for all rows.
    steps : int
        How many such releases there were, each on a sample of its own.
    """

    mu: float
    rate: float = 1.0
    steps: int = 1


# -- Gaussian differential privacy ----------------------------------------------------------


def log_delta_of(mu: float, epsilon: float) -> float:
    """The logarithm of ``delta_of``, accurate where delta itself underflows.

    Balle and Wang 2018, theorem 8: ``delta = ndtr(mu/2 - eps/mu) - exp(eps) ndtr(-mu/2 - eps/mu)``.
    Both terms share the factor ``exp(-t**2 / 2)``, ``t = eps/mu - mu/2``; without it their
    difference is one of two scaled complementary error functions.
    """
    if mu <= 0.0:
        return -math.inf
    near, far = epsilon / mu - mu / 2.0, epsilon / mu + mu / 2.0
    if near < -5.0:
        logs = float(log_ndtr(-near)), epsilon + float(log_ndtr(-far))
        return logs[0] + math.log1p(-math.exp(logs[1] - logs[0]))
    difference = float(erfcx(near / _SQRT2) - erfcx(far / _SQRT2))
    if difference <= 0.0:
        return -math.inf
    return -(near**2) / 2.0 + math.log(difference / 2.0)


def delta_of(mu: float, epsilon: float) -> float:
    """The smallest delta for which mu-GDP gives (epsilon, delta)-differential privacy."""
    return math.exp(log_delta_of(mu, epsilon))


def epsilon_of(mu: float, delta: float) -> float:
    """The smallest epsilon for which mu-GDP gives (epsilon, delta)-differential privacy."""
    _require_delta(delta)
    wanted = math.log(delta)
    if mu <= 0.0 or log_delta_of(mu, 0.0) <= wanted:
        return 0.0
    upper = mu**2 / 2.0 + mu * math.sqrt(-2.0 * wanted) + mu
    return float(
        brentq(lambda epsilon: log_delta_of(mu, epsilon) - wanted, 0.0, upper, xtol=_TOLERANCE)
    )


def mu_of(epsilon: float, delta: float) -> float:
    """The largest mu for which mu-GDP gives (epsilon, delta)-differential privacy."""
    _require_delta(delta)
    if not epsilon > 0.0:
        raise ValueError(f"epsilon={epsilon} is not above 0")
    wanted = math.log(delta)
    # From delta = 2 ndtr(mu/2) - 1 at epsilon 0 up to where even the centre of the loss is beyond.
    lower, upper = 1e-12, math.sqrt(2.0 * epsilon) + 10.0
    logarithm = brentq(
        lambda log_mu: log_delta_of(math.exp(log_mu), epsilon) - wanted,
        math.log(lower),
        math.log(upper),
        xtol=_TOLERANCE,
    )
    return math.exp(float(logarithm))


def sigma_of(epsilon: float, delta: float, sensitivity: float = 1.0) -> float:
    """The standard deviation of the analytic Gaussian mechanism (Balle and Wang 2018)."""
    return sensitivity / mu_of(epsilon, delta)


def composed(mus: Iterable[float]) -> float:
    """The mu of several releases together (Dong, Roth and Su 2019, corollary 3.3)."""
    return math.sqrt(math.fsum(mu**2 for mu in mus))


# -- Renyi differential privacy -------------------------------------------------------------


def renyi(cost: Cost, orders: Sequence[float] = ORDERS) -> Floats:
    """The Renyi divergence that releases reach at most, at each order above 1.

    For samples this is that of the Poisson-subsampled Gaussian mechanism, sections 3.2 (whole
    orders) and 3.3 (others) of Mironov, Talwar and Zhang 2019.
    """
    found = np.asarray(orders, dtype=np.float64)
    if cost.mu <= 0.0 or cost.rate <= 0.0:
        return np.zeros_like(found)
    if cost.rate >= 1.0:
        return found * (cost.steps * cost.mu**2 / 2.0)
    sigma = 1.0 / cost.mu
    moments = [
        _log_moment_whole(cost.rate, sigma, int(order))
        if float(order).is_integer()
        else _log_moment(cost.rate, sigma, float(order))
        for order in orders
    ]
    divergences: Floats = cost.steps * np.asarray(moments) / (found - 1.0)
    return divergences


def renyi_epsilon(
    divergences: npt.ArrayLike, delta: float, orders: Sequence[float] = ORDERS
) -> float:
    """The smallest epsilon that divergences give (Canonne, Kamath and Steinke 2020, prop. 12)."""
    _require_delta(delta)
    best = math.inf
    for divergence, order in zip(np.asarray(divergences), orders, strict=True):
        if delta**2 + math.expm1(-divergence) >= 0.0:
            return 0.0  # even the total variation is below delta, by Bretagnolle and Huber
        if order > 1.01:  # below, the terms in 1/(order - 1) are all rounding
            epsilon = (
                divergence + math.log1p(-1.0 / order) - math.log(delta * order) / (order - 1.0)
            )
            best = min(best, float(epsilon))
    return max(best, 0.0)


def epsilon_of_costs(costs: Iterable[Cost], delta: float) -> float:
    """The smallest epsilon that releases have together: by GDP if none is of a sample, else by
    Renyi divergences.
    """
    costs = tuple(costs)
    if all(cost.rate >= 1.0 for cost in costs):
        return epsilon_of(composed(math.sqrt(cost.steps) * cost.mu for cost in costs), delta)
    return renyi_epsilon(np.sum([renyi(cost) for cost in costs], axis=0), delta)


def noise_multiplier(rate: float, steps: int, epsilon: float, delta: float) -> float:
    """The noise, in units of the sensitivity, with which a sampled run has this epsilon and delta.

    Parameters
    ----------
    rate : float
        The chance of a row to be in the sample of a step.
    steps : int
    epsilon, delta : float
    """

    def excess(log_noise: float) -> float:
        return epsilon_of_costs([Cost(math.exp(-log_noise), rate, steps)], delta) - epsilon

    lower, upper = math.log(0.05), math.log(math.sqrt(steps) / mu_of(epsilon, delta) * 4.0 + 1.0)
    if excess(lower) <= 0.0:
        return math.exp(lower)
    found = float(brentq(excess, lower, upper, xtol=1e-9))
    return math.exp(found + 1e-8)  # on the side that costs less


def _require_delta(delta: float) -> None:
    if not 0.0 < delta < 1.0:
        raise ValueError(f"delta={delta} is not between 0 and 1")


def _log_moment_whole(rate: float, sigma: float, order: int) -> float:
    """log E of the likelihood ratio's power, as a finite binomial sum (section 3.2)."""
    index = np.arange(order + 1, dtype=np.float64)
    terms = (
        _log_binomial(float(order), index)
        + index * math.log(rate)
        + (order - index) * math.log1p(-rate)
        + (index**2 - index) / (2.0 * sigma**2)
    )
    return float(logsumexp(terms))


def _log_moment(rate: float, sigma: float, order: float) -> float:
    """The same for a fractional order, as two infinite series that meet at ``z0`` (section 3.3)."""
    z0 = sigma**2 * math.log(1.0 / rate - 1.0) + 0.5
    terms = 64
    while True:
        index = np.arange(terms, dtype=np.float64)
        mirrored = order - index
        log_size, sign = _log_binomial(order, index), _binomial_sign(order, index)
        low = (
            log_size
            + index * math.log(rate)
            + mirrored * math.log1p(-rate)
            + (index**2 - index) / (2.0 * sigma**2)
            + log_ndtr((z0 - index) / sigma)
        )
        high = (
            log_size
            + mirrored * math.log(rate)
            + index * math.log1p(-rate)
            + (mirrored**2 - mirrored) / (2.0 * sigma**2)
            + log_ndtr((mirrored - z0) / sigma)
        )
        total = float(logsumexp(np.concatenate([low, high]), b=np.concatenate([sign, sign])))
        if max(low[-1], high[-1]) < total - 40.0 or terms >= 2**16:
            return total
        terms *= 2


def _log_binomial(order: float, index: Floats) -> Floats:
    found: Floats = gammaln(order + 1.0) - gammaln(index + 1.0) - gammaln(order - index + 1.0)
    return found


def _binomial_sign(order: float, index: Floats) -> Floats:
    """The sign of generalised binomial coefficients: it alternates once the index passes order."""
    past = np.maximum(index - math.floor(order) - 1.0, 0.0)
    signs: Floats = np.where(past % 2.0 == 0.0, 1.0, -1.0)
    return signs
