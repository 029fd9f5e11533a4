"""Products of what is shared (Beaver 1991): elementwise ones, squares, and matrix products, with
their truncation. The masks of the factors and of the product come from the dealer.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fedruntime.crypto.ring import matmul
from fedruntime.shares.correlation import Correlation, Dealt, Part, Words
from fedruntime.shares.opening import Masked, Protocol
from fedruntime.shares.truncation import derive_from, derived_parts, shift

Times = Callable[[Words, Words], Words]
Shape = tuple[int, ...]


def product_shape(x: Shape, y: Shape, matrix: bool) -> Shape:
    """The shape of a product, by elements with broadcasting, or of two matrices."""
    return (x[0], y[1]) if matrix else np.broadcast_shapes(x, y)


def product(x: Shape, y: Shape, bits: int, *, matrix: bool = False) -> Correlation:
    """What ``multiply`` needs.

    The mask of the truncation is what is left of a random array ``sum`` after the product of the
    factors' masks, so that it need not be dealt.
    """
    times, shape = _times(matrix), product_shape(x, y, matrix)
    factors = (Part("a", x), Part("b", y))

    def of_masks(drawn: Dealt) -> Words:
        a, b = drawn["a"], drawn["b"]
        return times(a, b) if matrix or x != y else np.multiply(a, b, out=a)

    return _correlation(factors, shape, bits, of_masks)


def squares(x: Shape, bits: int) -> Correlation:
    """What ``square`` needs."""
    return _correlation((Part("a", x),), x, bits, lambda drawn: drawn["a"] * drawn["a"])


def _correlation(
    factors: tuple[Part, ...], shape: Shape, bits: int, of_masks: Callable[[Dealt], Words]
) -> Correlation:
    if bits == 0:
        return Correlation(factors, (Part("sum", shape),), lambda drawn: {"sum": of_masks(drawn)})
    return Correlation(
        (*factors, Part("sum", shape)),
        derived_parts(shape),
        lambda drawn: derive_from(_less(drawn["sum"], of_masks(drawn)), bits),
    )


def _less(total: Words, part: Words) -> Words:
    return np.subtract(total, part, out=part)


def multiply(
    dealt: Dealt,
    x: Words,
    y: Words,
    bits: int,
    *,
    first: bool,
    matrix: bool = False,
    plus: Words | None = None,
) -> Protocol:
    """Shares of ``(x * y + plus) / 2**bits``, or of the product of matrices; overwrites what was
    dealt.

    Parameters
    ----------
    x, y : ndarray of uint64
        Shares of signed integers; if bits are cut off, sums below 2**62.
    bits : int
        0 cuts off nothing.
    first : bool
        Whether this is the party that adds public terms.
    plus : ndarray of uint64, optional
        Shares of what is added before bits are cut off.
    """
    times = _times(matrix)
    d, e = yield [Masked(x - dealt["a"]), Masked(y - dealt["b"])]
    a, b = dealt["a"], dealt["b"]
    if first:
        b += e
    if matrix or d.shape != e.shape:
        d, e = times(d, b), times(a, e)
    else:  # in place: memory that is new costs as much as the arithmetic
        d *= b
        e *= a
    total = d
    total += e
    return (yield from _finish(dealt, total, bits, first, plus))


def square(
    dealt: Dealt, x: Words, bits: int, *, first: bool, plus: Words | None = None
) -> Protocol:
    """Shares of ``(x * x + plus) / 2**bits``, with one opening less than ``multiply``."""
    (d,) = yield [Masked(x - dealt["a"])]
    total = dealt["a"] << np.uint64(1)
    if first:
        total += d
    total *= d
    return (yield from _finish(dealt, total, bits, first, plus))


def _finish(dealt: Dealt, total: Words, bits: int, first: bool, plus: Words | None) -> Protocol:
    total += dealt["sum"]
    if plus is not None:
        total += plus
    return total if bits == 0 else (yield from shift(dealt, total, bits, first=first))


def _times(matrix: bool) -> Times:
    return matmul if matrix else np.multiply
