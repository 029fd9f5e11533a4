"""A program while it is written: values by number, with the shapes, fraction bits and bounds that
follow from what is public, and the steps that make them.

Fixed-point numbers have the same fraction bits all over a program, and integers, such as
comparisons, have none. Bounds follow by interval arithmetic, so that a program in which a value
might not fit is refused before it runs, whatever the data are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.errors import DataError
from fedruntime.shares.correlation import Words
from fedruntime.shares.product import product_shape
from fedruntime.shares.program import Need
from fedruntime.shares.rows import NO_ROWS, Rows, contracted, together
from fedruntime.shares.steps import WITH_OPENINGS, Shape, Step, from_index, stored, to_index
from fedruntime.shares.truncation import MAGNITUDE_BITS, MOST_BITS

MOST_FRACTION = 26
LEAST_FRACTION = 12
_NAME_LENGTH = 60
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Value:
    """A shared value of a program.

    Parameters
    ----------
    number : int
    shape : tuple of int
    bits : int
        After the binary point.
    low, high : float
        Every entry lies between these.
    name : str
        What a message calls it.
    rows : Rows
        Of how many rows of the inputs each of its entries is made.
    """

    number: int
    shape: Shape
    bits: int
    low: float
    high: float
    name: str
    rows: Rows = NO_ROWS

    @property
    def magnitude(self) -> float:
        return max(abs(self.low), abs(self.high))


@dataclass
class Graph:
    """A program on shares.

    Parameters
    ----------
    bits : int
        The fraction bits of its fixed-point numbers.
    """

    bits: int
    steps: list[Step] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    _room: int = MOST_FRACTION
    _largest: str = ""

    def fitting_bits(self) -> int:
        """The most fraction bits with which no value, and no product, can overflow.

        Raises
        ------
        DataError
            If these are too few to compute with.
        """
        if self._room < LEAST_FRACTION:
            raise DataError(
                f"{self._largest} on the SPU: fixed-point numbers of 64 bits would have "
                f"{max(self._room, 0)} bits after the binary point, and at least "
                f"{LEAST_FRACTION} are needed; scale the inputs, or bound them with numpy.clip"
            )
        return self._room

    def given(
        self, shape: Shape, low: float, high: float, name: str, *, bits: int, rows: Rows
    ) -> Value:
        """An input, which fits as it is."""
        return self._new(shape, bits, low, high, name, rows, 1.0)

    def combine(
        self,
        operands: Sequence[Value],
        weights: Sequence[Any],
        constant: Any,
        name: str,
        *,
        bits: int,
    ) -> Value:
        """``sum(weight * operand) + constant``, taken by each party alone.

        Parameters
        ----------
        weights : sequence of array of int
            Operands have ``bits`` fraction bits after multiplication with these.
        constant : array of int or None
            As encoded.
        bits : int
            Of the result.
        """
        whole = [np.asarray(weight, dtype=np.int64) for weight in weights]
        added = None if constant is None else np.atleast_1d(np.asarray(constant, dtype=np.int64))
        low: Any = np.zeros(1)
        high: Any = low
        if added is not None:
            low = high = added * 2.0**-bits
        for operand, weight in zip(operands, whole, strict=True):
            scale = weight * 2.0 ** (operand.bits - bits)
            ends = scale * operand.low, scale * operand.high
            low, high = low + np.minimum(*ends), high + np.maximum(*ends)
        shapes = [operand.shape for operand in operands] + [weight.shape for weight in whole]
        if constant is not None:
            shapes.append(np.shape(constant))
        options = {
            "weights": [_as_words(weight) for weight in whole],
            "constant": None if added is None else _as_words(added),
        }
        rows = together([operand.rows for operand in operands])
        ends_of = float(np.min(low)), float(np.max(high))
        shape = np.broadcast_shapes(*shapes)
        return self._step("combine", operands, options, shape, bits, ends_of, name, rows)

    def sum(self, x: Value, axis: int | None, keepdims: bool) -> Value:
        """The sum over an axis, or over all."""
        empty = np.empty(x.shape, dtype=np.bool_)
        shape = empty.sum(axis=axis, keepdims=keepdims).shape
        count = empty.size // max(math.prod(shape), 1)
        ends = x.low * count, x.high * count
        options = {"axis": axis, "keepdims": keepdims}
        rows = x.rows.summed(x.shape, axis, keepdims)
        return self._step("sum", [x], options, shape, x.bits, ends, f"sum of {x.name}", rows)

    def pick(self, x: Value, key: tuple[int | slice | None, ...]) -> Value:
        """Entries at public places."""
        told = from_index(key)
        shape = np.empty(x.shape, dtype=np.bool_)[to_index(told)].shape
        ends = x.low, x.high
        rows = x.rows.picked(x.shape, to_index(told))
        return self._step("pick", [x], {"key": told}, shape, x.bits, ends, x.name, rows)

    def reshape(self, x: Value, shape: Shape) -> Value:
        """The same entries in another shape."""
        options, ends = {"shape": list(stored(shape))}, (x.low, x.high)
        rows = x.rows.reshaped(x.shape, shape)
        return self._step("reshape", [x], options, shape, x.bits, ends, x.name, rows)

    def transpose(self, x: Value) -> Value:
        """All axes in reverse order."""
        ends = x.low, x.high
        return self._step(
            "transpose",
            [x],
            {},
            x.shape[::-1],
            x.bits,
            ends,
            x.name,
            x.rows.transposed(len(x.shape)),
        )

    def truncate(self, x: Value, bits: int) -> Value:
        """The same value with fewer fraction bits."""
        while x.bits - bits > MOST_BITS:
            x = self.truncate(x, x.bits - MOST_BITS)
        ends, options = (x.low, x.high), {"bits": x.bits - bits}
        return self._step("truncate", [x], options, x.shape, bits, ends, x.name, x.rows)

    def multiply(
        self,
        x: Value,
        y: Value,
        name: str,
        *,
        matrix: bool = False,
        plus: Value | None = None,
        times: int = 1,
        ends: tuple[float, float] | None = None,
    ) -> Value:
        """``times * (x * y) + plus``, or the product of matrices.

        Parameters
        ----------
        plus : Value, optional
            With the fraction bits of the product before it is truncated, for ``times=1``.
        times : int
            A power of two.
        ends : tuple of float, optional
            Bounds that are known better than from those of the factors.
        """
        shape = product_shape(x.shape, y.shape, matrix)
        count = x.shape[1] if matrix else 1
        corners = [a * b * count * times for a in (x.low, x.high) for b in (y.low, y.high)]
        low, high = ends or (min(corners), max(corners))
        if x is y and not matrix and ends is None:
            low = max(low, 0.0)
        if plus is not None and ends is None:
            low, high = low + plus.low, high + plus.high
        bits = x.bits + y.bits
        cut = max(bits - self.bits, 0)
        rows = contracted(x.rows, y.rows, x.shape[1]) if matrix else together([x.rows, y.rows])
        if cut:
            reach = max(abs(low), abs(high), *map(abs, corners)) / times
            self._fit(reach, 2, name)
        operands = [x] if x is y and not matrix else [x, y]
        if plus is not None:
            operands.append(plus)
        options: dict[str, Any] = {"bits": cut - int(math.log2(times)) if cut else 0}
        kind = "square" if x is y and not matrix else "multiply"
        if kind == "multiply":
            options["matrix"] = matrix
        return self._step(kind, operands, options, shape, bits - cut, (low, high), name, rows)

    def negative(self, x: Value, name: str) -> Value:
        """1 where a value is negative, else 0."""
        return self._step("negative", [x], {}, x.shape, 0, (0.0, 1.0), name, x.rows)

    def known_between(self, x: Value, low: float, high: float) -> Value:
        """The same value, of which more is known than follows from the way it was computed."""
        low, high = max(low, x.low), min(high, x.high)
        self.values[x.number] = replace(x, low=low, high=high)
        return self.values[x.number]

    def aligned(self, x: Value, bits: int) -> Value:
        """The same value with these fraction bits."""
        if x.bits > bits:
            return self.truncate(x, bits)
        if x.bits < bits:
            return self.combine([x], [1 << (bits - x.bits)], None, x.name, bits=bits)
        return x

    def encode(self, constant: Any, bits: int) -> npt.NDArray[np.int64]:
        """A public constant with these fraction bits.

        Raises
        ------
        DataError
            If it is not finite, or too large.
        """
        numbers = np.asarray(constant, dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise DataError("a constant that is used on the SPU holds NaN or infinity")
        self._fit(float(np.abs(numbers).max(initial=0.0)), 1, "a constant")
        # What does not fit is written again with fewer bits, or refused.
        most = 2.0**MAGNITUDE_BITS
        return np.rint(np.ldexp(numbers, bits)).clip(-most, most).astype(np.int64)

    def constant_bits(self, magnitude: float) -> int:
        """The fraction bits of a constant whose products are of this magnitude: as many as fit,
        for these products are truncated at once."""
        room = MAGNITUDE_BITS - 1 - self.bits - math.ceil(math.log2(max(magnitude, 1.0)))
        return max(self.bits, min(MOST_BITS, room))

    def program(self, outputs: Sequence[Value]) -> tuple[list[Step], list[Need]]:
        """The steps that outputs need, and what these need of the dealer."""
        wanted, steps = {value.number for value in outputs}, []
        for step in reversed(self.steps):
            if step.result in wanted:
                wanted.update(step.operands)
                steps.append(step)
        steps.reverse()
        needs = [
            Need(
                step.result,
                step.kind,
                tuple(stored(self.values[number].shape) for number in step.operands),
                step.options,
            )
            for step in steps
            if step.kind in WITH_OPENINGS
        ]
        return steps, needs

    def _step(
        self,
        kind: str,
        operands: Sequence[Value],
        options: dict[str, Any],
        shape: Shape,
        bits: int,
        ends: tuple[float, float],
        name: str,
        rows: Rows,
    ) -> Value:
        made = self._new(shape, bits, *ends, name, rows, max(1.0, bits / self.bits))
        numbers = tuple(operand.number for operand in operands)
        self.steps.append(Step(kind, made.number, numbers, options))
        return made

    def _new(
        self,
        shape: Shape,
        bits: int,
        low: float,
        high: float,
        name: str,
        rows: Rows,
        factors: float,
    ) -> Value:
        short = name if len(name) <= _NAME_LENGTH else f"{name[:_NAME_LENGTH]}..."
        made = Value(len(self.values), shape, bits, low, high, short, rows)
        self.values.append(made)
        self._fit(made.magnitude, factors, short)
        return made

    def _fit(self, magnitude: float, factors: float, name: str) -> None:
        """Note how many fraction bits a value of so many factors leaves room for."""
        if magnitude == 0:
            return
        room = math.floor((MAGNITUDE_BITS - 1 - math.log2(magnitude)) / factors + _ROUNDING)
        if room < self._room:
            self._room = room
            product_of = " before it is rounded" if factors > 1 else ""
            self._largest = f"{name} may be as large as {magnitude:.3g}{product_of}"


def write(build: Callable[[Graph], Sequence[Value]]) -> tuple[Graph, Sequence[Value]]:
    """Write a program with as many fraction bits as it leaves room for.

    Parameters
    ----------
    build : callable
        Called until the bits that it was written for are those that fit.

    Raises
    ------
    DataError
        If a value of it may overflow.
    """
    bits = MOST_FRACTION
    while True:
        graph = Graph(bits)
        outputs = build(graph)
        fitting = graph.fitting_bits()
        if fitting >= bits:
            return graph, outputs
        bits = fitting


def _as_words(whole: npt.NDArray[np.int64]) -> Words:
    return whole.view(np.uint64)
