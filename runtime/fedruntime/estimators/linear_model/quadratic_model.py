"""The quadratic model of a summed loss around a point, and its minimum under an l1 penalty: the
step of a proximal Newton method. Where steps lead to, and when they end, is decided elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import linalg

from fedruntime.estimators.linear_model.linear_loss import SummedLinearLoss

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_EPS = float(np.finfo(np.float64).eps)
_MAX_SWEEPS = 1000
# Most features that come into the model of a wide problem at a time.
_MOST_NEW_FEATURES = 300
# How far, in shares of the penalty, a gradient may go beyond it by rounding.
_BEYOND = 1e-9


class QuadraticModel:
    """The Hessian at a point; minimised with the gradient of that point or of one nearby.

    In a wide problem it is about the features that take part: those with coefficients, and those
    whose gradient exceeds the l1 penalty.

    Parameters
    ----------
    loss : SummedLinearLoss
    coef, gradient : ndarray of shape (d,)
        The point; the gradient is that of the smooth part, l2 penalty included.
    l1, l2 : ndarray of shape (d,)
        The penalty's strengths.
    """

    def __init__(
        self, loss: SummedLinearLoss, coef: Floats, gradient: Floats, l1: Floats, l2: Floats
    ) -> None:
        self._l1 = l1
        features = _taking_part(loss, coef, gradient, l1) if loss.is_wide else None
        _, hessian, _ = loss.gradient_hessian(coef, features=features)
        self._places = np.arange(loss.size)
        if features is not None:
            self._places = self._places.reshape(-1, loss.n_curves)[
                np.r_[features, np.arange(loss.n_features, loss.size // loss.n_curves)]
            ].ravel()
        hessian[np.diag_indices_from(hessian)] += l2[self._places]
        self._hessian = _anchored(hessian, (l1 + l2)[self._places], loss.n_curves)

    def holds(self, coef: Floats, gradient: Floats) -> bool:
        """Whether the features that take part are all that have to."""
        others = np.delete(np.abs(gradient) - (1 + _BEYOND) * self._l1, self._places)
        return not (others > 0).any()

    def settles(self, coef: Floats, gradient: Floats, size: float) -> bool:
        """Whether the slope that is left is what changes of this size account for, and not in a
        direction without curvature.
        """
        slope = np.where(
            coef != 0,
            np.abs(gradient + self._l1 * np.sign(coef)),
            np.maximum(np.abs(gradient) - self._l1, 0.0),
        )
        return bool(slope.max() <= self._hessian.trace() * size)

    def minimum(self, coef: Floats, gradient: Floats) -> Floats:
        """Coefficients that minimise the model with the l1 penalty."""
        moved: Floats = coef.copy()
        places = self._places
        if self._l1.any():
            moved[places] = _descended(
                self._hessian, gradient[places], coef[places], self._l1[places]
            )
        else:
            moved[places] -= _solved(self._hessian, gradient[places])
        return moved


def _taking_part(loss: SummedLinearLoss, coef: Floats, gradient: Floats, l1: Floats) -> Indices:
    features = slice(0, loss.n_features * loss.n_curves)
    has_coef = coef[features].reshape(-1, loss.n_curves).any(axis=1)
    excess = (np.abs(gradient) - l1)[features].reshape(-1, loss.n_curves).max(axis=1)
    excess[has_coef] = -np.inf
    steepest = np.argsort(-excess, kind="stable")[:_MOST_NEW_FEATURES]
    new = steepest[excess[steepest] > 0]
    return np.union1d(np.flatnonzero(has_coef), new if len(new) or has_coef.any() else steepest[:1])


def _anchored(hessian: Floats, strengths: Floats, curves: int) -> Floats:
    """A Hessian in which equal steps of all classes cost something where nothing else is.

    Only differences between classes count in a multinomial loss: without a penalty its Hessian is
    singular, and steps should leave the mean over classes where it is.
    """
    if curves > 1:
        free = np.flatnonzero(~strengths.reshape(-1, curves).any(axis=1))
        scale = hessian.diagonal().mean() / curves
        for first in free * curves:
            hessian[first : first + curves, first : first + curves] += scale
    return hessian


def _descended(hessian: Floats, gradient: Floats, coef: Floats, l1: Floats) -> Floats:
    """Coordinate descent until the signs settle, and then the exact minimum for these signs."""
    linear = hessian @ coef - gradient
    found: Floats = coef.copy()
    slack = -gradient
    diagonal = hessian.diagonal()
    movable = np.flatnonzero(diagonal > 0)
    signs = np.sign(found)
    for _ in range(_MAX_SWEEPS):
        furthest = 0.0
        for place in movable:
            before, curvature = found[place], diagonal[place]
            target = slack[place] + curvature * before
            after = np.sign(target) * max(abs(target) - l1[place], 0.0) / curvature
            if after != before:
                slack -= hessian[place] * (after - before)
                found[place] = after
                furthest = max(furthest, abs(after - before))
        settled = np.array_equal(signs, np.sign(found))
        signs = np.sign(found)
        exact = _with_signs(signs, hessian, linear, l1) if settled else None
        if exact is not None:
            return exact
        if furthest <= _EPS * np.abs(found).max(initial=0.0):
            break
    return found


def _with_signs(signs: Floats, hessian: Floats, linear: Floats, l1: Floats) -> Floats | None:
    """The minimum, if it has these signs."""
    active = np.flatnonzero((signs != 0) | (l1 == 0))
    found = np.zeros_like(linear)
    found[active] = _solved(hessian[np.ix_(active, active)], (linear - l1 * signs)[active])
    idle = np.delete(np.abs(linear - hessian @ found) - (1 + _BEYOND) * l1, active)
    penalised = l1 > 0
    if (idle > 0).any() or (np.sign(found) != signs)[penalised].any():
        return None
    return found


def _solved(matrix: Floats, right: Floats) -> Floats:
    """The solution, or the smallest one of a singular system."""
    if not len(right):
        return right
    # The units of features are not what makes a system singular.
    scale = 1 / np.sqrt(np.where(matrix.diagonal() > 0, matrix.diagonal(), 1.0))
    scaled = matrix * np.outer(scale, scale)
    factor, failed_at = linalg.lapack.dpotrf(scaled)
    if not failed_at and factor.diagonal().min() ** 2 > len(right) * _EPS:
        return np.asarray(scale * linalg.cho_solve((factor, False), scale * right))
    values, vectors = np.linalg.eigh(scaled)
    kept = values > len(right) * _EPS * values[-1]
    found = scale * (vectors[:, kept] @ ((vectors[:, kept].T @ (scale * right)) / values[kept]))
    nothing, _ = np.linalg.qr(scale[:, np.newaxis] * vectors[:, ~kept])
    return np.asarray(found - nothing @ (nothing.T @ found))
