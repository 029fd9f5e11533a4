"""What a party computes of an interior-point method for weighted absolute deviations. How far each
row is from its targets, and its multipliers, are rows that stay at the party; sums leave.

A row has k targets. Its deviation from each, ``x @ coef - target``, is split into the parts above
and below zero, and the slope of its absolute value there lies between -1 and 1. The three of them
are the state of the row, side by side in 3 k columns. All deviations are in a public unit, and
coefficients in units of ``scale``, of shape (d,); a constant feature comes last where it has an
entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.estimators.far_sums import in_unit
from fedruntime.estimators.linear_model.linear_loss_statistics import row_slices, sandwich
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Change = tuple[Floats, Floats, Floats]
"""Of the three parts of a state."""

# Lengths of a step that are tried, as shares of it: dense below one.
LENGTHS: Floats = np.r_[1 - (np.arange(64) / 64) ** 2, 0.02, 0.01, 0.005, 0.002, 0.001, 1e-4, 1e-6]
# Rows go so much of the way to where a part of them would vanish.
_MOST_OF_THE_WAY = 0.9995
# The largest float below one, and what a slope may exceed one by from rounding.
_STEEPEST_INSIDE = float(np.nextafter(1.0, 0.0))
_STEEPEST = 1 + 1e-9


def at_kink(above: Floats, below: Floats, slope: Floats) -> Truths:
    """Which deviations are about to vanish: nearer to zero than their slopes are to -1 or 1."""
    return np.asarray(np.maximum(above, below) < 1 - np.abs(slope))


@dataclass(frozen=True)
class _Block:
    """Some rows: features, weights as a column, and the three parts of their state."""

    X: Any
    weight: Floats
    above: Floats
    below: Floats
    slope: Floats
    scale: Floats

    @property
    def room_above(self) -> Floats:
        """How far slopes are from 1."""
        return 1 - self.slope

    @property
    def room_below(self) -> Floats:
        """How far slopes are from -1."""
        return 1 + self.slope

    @property
    def stiffness(self) -> Floats:
        """How much slopes change with deviations along the central path."""
        return np.asarray(1 / (self.above / self.room_above + self.below / self.room_below))

    @property
    def at_kink(self) -> Truths:
        return at_kink(self.above, self.below, self.slope)

    def predictions(self, coef: Floats) -> Floats:
        """``x @ coef``, as a column."""
        coef = self.scale * coef
        width = self.X.shape[1]
        return np.asarray(self.X @ coef[:width] + coef[width:].sum())[:, np.newaxis]

    def total(self, values: Floats) -> Floats:
        """``sum(weight * values * x)`` over rows and targets."""
        of_rows = (self.weight * values).sum(axis=1)
        total = np.empty(len(self.scale))
        total[: self.X.shape[1]] = self.X.T @ of_rows
        total[self.X.shape[1] :] = of_rows.sum()
        return self.scale * total

    def gram(self, values: Floats) -> Floats:
        """The upper triangle of ``sum(weight * values * outer(x, x))``, row by row."""
        of_rows = (self.weight * values).sum(axis=1)
        chosen = np.flatnonzero(of_rows)
        X = self.X if len(chosen) == len(of_rows) else self.X[chosen]
        inner = sandwich(X, of_rows[chosen], len(self.scale) > X.shape[1])
        return (inner * np.outer(self.scale, self.scale))[np.triu_indices(len(self.scale))]

    def change(
        self,
        move: Floats,
        centre: float | Floats = 0.0,
        errors: tuple[float | Floats, float | Floats] = (0.0, 0.0),
    ) -> Change:
        """How a state changes when coefficients move: Newton's step for ``above * room_above ==
        below * room_below == centre``.

        Parameters
        ----------
        move : ndarray of shape (d,)
        centre : float, or ndarray of shape (rows, 1)
        errors : tuple
            Second-order errors of these two products that are to be made good.
        """
        from_above = centre - self.above * self.room_above - errors[0]
        from_below = centre - self.below * self.room_below - errors[1]
        slope = self.stiffness * (
            self.predictions(move) - from_above / self.room_above + from_below / self.room_below
        )
        return (
            (from_above + self.above * slope) / self.room_above,
            (from_below - self.below * slope) / self.room_below,
            slope,
        )

    def too_long(self, change: Change) -> Integers:
        """How many rows each of ``LENGTHS`` would take too far."""
        above, below, slope = change
        counted = np.broadcast_to(self.weight > 0, slope.shape)
        longest = np.full(slope.shape, np.inf)
        with np.errstate(divide="ignore", over="ignore"):
            for room, use in (
                (self.above, -above),
                (self.below, -below),
                (self.room_above, slope),
                (self.room_below, -slope),
            ):
                used = use > 0
                longest[used] = np.minimum(longest[used], room[used] / use[used])
        reach = np.sort(_MOST_OF_THE_WAY * longest[counted])
        return reach.searchsorted(LENGTHS)


@party_op("absolute_loss.moments")
def moments_statistic(
    X: Any, y: Floats, sample_weight: Floats | None, distance: float, unit: float = 1.0
) -> Statistics:
    """What units and linear terms of an objective are made of.

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``weight`` of the rows; and weighted sums of ``x``, its ``squares``
        and its products with y, ``xy``, each of shape (p,); of ``y``; and of the ``sizes`` of
        targets.
    """
    weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
    sums = {name: np.zeros(X.shape[1]) for name in ("x", "squares", "xy")}
    for rows, x in row_slices(X):
        squares = x.multiply(x) if sparse.issparse(x) else x * x
        sums["x"] += x.T @ weight[rows]
        sums["squares"] += squares.T @ weight[rows]
        sums["xy"] += x.T @ (weight * y)[rows]
    sizes = np.abs(scaled_targets(y, distance, 1.0)).sum(axis=1)
    totals = {"weight": weight.sum(), "y": weight @ y, "sizes": weight @ sizes}
    return in_unit({**sums, **totals}, unit)


@row_op("absolute_loss.targets")
def scaled_targets(y: Floats, distance: float, factor: float) -> Floats:
    """What deviations are measured from, in their unit: y, or two targets around it."""
    if distance == 0.0:
        return factor * y[:, np.newaxis]
    return factor * np.column_stack([y - distance, y + distance])


@row_op("absolute_loss.weights")
def scaled_weights(y: Floats, sample_weight: Floats | None, factor: float) -> Floats:
    """Sample weights in their unit."""
    return np.full(len(y), factor) if sample_weight is None else factor * sample_weight


@row_op("absolute_loss.start")
def starting_state(
    targets: Floats, weight: Floats, level: float, slope: float, barrier: float
) -> Floats:
    """The state of rows that are all predicted the same level: one slope, and no row at its kink.

    Parameters
    ----------
    level, slope : float
    barrier : float
        See ``predicted_statistic``.
    """
    centre = _barriers(weight, barrier)
    deviation = level - targets
    above = np.maximum(deviation + centre * (1 - slope), centre * (1 + slope))
    return np.hstack([above, above - deviation, np.full(targets.shape, slope)])


@party_op("absolute_loss.newton")
def newton_statistic(
    X: Any, weight: Floats, state: Floats, scale: Floats, unit: float = 1.0
) -> Statistics:
    """A party's part of the equations of Newton's step.

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``hessian``, an upper triangle row by row; ``slopes`` (d,), the
        gradient; ``pull`` (d,), what the step to a centre of zero adds to it; ``gap``, between the
        primal and the dual objective; ``deviations``, the sum of their sizes.
    """
    d = len(scale)
    sums: dict[str, Any] = {
        "hessian": np.zeros(d * (d + 1) // 2),
        "slopes": np.zeros(d),
        "pull": np.zeros(d),
        "gap": 0.0,
        "deviations": 0.0,
    }
    for _, block in _blocks(X, weight, state, scale):
        sums["hessian"] += block.gram(block.stiffness)
        sums["slopes"] += block.total(block.slope)
        sums["pull"] += block.total(block.stiffness * (block.below - block.above))
        sums["gap"] += _gap(block)
        sums["deviations"] += (block.weight * np.abs(block.above - block.below)).sum()
    return in_unit(sums, unit)


@party_op("absolute_loss.predicted")
def predicted_statistic(
    X: Any,
    weight: Floats,
    state: Floats,
    scale: Floats,
    move: Floats,
    limit: float,
    barrier: float,
    unit: float = 1.0,
) -> Statistics:
    """A party's part of what a step to a centre of zero would come to (Mehrotra 1992).

    Parameters
    ----------
    limit : float
        Second-order errors count up to it (Gondzio 1996).
    barrier : float
        The weight of rows in the barrier; zero for their own.

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``too_long``, how many rows each of ``LENGTHS`` takes too far;
        ``linear`` and ``square``, the gap's change with the step's length; ``centring`` (d,), what
        a centre of one adds to the gradient, and ``correction`` (d,), what the second-order error
        does.
    """
    d = len(scale)
    sums: dict[str, Any] = {
        "too_long": np.zeros(len(LENGTHS)),
        "linear": 0.0,
        "square": 0.0,
        "centring": np.zeros(d),
        "correction": np.zeros(d),
    }
    for _, block in _blocks(X, weight, state, scale):
        change = above, below, slope = block.change(move)
        sums["too_long"] += block.too_long(change)
        linear = above * block.room_above + below * block.room_below
        sums["linear"] += (block.weight * (linear + slope * (block.below - block.above))).sum()
        sums["square"] += (block.weight * slope * (below - above)).sum()
        outward = 1 / block.room_above - 1 / block.room_below
        outward = outward * _barriers(block.weight, barrier)
        sums["centring"] += block.total(block.stiffness * outward)
        of_above, of_below = _errors(change, limit)
        outward = of_below / block.room_below - of_above / block.room_above
        sums["correction"] += block.total(block.stiffness * outward)
    return in_unit(sums, unit)


@party_op("absolute_loss.lengths")
def lengths_statistic(
    X: Any,
    weight: Floats,
    state: Floats,
    scale: Floats,
    predicted: Floats,
    limit: float,
    move: Floats,
    centre: float,
    barrier: float,
    unit: float = 1.0,
) -> Statistics:
    """How many rows each of ``LENGTHS`` of the corrected step would take too far.

    Parameters
    ----------
    predicted : ndarray of shape (d,)
        The step to a centre of zero.
    move : ndarray of shape (d,)
        The step to ``centre`` that makes good, within the limit, of the other's errors.

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``too_long``.
    """
    counts = np.zeros(len(LENGTHS))
    for _, block in _blocks(X, weight, state, scale):
        counts += block.too_long(_corrected(block, predicted, limit, move, centre, barrier))
    return in_unit({"too_long": counts}, unit)


@row_op("absolute_loss.advance")
def advanced_state(
    X: Any,
    weight: Floats,
    state: Floats,
    scale: Floats,
    predicted: Floats,
    limit: float,
    move: Floats,
    centre: float,
    barrier: float,
    length: float,
) -> Floats:
    """The state of rows after so much of the corrected step."""
    advanced = np.empty_like(state)
    for rows, block in _blocks(X, weight, state, scale):
        above, below, slope = _corrected(block, predicted, limit, move, centre, barrier)
        advanced[rows] = np.hstack(
            [
                block.above + length * above,
                block.below + length * below,
                np.clip(block.slope + length * slope, -_STEEPEST_INSIDE, _STEEPEST_INSIDE),
            ]
        )
    return advanced


@party_op("absolute_loss.face")
def face_statistic(
    X: Any,
    weight: Floats,
    targets: Floats,
    state: Floats,
    scale: Floats,
    coef: Floats,
    unit: float = 1.0,
) -> Statistics:
    """A party's part of what makes rows that are at a kink stay there.

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``gram`` of these rows, an upper triangle row by row; ``missed``
        (d,), their deviations times their features; ``slopes`` (d,), the gradient, for which all
        other slopes are at their ends.
    """
    d = len(scale)
    sums: dict[str, Any] = {
        "gram": np.zeros(d * (d + 1) // 2),
        "missed": np.zeros(d),
        "slopes": np.zeros(d),
    }
    for rows, block in _blocks(X, weight, state, scale):
        at_kink = block.at_kink
        sums["gram"] += block.gram(at_kink.astype(np.float64))
        sums["missed"] += block.total(at_kink * (block.predictions(coef) - targets[rows]))
        sums["slopes"] += block.total(np.where(at_kink, block.slope, np.sign(block.slope)))
    return in_unit(sums, unit)


@party_op("absolute_loss.proof")
def proof_statistic(
    X: Any,
    weight: Floats,
    targets: Floats,
    state: Floats,
    scale: Floats,
    coef: Floats,
    tilt: Floats,
    unit: float = 1.0,
) -> Statistics:
    """A party's part of what proves an optimum: slopes of its rows that meet all conditions.

    Parameters
    ----------
    coef : ndarray of shape (d,)
    tilt : ndarray of shape (d,)
        Slopes of rows at a kink change by ``x @ tilt``.

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``too_steep``, how many slopes are beyond -1 and 1; ``slopes``
        (d,), the gradient; ``deviations``, the sum of their sizes; ``gap``, between the primal and
        the dual objective.
    """
    sums: dict[str, Any] = {
        "too_steep": 0.0,
        "slopes": np.zeros(len(scale)),
        "deviations": 0.0,
        "gap": 0.0,
    }
    for rows, block in _blocks(X, weight, state, scale):
        tilted = block.slope + block.predictions(tilt)
        slope = np.where(block.at_kink, tilted, np.sign(block.slope))
        deviation = block.predictions(coef) - targets[rows]
        size = np.abs(deviation)
        sums["too_steep"] += np.count_nonzero((np.abs(slope) > _STEEPEST) & (block.weight > 0))
        sums["slopes"] += block.total(slope)
        sums["deviations"] += (block.weight * size).sum()
        sums["gap"] += (block.weight * (size - slope * deviation)).sum()
    return in_unit(sums, unit)


def _gap(block: _Block) -> float:
    products = block.above * block.room_above + block.below * block.room_below
    return float((block.weight * products).sum())


def _barriers(weight: Floats, barrier: float) -> Floats:
    """The centre of each row, for a common centre of one, as a column."""
    weight = weight.reshape(-1, 1)
    return np.ones_like(weight) if barrier == 0.0 else barrier / weight


def _errors(change: Change, limit: float) -> tuple[Floats, Floats]:
    """The second-order errors of the products that a change should make zero, within a limit."""
    above, below, slope = change
    return np.clip(-above * slope, -limit, limit), np.clip(below * slope, -limit, limit)


def _corrected(
    block: _Block, predicted: Floats, limit: float, move: Floats, centre: float, barrier: float
) -> Change:
    errors = _errors(block.change(predicted), limit)
    return block.change(move, centre * _barriers(block.weight, barrier), errors)


def _blocks(X: Any, weight: Floats, state: Floats, scale: Floats) -> Iterator[tuple[slice, _Block]]:
    for rows, x in row_slices(X):
        above, below, slope = np.split(state[rows], 3, axis=1)
        yield rows, _Block(x, weight[rows, np.newaxis], above, below, slope, scale)
