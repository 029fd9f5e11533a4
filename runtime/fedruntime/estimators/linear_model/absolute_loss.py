"""The optimum of weighted absolute deviations with a linear, a quadratic and an l1 term: what the
hinge, the epsilon-insensitive and the pinball loss all come down to. A primal-dual interior-point
method, as in Portnoy and Koenker 1997 with the steps of Mehrotra 1992, on sums over parties.

Its last step is exact. Rows that are at a kink of their loss are told from the others by the state
of the method; coefficients that keep them there follow from sums over them, and slopes of the
losses that meet all conditions prove that they are the optimum.

An optimum of such losses is a matter of few rows, about as many as there are coefficients: towards
the end, sums are all but about the rows at a kink alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from sklearn.exceptions import ConvergenceWarning

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.far_sums import sum_far
from fedruntime.estimators.linear_model.absolute_loss_statistics import (
    LENGTHS,
    advanced_state,
    at_kink,
    face_statistic,
    lengths_statistic,
    moments_statistic,
    newton_statistic,
    predicted_statistic,
    proof_statistic,
    scaled_targets,
    scaled_weights,
    starting_state,
)
from fedruntime.operations import Operation

Floats = npt.NDArray[np.float64]

_NO_OPTIMUM = (
    "the objective may be further than 1e-8 of itself from its optimum: scale the features, or "
    "make the penalty stronger"
)
_WIDEST = 2000  # features; a Hessian is summed whole
_MAX_STEPS = 200
# Gaps as shares of the objective: at which the exact step is tried, and by how much smaller it has
# to be for another try; at which the method ends without one; and which may pass for none.
_TRY, _TRY_AGAIN, _ENOUGH, _MOST = 1e-3, 100.0, 1e-12, 1e-8
# The same of an exact step, and what counts as zero, in units of the mean deviation at the start.
_PROVEN, _ROUNDING = 1e-12, 1e-15
# The largest entry of a gradient that vanishes; the weights of rows add up to one.
_FLAT = 1e-10
# Eigenvalues below this share of the largest are directions in which no row at a kink lies.
_RANK = 1e-11
# Second-order errors are made good up to so many times the mean of what should vanish.
_ERRORS = 10.0
_EPS = float(np.finfo(np.float64).eps)


class AbsoluteLoss:
    """Absolute deviations of the rows of a cohort, and the moments that objectives are made of.

    Parameters
    ----------
    rows : Cohort
        With ``X``, one numeric ``y`` a row, and perhaps ``sample_weight``, all prepared.
    fit_intercept : bool
    distance : float
        Deviations are those from ``y``; or, if it is not zero, the two from ``y - distance`` and
        ``y + distance``.

    Attributes
    ----------
    weight, y : float
        The total weight of rows, and the weighted sum of ``y``.
    x, xy : ndarray of shape (d,)
        The weighted sums of features, and of features times ``y``; the intercept's come last.

    Raises
    ------
    DataError
        If no row has a weight.
    UnsupportedError
        If there are too many features for a Hessian.
    """

    def __init__(self, rows: Cohort, *, fit_intercept: bool, distance: float = 0.0) -> None:
        if rows.n_features > _WIDEST:
            raise UnsupportedError(
                f"{rows.purpose} with a loss that has kinks takes up to {_WIDEST} features, as its "
                "steps need a sum over rows for each pair of them; use a squared loss where the "
                "estimator has one, or fewer features"
            )
        sums = sum_far(rows, moments_statistic, distance=distance)
        if not sums["weight"] > 0:
            raise DataError("the sample weights add up to zero over all parties")
        self.fit_intercept = fit_intercept
        self.n_targets = 1 if distance == 0.0 else 2
        self.weight, self.y = float(sums["weight"]), float(sums["y"])
        ones = int(fit_intercept)
        self.x = np.append(sums["x"], [self.weight] * ones)
        self.xy = np.append(sums["xy"], [self.y] * ones)
        squares = np.append(sums["squares"], [self.weight] * ones)
        self.scale = np.sqrt(self.weight / np.where(squares > 0, squares, self.weight))
        # The unit of deviations is their mean size where all coefficients are zero.
        self.total = self.weight * self.n_targets
        self.unit = float(sums["sizes"]) / self.total or 1.0
        self.rows = rows.only(
            X=rows["X"],
            weight=rows.derive(scaled_weights, factor=1 / self.total),
            targets=rows.derive(scaled_targets, distance=distance, factor=1 / self.unit),
        )


@dataclass(frozen=True)
class Objective:
    """``strength * sum(weight * abs(deviation)) + quadratic @ coef**2 / 2 + l1 @ abs(coef) +
    linear @ coef + constant``, with the intercept as the last coefficient.

    Parameters
    ----------
    strength : float
    quadratic, l1, linear : ndarray of shape (d,)
    constant : float
        Such that the optimum is not negative.
    slope : float
        A slope between -1 and 1 which, at all deviations, makes up for the linear term; zero where
        the quadratic term leaves no coefficient out.
    """

    strength: float
    quadratic: Floats
    l1: Floats
    linear: Floats
    constant: float
    slope: float = 0.0


def find_optimum(loss: AbsoluteLoss, objective: Objective) -> tuple[Floats, int]:
    """Coefficients at the optimum, and the number of steps.

    Where there are many optima, it is one from among them.

    Warns
    -----
    ConvergenceWarning
        If the objective may be further than 1e-8 of itself from its optimum.
    """
    coef, steps = _InteriorPoint(loss, objective).solve()
    return coef * loss.scale * loss.unit, steps


@dataclass(frozen=True)
class _Equations:
    """Newton's equations at a point."""

    hessian: Floats
    gradient: Floats
    pull: Floats


@dataclass(frozen=True)
class _Standing:
    """How far a point is from the optimum.

    Parameters
    ----------
    value : float
    gap : float
        What the value exceeds the optimum by at most, if the gradient vanishes.
    steepest : float
        The gradient's largest entry.
    """

    value: float
    gap: float
    steepest: float

    def is_within(self, share: float) -> bool:
        """Whether the gap is such a share of the objective at most."""
        return self.steepest <= _FLAT and self.gap <= share * self.value + _ROUNDING


class _InteriorPoint:
    """The method's iterations on an objective in the units of its loss.

    An l1 term is that of a known row for each coefficient, which deviates from zero by it.
    """

    def __init__(self, loss: AbsoluteLoss, objective: Objective) -> None:
        total = objective.strength * loss.total
        self._quadratic = objective.quadratic * loss.scale**2 * loss.unit / total
        self._linear = objective.linear * loss.scale / total
        self._constant = objective.constant / (total * loss.unit)
        self._l1 = objective.l1 * loss.scale / total
        self._penalised = np.flatnonzero(self._l1)
        # Known rows have the weight of others in the barrier, however large their own is.
        barrier = 1 / (loss.rows.n_samples * loss.n_targets)
        self._barriers = 1 + len(self._penalised) * barrier
        self._public: dict[str, Any] = {"scale": loss.scale, "barrier": 0.0}
        # Rows of one slope other than zero belong to a level above or below the mean.
        level = 2 * objective.slope if loss.fit_intercept else 0.0
        self._rows = loss.rows.replace(
            state=loss.rows.derive(starting_state, level=level, slope=objective.slope, barrier=0.0)
        )
        weight, targets = self._l1[self._penalised], np.zeros((len(self._penalised), 1))
        self._known: dict[str, Any] = {
            "X": np.eye(len(self._l1))[self._penalised],
            "weight": weight,
            "targets": targets,
            "state": starting_state(targets, weight, 0.0, 0.0, barrier),
            "scale": np.ones(len(self._l1)),
            "barrier": barrier,
        }
        self._coef = np.zeros(len(self._l1))
        if loss.fit_intercept:
            self._coef[-1] = level

    def solve(self) -> tuple[Floats, int]:
        """Coefficients in the units of the loss, and the number of steps."""
        steps, tried = 0, _TRY
        while True:
            equations, standing = self._equations()
            if standing.is_within(tried):
                exact = self._exact()
                if exact is not None:
                    return exact, steps
                tried = standing.gap / max(standing.value, _EPS) / _TRY_AGAIN
            if standing.is_within(_ENOUGH) or not standing.gap > 0 or steps == _MAX_STEPS:
                break
            if not self._moved(equations, standing.gap):
                break
            steps += 1
        if not standing.is_within(_MOST):
            warnings.warn(_NO_OPTIMUM, ConvergenceWarning, stacklevel=3)
        return self._coef, steps

    def _equations(self) -> tuple[_Equations, _Standing]:
        sums = self._sum(newton_statistic)
        hessian = _square(sums["hessian"], len(self._coef))
        hessian[np.diag_indices_from(hessian)] += self._quadratic
        gradient = self._gradient(self._coef, sums)
        return _Equations(hessian, gradient, sums["pull"]), self._standing(self._coef, sums)

    def _moved(self, at: _Equations, gap: float) -> bool:
        """Take a step; False if no part of it can be taken."""
        factor = _Factor(at.hessian)
        predicted = factor.solve(at.pull - at.gradient)
        middle = gap / (2 * self._barriers)
        step: dict[str, Any] = {"predicted": predicted, "limit": _ERRORS * middle}
        sums = self._sum(predicted_statistic, move=predicted, limit=step["limit"])
        length = _longest(sums["too_long"])
        left = gap + length * float(sums["linear"] + length * sums["square"])
        centre = step["centre"] = max(left / gap, 0.0) ** 3 * middle
        move = step["move"] = factor.solve(
            at.pull - at.gradient + centre * sums["centring"] + sums["correction"]
        )
        length = step["length"] = _longest(self._sum(lengths_statistic, **step)["too_long"])
        public = {**self._public, **step}
        self._rows = self._rows.replace(state=self._rows.derive(advanced_state, **public))
        self._known["state"] = self._of_known(advanced_state, step)
        self._coef = self._coef + length * move
        return length > 0.0

    def _exact(self) -> Floats | None:
        """The optimum, if rows at a kink are rightly told from the others."""
        face = self._sum(face_statistic, coef=self._coef)
        there = _Subspace(_square(face["gram"], len(self._coef)))
        coef = self._coef - there.solve(face["missed"])
        # Along the face, the objective is linear but for the quadratic term.
        along = there.complement
        slope = along.T @ self._gradient(coef, face)
        curvature = along.T @ (self._quadratic[:, np.newaxis] * along)
        coef -= along @ linalg.lstsq(curvature, slope)[0]
        coef[self._penalised[self._is_zero()]] = 0.0
        tilt = -there.solve(self._gradient(coef, face))
        proof = self._sum(proof_statistic, coef=coef, tilt=tilt)
        if proof["too_steep"] > 0 or not self._standing(coef, proof).is_within(_PROVEN):
            return None
        return coef

    def _is_zero(self) -> npt.NDArray[np.bool_]:
        """Which of the penalised coefficients are about to vanish."""
        above, below, slope = np.split(self._known["state"], 3, axis=1)
        return np.asarray(at_kink(above, below, slope)[:, 0])

    def _gradient(self, coef: Floats, sums: Mapping[str, Any]) -> Floats:
        return np.asarray(self._quadratic * coef + self._linear + sums["slopes"])

    def _standing(self, coef: Floats, sums: Mapping[str, Any]) -> _Standing:
        value = 0.5 * self._quadratic @ coef**2 + self._linear @ coef + self._constant
        steepest = np.abs(self._gradient(coef, sums)).max(initial=0.0)
        return _Standing(float(value + sums["deviations"]), float(sums["gap"]), float(steepest))

    def _sum(self, operation: Operation, **public: Any) -> dict[str, Any]:
        """The sum of a statistic over all rows and the known ones."""
        given = {**self._public, **public}
        wanted = {name: given[name] for name in given if name in operation.parameters}
        known = self._of_known(operation, public)
        sums = sum_far(self._rows, operation, **wanted)
        return {name: value + known[name] for name, value in sums.items()}

    def _of_known(self, operation: Operation, public: Mapping[str, Any]) -> Any:
        given = {**self._known, **public}
        return operation(**{name: given[name] for name in given if name in operation.parameters})


class _Factor:
    """A factor of a Hessian, which may be singular."""

    def __init__(self, hessian: Floats) -> None:
        self._unit, scaled = _with_unit_diagonal(hessian)
        self._hessian = scaled
        # Near the optimum few rows count, and rounding may leave a negative eigenvalue.
        values, vectors = np.linalg.eigh(scaled)
        kept = values > len(values) * _EPS * values[-1]
        self._inverse = vectors[:, kept] / values[kept], vectors[:, kept]

    def solve(self, right: Floats) -> Floats:
        """The smallest solution, refined once."""
        right = self._unit * right
        found = self._solved(right)
        found += self._solved(right - self._hessian @ found)
        return self._unit * found

    def _solved(self, right: Floats) -> Floats:
        divided, vectors = self._inverse
        return np.asarray(divided @ (vectors.T @ right))


class _Subspace:
    """The directions that the rows of a Gram matrix span, and those they do not."""

    def __init__(self, gram: Floats) -> None:
        self._unit, scaled = _with_unit_diagonal(gram)
        values, vectors = np.linalg.eigh(scaled)
        kept = values > _RANK * max(values[-1], _EPS)
        self._values, self._vectors = values[kept], vectors[:, kept]
        self.complement: Floats = self._unit[:, np.newaxis] * vectors[:, ~kept]

    def solve(self, right: Floats) -> Floats:
        """The solution in their span of the system with the Gram matrix."""
        projected = self._vectors.T @ (self._unit * right)
        return np.asarray(self._unit * (self._vectors @ (projected / self._values)))


def _with_unit_diagonal(matrix: Floats) -> tuple[Floats, Floats]:
    """Units of coefficients in which the diagonal is one, and the matrix in them."""
    diagonal = matrix.diagonal()
    unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    return unit, matrix * np.outer(unit, unit)


def _square(triangle: Floats, size: int) -> Floats:
    """The symmetric matrix with this upper triangle, given row by row."""
    matrix = np.zeros((size, size))
    matrix[np.triu_indices(size)] = triangle
    return np.asarray(matrix + np.triu(matrix, 1).T)


def _longest(too_long: Floats) -> float:
    """The longest of the lengths that no row forbids, or zero."""
    allowed = LENGTHS[too_long == 0]
    return float(allowed[0]) if len(allowed) else 0.0
