"""The optimum of a summed linear loss with an l1 and an l2 penalty, for solvers whose own steps go
from row to row: proximal Newton steps on the summed gradient and Hessian.

A Hessian costs as much as several gradients, so it is kept for as long as it makes the steps shrink
fast (chord steps), and where there are very many rows, a part of them leads near to the optimum.
With an l1 penalty the steps minimise a quadratic model with that penalty, as in GLMNET (Friedman,
Hastie and Tibshirani 2010).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize
from sklearn.exceptions import ConvergenceWarning

from fedruntime.estimators.linear_model.linear_loss import SummedLinearLoss
from fedruntime.estimators.linear_model.quadratic_model import QuadraticModel

Floats = npt.NDArray[np.float64]

_NO_OPTIMUM = (
    "no optimum was reached: without a penalty, separable classes have none; add a penalty, or "
    "scale the features"
)
_MAX_STEPS = 100
_MAX_HALVINGS = 30
# A step is the last one if it is expected to leave less than this share of the coefficients.
_ENOUGH = 1e-13
# Steps that do not shrink to this share of the one before ask for a new Hessian.
_FAST = 0.2
# Share of the gradient at the start at which it counts as zero where there is no Hessian.
_ZERO = 1e-9
# One in so many rows is a pilot, if that makes so many rows a coefficient; it is solved so far, in
# so many steps at most.
_PILOT, _PILOT_ROWS, _PILOT_ENOUGH, _PILOT_STEPS = 16, 20, 1e-3, 15
_SUFFICIENT_DECREASE = 1e-4
_ROUNDING = 64 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Penalty:
    """``sum(l1 * abs(coef)) + sum(l2 * coef**2) / 2``, with one strength a coefficient."""

    l1: Floats
    l2: Floats

    @classmethod
    def elastic_net(
        cls,
        loss: SummedLinearLoss,
        strength: float,
        l1_ratio: float,
        intercept_scaling: float | None = None,
    ) -> Penalty:
        """scikit-learn's elastic net penalty.

        Parameters
        ----------
        loss : SummedLinearLoss
        strength : float
            In units of the mean loss.
        l1_ratio : float
        intercept_scaling : float, optional
            The value of the constant feature whose coefficient makes the intercept and is penalised
            like any other, in liblinear; by default intercepts are free.
        """
        factor = np.ones(loss.size)
        if loss.fit_intercept:
            factor[-loss.n_curves :] = 0.0 if intercept_scaling is None else 1 / intercept_scaling
        return cls(strength * l1_ratio * factor, strength * (1 - l1_ratio) * factor**2)

    @property
    def is_smooth(self) -> bool:
        return not self.l1.any()


@dataclass(frozen=True)
class _Point:
    """Coefficients, with value and gradient of the objective's smooth part."""

    coef: Floats
    value: float
    gradient: Floats


def find_optimum(loss: SummedLinearLoss, start: Floats, penalty: Penalty) -> tuple[Floats, int]:
    """Coefficients at the optimum, and the number of steps.

    Where there are many optima, as of collinear features without a penalty, it is the one nearest
    to the start.

    Warns
    -----
    ConvergenceWarning
        If there is none, as for separable classes without a penalty.
    """
    if loss.is_wide and penalty.is_smooth:
        return _descended(loss, start, penalty)
    if _has_pilot(loss, penalty):
        thinned = loss.thinned(_PILOT)
        pilot, _, is_optimum = _solved(thinned, start, penalty, _PILOT_ENOUGH, _PILOT_STEPS)
        # A class without rows in the pilot would lead it astray, in ever so many steps.
        start = pilot if is_optimum else start
    coef, steps, converged = _solved(loss, start, penalty, _ENOUGH, _MAX_STEPS)
    if not converged:
        warnings.warn(_NO_OPTIMUM, ConvergenceWarning, stacklevel=2)
    return coef, steps


def _solved(
    loss: SummedLinearLoss, start: Floats, penalty: Penalty, enough: float, most: int
) -> tuple[Floats, int, bool]:
    """Coefficients, the number of steps, and whether they have come to the optimum.

    Parameters
    ----------
    enough : float
        A step is the last one if it is expected to leave less than this share of the coefficients.
    most : int
        Steps at most.
    """
    point = _evaluated(loss, start, penalty)
    model: QuadraticModel | None = None
    last: float | None = None
    for step in range(1, most + 1):
        is_new = model is None or not model.holds(point.coef, point.gradient)
        if model is None or is_new:
            model = QuadraticModel(loss, point.coef, point.gradient, penalty.l1, penalty.l2)
        change = model.minimum(point.coef, point.gradient) - point.coef
        size, extent = np.abs(change).max(), np.abs(point.coef + change).max()
        shrinking = 1.0 if last is None else size / last
        is_last = size * min(shrinking, 1.0) <= enough * extent
        # A new Hessian that shrinks no step any more is up against rounding.
        is_rounding = is_new and shrinking > 0.5 and size <= 1e-8 * extent
        if (is_last or is_rounding) and model.holds(point.coef, point.gradient):
            settled = model.settles(point.coef, point.gradient, np.sqrt(enough) * extent)
            return point.coef + change, step, settled
        reached = _searched(loss, point, change, penalty)
        if reached is None:
            return point.coef, step, False
        point, fraction = reached
        if fraction < 1.0 or (last is not None and shrinking > _FAST):
            model = None
        last = size if fraction == 1.0 else None
    return point.coef, most, False


def _has_pilot(loss: SummedLinearLoss, penalty: Penalty) -> bool:
    """Whether a part of the rows is enough for a start."""
    strengths = (penalty.l1 + penalty.l2)[: loss.n_features * loss.n_curves]
    return bool(loss.n_samples >= _PILOT * _PILOT_ROWS * loss.size and strengths.all())


def _descended(loss: SummedLinearLoss, start: Floats, penalty: Penalty) -> tuple[Floats, int]:
    """The optimum of a smooth problem that is too wide for a Hessian, by L-BFGS."""

    def value_and_gradient(coef: Floats) -> tuple[float, Floats]:
        point = _evaluated(loss, coef, penalty)
        return point.value, point.gradient

    slope = np.abs(value_and_gradient(start)[1]).max()
    result = optimize.minimize(
        value_and_gradient,
        start,
        method="L-BFGS-B",
        jac=True,
        options={
            "gtol": _ZERO * slope,
            "ftol": 0.0,
            "maxls": 50,
            "maxcor": 30,
            "maxiter": 20_000,
            "maxfun": 40_000,
        },
    )
    if np.abs(result.jac).max() > np.sqrt(_ZERO) * slope:
        warnings.warn(_NO_OPTIMUM, ConvergenceWarning, stacklevel=3)
    return result.x, int(result.nit)


def _evaluated(loss: SummedLinearLoss, coef: Floats, penalty: Penalty) -> _Point:
    value, gradient = loss.loss_gradient(coef)
    return _Point(coef, float(value + 0.5 * penalty.l2 @ coef**2), gradient + penalty.l2 * coef)


def _searched(
    loss: SummedLinearLoss, point: _Point, change: Floats, penalty: Penalty
) -> tuple[_Point, float] | None:
    """The first of ever shorter parts of a step that decreases the objective, and which part."""
    size = penalty.l1 @ np.abs(point.coef)
    expected = point.gradient @ change + penalty.l1 @ np.abs(point.coef + change) - size
    fraction = 1.0
    for _ in range(_MAX_HALVINGS):
        tried = _evaluated(loss, point.coef + fraction * change, penalty)
        gained = tried.value + penalty.l1 @ np.abs(tried.coef) - point.value - size
        allowed = _SUFFICIENT_DECREASE * fraction * expected + _ROUNDING * abs(point.value)
        if gained <= allowed:
            return tried, fraction
        fraction /= 2
    return None
