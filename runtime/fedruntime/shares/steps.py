"""The steps that programs on shares are made of, by name: local ones, which a party takes alone,
and those with openings, for which it needs what a dealer hands out. The set is closed: a party
takes no other step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fedruntime.shares.comparison import is_negative, sign
from fedruntime.shares.correlation import Correlation, Dealt, Words
from fedruntime.shares.opening import Protocol
from fedruntime.shares.product import multiply, product, square, squares
from fedruntime.shares.truncation import truncate, truncation

Shape = tuple[int, ...]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One step of a program.

    Parameters
    ----------
    kind : str
        A name of ``LOCAL`` or ``WITH_OPENINGS``.
    result : int
        The number of the value that it makes.
    operands : tuple of int
        Numbers of the values that it works on.
    options : mapping
        Public.
    """

    kind: str
    result: int
    operands: tuple[int, ...]
    options: Options

    def to_public(self) -> list[Any]:
        return [self.kind, self.result, list(self.operands), dict(self.options)]

    @classmethod
    def from_public(cls, told: Sequence[Any]) -> Step:
        kind, result, operands, options = told
        return cls(kind, result, tuple(operands), options)


def stored(shape: Shape) -> Shape:
    """The shape in which parties keep shares: numbers alone as arrays of one."""
    return shape or (1,)


def _combine(
    operands: Sequence[Words], first: bool, *, weights: Sequence[Words], constant: Words | None
) -> Words:
    """Integer multiples of values, added up, and a public constant."""
    total: Any = np.zeros((), dtype=np.uint64) if constant is None else constant
    if not first:
        total = np.zeros_like(total)
    for operand, weight in zip(operands, weights, strict=True):
        total = total + operand * weight
    return np.asarray(total)


def _sum(operands: Sequence[Words], first: bool, *, axis: int | None, keepdims: bool) -> Words:
    return np.asarray(operands[0].sum(axis=axis, keepdims=keepdims, dtype=np.uint64))


def _pick(operands: Sequence[Words], first: bool, *, key: Sequence[Any]) -> Words:
    return np.asarray(operands[0][to_index(key)])


def _reshape(operands: Sequence[Words], first: bool, *, shape: Sequence[int]) -> Words:
    return np.asarray(operands[0].reshape(tuple(shape)))


def _transpose(operands: Sequence[Words], first: bool) -> Words:
    return np.asarray(operands[0].T)


LOCAL: Mapping[str, Callable[..., Words]] = {
    "combine": _combine,
    "sum": _sum,
    "pick": _pick,
    "reshape": _reshape,
    "transpose": _transpose,
}


def from_index(key: tuple[int | slice | None, ...]) -> list[Any]:
    """A public index as a message holds it."""
    return [[k.start, k.stop, k.step] if isinstance(k, slice) else k for k in key]


def to_index(told: Sequence[Any]) -> tuple[int | slice | None, ...]:
    """The index that ``from_index`` wrote down."""
    return tuple(slice(*entry) if isinstance(entry, list | tuple) else entry for entry in told)


@dataclass(frozen=True)
class Opens:
    """A step with openings.

    Parameters
    ----------
    needs : callable
        ``(shapes of the operands, options) -> Correlation``.
    take : callable
        ``(what was dealt, operands, options, first) -> Protocol``.
    """

    needs: Callable[[Sequence[Shape], Options], Correlation]
    take: Callable[[Dealt, Sequence[Words], Options, bool], Protocol]


def _multiply(dealt: Dealt, operands: Sequence[Words], options: Options, first: bool) -> Protocol:
    x, y, *plus = operands
    added = plus[0] if plus else None
    bits, matrix = options["bits"], options["matrix"]
    return multiply(dealt, x, y, bits, first=first, matrix=matrix, plus=added)


def _square(dealt: Dealt, operands: Sequence[Words], options: Options, first: bool) -> Protocol:
    x, *plus = operands
    return square(dealt, x, options["bits"], first=first, plus=plus[0] if plus else None)


WITH_OPENINGS: Mapping[str, Opens] = {
    "multiply": Opens(
        lambda shapes, options: product(
            shapes[0], shapes[1], options["bits"], matrix=options["matrix"]
        ),
        _multiply,
    ),
    "square": Opens(lambda shapes, options: squares(shapes[0], options["bits"]), _square),
    "truncate": Opens(
        lambda shapes, options: truncation(shapes[0], options["bits"]),
        lambda dealt, x, options, first: truncate(dealt, x[0], options["bits"], first=first),
    ),
    "negative": Opens(
        lambda shapes, options: sign(shapes[0]),
        lambda dealt, x, options, first: is_negative(dealt, x[0], first=first),
    ),
}
