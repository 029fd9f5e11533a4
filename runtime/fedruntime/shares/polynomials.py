"""Functions of one shared number by Chebyshev polynomials on the interval that it lies in.

The polynomial is the one of the lowest degree among ``DEGREES`` that is near enough to the
function. It is evaluated as Paterson and Stockmeyer (1973) do, in the Chebyshev basis: with about
``2 * sqrt(degree)`` products, in few rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from fedruntime.errors import DataError
from fedruntime.shares.graph import Graph, Value

Floats = npt.NDArray[np.float64]
Function = Callable[[Floats], Floats]

NEAR = 2e-7  # of the function's largest value
_SHAPES = ((4, 1), (4, 2), (4, 4), (6, 4), (8, 4), (8, 8), (12, 8), (16, 8), (16, 16))
DEGREES = tuple(small * large - 1 for small, large in _SHAPES)
_GRID = 4001


def approximate(graph: Graph, x: Value, function: Function, name: str) -> Value:
    """A function of ``x``, which is smooth between the bounds of ``x``.

    Raises
    ------
    DataError
        If no polynomial is near enough to the function on that interval.
    """
    if not x.low < x.high:
        raise DataError(f"{name} of {x.name}, which is public, needs no SPU")
    small, coefficients, ends = _fitted(function, x.low, x.high, name, x.name)
    slack = 2.0 ** (4 - graph.bits) * max(abs(ends[0]), abs(ends[1]), 1.0)
    bounds = ends[0] - slack, ends[1] + slack
    powers = _Powers(graph, _unit(graph, x))
    return _evaluate(graph, coefficients, powers, small, bounds, f"{name} of {x.name}")


@lru_cache(maxsize=256)
def _fitted(
    function: Function, low: float, high: float, name: str, what: str
) -> tuple[int, tuple[float, ...], tuple[float, float]]:
    """Small powers, coefficients, and the bounds of the function on a grid."""
    middle, half = (low + high) / 2, (high - low) / 2

    def wanted_at(unit: Any) -> Any:
        return function(middle + half * unit)

    points = np.cos(np.linspace(0, np.pi, _GRID))
    wanted = wanted_at(points)
    scale = np.abs(wanted).max()
    for small, large in _SHAPES:
        found = np.asarray(chebyshev.chebinterpolate(wanted_at, small * large - 1))
        if np.abs(chebyshev.chebval(points, found) - wanted).max() <= NEAR * scale:
            return small, tuple(found.tolist()), (float(wanted.min()), float(wanted.max()))
    raise DataError(
        f"{name} of {what}, which may lie anywhere from {low:.3g} to {high:.3g}: no polynomial of "
        f"degree {DEGREES[-1]} is near enough there; bound it more closely with numpy.clip"
    )


def _unit(graph: Graph, x: Value) -> Value:
    """``x`` mapped from its interval to that from -1 to 1."""
    slope, middle = 2 / (x.high - x.low), (x.low + x.high) / 2
    fixed = graph.aligned(x, graph.bits)
    bits = graph.constant_bits(max(x.magnitude * slope, 1.0))
    both = graph.bits + bits
    weight = np.rint(np.ldexp(slope, bits))
    constant = -np.rint(np.ldexp(middle * slope, both))
    scaled = graph.combine([fixed], [weight], constant, x.name, bits=both)
    return graph.truncate(scaled, graph.bits)


class _Powers:
    """Chebyshev polynomials of one value, each computed when it is first used."""

    def __init__(self, graph: Graph, unit: Value) -> None:
        self._graph = graph
        self._known = {1: unit}

    def __getitem__(self, degree: int) -> Value:
        if degree not in self._known:
            graph, high = self._graph, (degree + 1) // 2
            x, y = self[high], self[degree - high]
            name = f"a polynomial of {self._known[1].name}"
            edge = 1 + 2.0 ** (12 - graph.bits)  # rounding may go a little beyond 1
            # T_2a = 2 T_a**2 - 1 and T_(2a-1) = 2 T_a T_(a-1) - T_1
            if x is y:
                one = -np.left_shift(np.int64(1), 2 * graph.bits - 1)
                plus = graph.combine([x], [0], one, name, bits=2 * graph.bits)
            else:
                down = -(1 << (graph.bits - 1))
                plus = graph.combine([self[1]], [down], None, name, bits=2 * graph.bits)
            self._known[degree] = graph.multiply(x, y, name, plus=plus, times=2, ends=(-edge, edge))
        return self._known[degree]


def _evaluate(
    graph: Graph,
    coefficients: tuple[float, ...],
    powers: _Powers,
    small: int,
    ends: tuple[float, float] | None,
    name: str,
) -> Value:
    """The value of a Chebyshev series."""
    if len(coefficients) <= small:
        return graph.truncate(_series(graph, coefficients, powers, name, None), graph.bits)
    half = len(coefficients) // 2
    quotient = [coefficients[half], *(2 * c for c in coefficients[half + 1 :])]
    rest = list(coefficients[:half])
    for degree in range(1, half):
        rest[degree] -= coefficients[2 * half - degree]
    above = _evaluate(graph, tuple(quotient), powers, small, None, name)
    if half <= small:
        below = _series(graph, tuple(rest), powers, name, graph.bits)
    else:
        fixed = _evaluate(graph, tuple(rest), powers, small, None, name)
        below = graph.combine([fixed], [1 << graph.bits], None, name, bits=2 * graph.bits)
    return graph.multiply(above, powers[half], name, plus=below, ends=ends)


def _series(
    graph: Graph,
    coefficients: tuple[float, ...],
    powers: _Powers,
    name: str,
    bits: int | None,
) -> Value:
    """A series of few terms, not truncated yet, with coefficients of so many fraction bits."""
    if bits is None:
        bits = graph.constant_bits(float(np.abs(coefficients).sum()))
    both = graph.bits + bits
    weights = [np.rint(np.ldexp(c, bits)) for c in coefficients[1:]]
    constant = np.rint(np.ldexp(coefficients[0], both))
    terms = [powers[degree] for degree in range(1, len(coefficients))]
    return graph.combine(terms, weights, constant, name, bits=both)
