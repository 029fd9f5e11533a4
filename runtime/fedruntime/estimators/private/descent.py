"""Generalised linear models by noisy gradients: rows kept in a ball, residuals kept to a length,
and where there are rows enough for it, one noisy Gram matrix to give the steps their directions.
Errors of that matrix cost speed and no accuracy: the gradients that follow are taken anew.

How many steps, how far rows and residuals may reach, and whether the Gram matrix pays is fixed
beforehand, as a function of the sizes and the budget alone: DP-GD (Bassily, Smith and Thakurta
2014) with the mean of the later iterates, preconditioned as in Avella-Medina, Bradshaw and Loh
(2023). What the budget is spent on besides, and for which loss, the families say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from fedruntime.cohort import Cohort
from fedruntime.estimators.private.bounded_rows import Scales, in_ball, positive
from fedruntime.estimators.private.losses import Loss, residuals
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_GRAM_SHARE = 0.15  # of the squared mu of the descent
_CLEAR = 0.15  # the noise of a Gram matrix, in units of the columns' variance, that still pays
_CERTAIN = 1000.0  # mu times rows by coefficient from which clipping gives way to exactness
_STEPS, _FEWER_STEPS = 20, 12  # without and with a Gram matrix
_MOST_STEPS = 100
_SMALL_BALL = 0.7  # the radius of a weak fit, as a share of a row's usual length
_MOMENTUM = 0.5
_STEADY = 10.0  # mu times rows by coefficient from which momentum does not amplify mere noise
_CLEARLY = 100.0  # the same from which more steps than those pay that a Gram matrix leaves
_BESIDES = 3.0  # how much clipping and an unfinished descent add to the squared error, about


@dataclass(frozen=True)
class Schedule:
    """A descent, fixed before it begins.

    Parameters
    ----------
    steps : int
    radius : float
        Of the ball that rows are kept in, in units of the scales.
    limit : float
        The length that residuals are kept to.
    momentum : float
    gram : bool
        Whether a Gram matrix is released first.
    mu : float
        What all of it uses.
    noise : float
        How far a linear prediction is expected to be off.
    """

    steps: int
    radius: float
    limit: float
    momentum: float
    gram: bool
    mu: float
    noise: float

    @property
    def gram_mu(self) -> float:
        return self.mu * math.sqrt(_GRAM_SHARE) if self.gram else 0.0

    @property
    def step_mu(self) -> float:
        return math.sqrt((self.mu**2 - self.gram_mu**2) / self.steps)


def schedule(n_samples: int, coefficients: int, mu: float, loss: Loss, surplus: float) -> Schedule:
    """The descent for so many rows, coefficients of one output, and such a budget.

    Parameters
    ----------
    n_samples, coefficients : int
    mu : float
    loss : Loss
    surplus : float
        How much larger the noise of a sum is than the budget asks.
    """
    certainty = mu * n_samples / coefficients
    widening = max(1.0, certainty / _CERTAIN) ** 0.25
    blur = widening**2 * coefficients * math.sqrt(2.0 * coefficients) * surplus
    gram = blur < _CLEAR * mu * math.sqrt(_GRAM_SHARE) * n_samples
    radius = (widening if gram else _SMALL_BALL) * math.sqrt(coefficients)
    # A Gram matrix is the Hessian of the squared loss itself, and only a bound on that of others.
    unhurried = gram and loss.curvature == 1.0
    momentum = 0.0 if unhurried or certainty < _STEADY else _MOMENTUM
    longer = math.sqrt(max(1.0, certainty / (_CLEARLY if gram else _STEADY)))
    steps = min(_MOST_STEPS, round((_FEWER_STEPS if gram else _STEPS) * longer))
    limit = loss.limit(gram, widening)
    share = 1.0 - _GRAM_SHARE if gram else 1.0
    # The mean of the later half of iterates, each one off by one gradient's noise over curvature.
    one = limit * radius * surplus / (loss.curvature * mu * math.sqrt(share) * n_samples)
    noise = one * math.sqrt(2.0 * _BESIDES * coefficients)
    return Schedule(steps, radius, limit, momentum, gram, mu, noise)


def flipped(noise: float) -> float:
    """The share of decisions that noise turns, of rows whose odds are about seven to one."""
    return float(ndtr(-2.0 / noise)) if noise else 0.0


def descend(
    cohort: Cohort, scales: Scales, plan: Schedule, loss: Loss, penalty: Floats, intercept: bool
) -> Floats:
    """The coefficients, in units of the scales, with those of the intercept last.

    Parameters
    ----------
    cohort : Cohort
        With ``X`` and ``y``.
    scales : Scales
        Of the features.
    plan : Schedule
    loss : Loss
    penalty : ndarray of shape (features,)
        What the squared coefficients are weighed with: half of it is added to the summed loss.
    intercept : bool

    Returns
    -------
    ndarray of shape (features or features + 1, outputs)
    """
    public: dict[str, Any] = {
        "centre": scales.centre,
        "scale": scales.scale,
        "radius": plan.radius,
        "constant": intercept,
    }
    weights = np.append(penalty, [0.0] * intercept)
    if plan.gram:
        inverse = _from_gram(cohort, plan, loss, weights, public)
    else:
        bound = cohort.n_samples * plan.radius**2 * loss.curvature / 2.0
        inverse = np.diag(1.0 / (bound + weights))
    point = np.zeros((len(weights), loss.outputs))
    velocity, later = np.zeros_like(point), []
    for step in range(plan.steps):
        gradient = cohort.noisy_sum(
            gradient_sum,
            mu=plan.step_mu,
            loss=loss.public(),
            limit=plan.limit,
            power=2.0 if plan.gram else 1.0,
            coefficients=point,
            **public,
        )["gradient"]
        if loss.kind == "multinomial":
            gradient = gradient - gradient.mean(axis=1, keepdims=True)
        direction = inverse @ (gradient + weights[:, np.newaxis] * point)
        velocity = plan.momentum * velocity + direction
        point = point - velocity
        if 2 * step >= plan.steps:
            later.append(point)
    return np.asarray(np.mean(later, axis=0))


def _from_gram(
    cohort: Cohort, plan: Schedule, loss: Loss, weights: Floats, public: Mapping[str, Any]
) -> Floats:
    """The inverse of a bound on the Hessian, from a noisy Gram matrix without its negative part."""
    only = cohort.only(X=cohort["X"])
    mu, size = plan.gram_mu, len(weights)
    deviation = float(only.noise_sd(gram_triangle, mu=mu, **public)[""])
    triangle = only.noisy_sum(gram_triangle, mu=mu, **public)["triangle"]
    gram = np.zeros((size, size))
    gram[np.triu_indices(size)] = triangle
    gram = (gram + gram.T) / math.sqrt(2.0)
    gram[np.diag_indices(size)] /= math.sqrt(2.0)
    values, vectors = np.linalg.eigh(gram)
    values = np.maximum(values, 0.0) + deviation * math.sqrt(2.0 * size)
    bound: Floats = np.linalg.inv(
        (vectors * values) @ vectors.T * loss.curvature + np.diag(weights)
    )
    return bound


def _squared_radius(public: Mapping[str, Any]) -> float:
    return positive(public, "radius") ** 2


def _radius_and_limit(public: Mapping[str, Any]) -> float:
    return positive(public, "radius") * positive(public, "limit")


@party_op("private_fit.gram", sensitivity=_squared_radius)
def gram_triangle(
    X: Any, centre: Floats, scale: Floats, radius: float, constant: bool
) -> Statistics:
    """The upper triangle of the Gram matrix of rows in a ball.

    Entries beside the diagonal are times the root of two, so that the triangle of one row's matrix
    is as long as its squared length, which is at most the squared radius.
    """
    rows, factor = in_ball(X, centre, scale, radius, constant)
    rows = rows * factor[:, np.newaxis]
    gram = rows.T @ rows * math.sqrt(2.0)
    gram[np.diag_indices(len(gram))] /= math.sqrt(2.0)
    return {"triangle": gram[np.triu_indices(len(gram))]}


@party_op("private_fit.gradient", sensitivity=_radius_and_limit)
def gradient_sum(
    X: Any,
    y: Any,
    centre: Floats,
    scale: Floats,
    radius: float,
    constant: bool,
    loss: Any,
    limit: float,
    power: float,
    coefficients: Floats,
) -> Statistics:
    """The gradient of the summed loss, with residuals kept to a length.

    A row outside the ball is weighed less, not bent, so that a model that holds for the rows still
    holds: by the factor that pulls it in, or by its square (any power from 1), which goes with
    the Gram matrix of rows in the ball.
    """
    rows, factor = in_ball(X, centre, scale, radius, constant)
    found, known = residuals(loss, rows @ coefficients, y)
    found = np.nan_to_num(found)
    with np.errstate(over="ignore"):
        length = np.sqrt(np.einsum("ij,ij->i", found, found))
    weight = known * factor ** max(1.0, power) * (limit / np.maximum(length, limit))
    return {"gradient": rows.T @ (found * weight[:, np.newaxis])}
