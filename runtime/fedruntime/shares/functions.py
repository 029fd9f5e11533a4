"""Functions of shared values that are put together from products, comparisons and polynomials:
each on the range, and with the error, that docs/spu.md states.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from fedruntime.errors import DataError
from fedruntime.shares.graph import Graph, Value
from fedruntime.shares.polynomials import Function, approximate

SIGMOID_RANGE = 16.0  # beyond it the sigmoid is 0 or 1 to 1.2e-7
_WHOLE = 2.0**31


def add(graph: Graph, x: Value, y: Value, sign: int = 1) -> Value:
    """``x + y``, or ``x - y``."""
    bits = max(x.bits, y.bits) and graph.bits
    name = f"{x.name} {'+' if sign > 0 else '-'} {y.name}"
    both = [graph.aligned(x, bits), graph.aligned(y, bits)]
    return graph.combine(both, [1, sign], None, name, bits=bits)


def add_public(graph: Graph, x: Value, constant: object, sign: int = 1) -> Value:
    """``sign * x + constant``."""
    bits = 0 if x.bits == 0 and _whole(constant) else graph.bits
    added = graph.encode(constant, bits)
    return graph.combine([graph.aligned(x, bits)], [sign], added, x.name, bits=bits)


def scale(graph: Graph, x: Value, constant: object) -> Value:
    """``x`` times something public: exact for integers, else rounded."""
    if _whole(constant):
        weight = np.asarray(constant, dtype=np.float64).astype(np.int64)
        return graph.combine([x], [weight], None, x.name, bits=x.bits)
    largest = float(np.abs(np.asarray(constant, dtype=np.float64)).max(initial=0.0))
    bits = graph.constant_bits(max(largest * x.magnitude, largest))
    scaled = graph.combine([x], [graph.encode(constant, bits)], None, x.name, bits=x.bits + bits)
    return graph.truncate(scaled, graph.bits)


def multiply(graph: Graph, x: Value, y: Value, *, matrix: bool = False) -> Value:
    """``x * y``, or ``x @ y``."""
    x, y = (graph.aligned(z, min(z.bits, graph.bits)) for z in (x, y))
    return graph.multiply(x, y, f"{x.name} {'@' if matrix else '*'} {y.name}", matrix=matrix)


def less(graph: Graph, x: Value, y: Value) -> Value:
    """1 where ``x < y``, else 0."""
    return graph.negative(add(graph, x, y, -1), f"{x.name} < {y.name}")


def where(graph: Graph, condition: Value, x: Value, y: Value) -> Value:
    """``x`` where a comparison holds, else ``y``."""
    if condition.bits or condition.low < 0 or condition.high > 1:
        raise DataError("numpy.where on the SPU takes a comparison as its condition")
    chosen = multiply(graph, condition, add(graph, x, y, -1))
    ends = min(x.low, y.low), max(x.high, y.high)
    return bounded(graph, add(graph, y, chosen), ends)


def bounded(graph: Graph, x: Value, ends: tuple[float, float]) -> Value:
    """The same value, of which more is known than follows from the way it was computed."""
    slack = 2.0 ** (1 - graph.bits) if x.bits else 0.0
    return graph.known_between(x, ends[0] - slack, ends[1] + slack)


def maximum(graph: Graph, x: Value, y: Value) -> Value:
    """The larger one of two."""
    larger = where(graph, less(graph, x, y), y, x)
    return bounded(graph, larger, (max(x.low, y.low), max(x.high, y.high)))


def minimum(graph: Graph, x: Value, y: Value) -> Value:
    """The smaller one of two."""
    smaller = where(graph, less(graph, x, y), x, y)
    return bounded(graph, smaller, (min(x.low, y.low), min(x.high, y.high)))


def absolute(graph: Graph, x: Value) -> Value:
    """``abs(x)``."""
    if x.low >= 0:
        return x
    sign = add_public(graph, scale(graph, graph.negative(x, f"{x.name} < 0"), -2), 1)
    found = multiply(graph, sign, x)
    return bounded(graph, found, (0.0, x.magnitude))


def clip(graph: Graph, x: Value, low: float | None, high: float | None) -> Value:
    """``x`` between public bounds; those that it has already cost nothing."""
    below, above = low is not None and low > x.low, high is not None and high < x.high
    found = x
    if below:
        found = add(graph, found, _excess(graph, x, float(low or 0.0), 1))
    if above:
        found = add(graph, found, _excess(graph, x, float(high or 0.0), -1))
    ends = (
        float(low or 0.0) if below else x.low,
        float(high or 0.0) if above else x.high,
    )
    return bounded(graph, found, ends) if below or above else x


def _excess(graph: Graph, x: Value, bound: float, sign: int) -> Value:
    """What takes ``x`` up (or, with the sign -1, down) to a bound that it is beyond, else 0."""
    short = add_public(graph, x, bound, -1)
    beyond = graph.negative(
        short if sign < 0 else add_public(graph, x, -bound), f"{x.name} beyond {bound:g}"
    )
    return multiply(graph, beyond, short)


def exp(graph: Graph, x: Value) -> Value:
    """``numpy.exp``."""
    return approximate(graph, x, np.exp, "exp")


def log(graph: Graph, x: Value) -> Value:
    """``numpy.log``, of what is known to be positive."""
    return _of_positive(graph, x, np.log, "log")


def sqrt(graph: Graph, x: Value) -> Value:
    """``numpy.sqrt``, of what is known to be positive."""
    return _of_positive(graph, x, np.sqrt, "sqrt")


def reciprocal(graph: Graph, x: Value) -> Value:
    """``1 / x``, of what is known to be positive, or known to be negative."""
    if x.high < 0:
        return scale(graph, reciprocal(graph, scale(graph, x, -1)), -1)
    return _of_positive(graph, x, np.reciprocal, "reciprocal")


def sigmoid(graph: Graph, x: Value) -> Value:
    """``scipy.special.expit``: 0 and 1 far from zero."""
    near = clip(graph, x, -SIGMOID_RANGE, SIGMOID_RANGE)
    return approximate(graph, near, expit, "sigmoid")


def _of_positive(graph: Graph, x: Value, function: Function, name: str) -> Value:
    if x.low <= 0:
        raise DataError(
            f"{name} of {x.name}, which may be as low as {x.low:.3g}: say that it is positive "
            f"with numpy.clip({x.name}, low, high), the more closely the better"
        )
    return approximate(graph, x, function, name)


def _whole(constant: object) -> bool:
    numbers = np.asarray(constant)
    return bool((np.rint(numbers) == numbers).all() and (np.abs(numbers) < _WHOLE).all())
