"""Whether what is shared is negative: seven openings, about 30 bytes an element and peer.

With r random, ``c = x + r`` is opened. The highest bit of ``x = c - r`` is that of c, plus that of
r, plus whether the lower bits of c are fewer than those of r. The parties hold the bits of r,
shared by exclusive or, so that comparing them with the public bits of c is a tree of ands over
pairs of neighbouring bits, then of fours, and so on. The dealer gives the ands of the first level.

Bits are kept in an order in which neighbours are half a word apart: the place of a bit is its
number with the six binary digits reversed. So each level of the tree halves the words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.shares.correlation import Correlation, Dealt, Part, Unsigned, Words
from fedruntime.shares.opening import Masked, Protocol

_LOW = np.uint64((1 << 63) - 1)
_TOP = np.uint64(63)
_HALF = np.uint64(32)
# Swapping digits i and j of a bit's place: who moves up, and by how much.
_SWAPS = (
    (np.uint64(0x00000000AAAAAAAA), np.uint64(31)),
    (np.uint64(0x0000CCCC0000CCCC), np.uint64(14)),
    (np.uint64(0x00F000F000F000F0), np.uint64(4)),
)
_LEVELS = ((16, np.uint16), (8, np.uint8), (4, np.uint8), (2, np.uint8), (1, np.uint8))


def sign(shape: tuple[int, ...]) -> Correlation:
    """What ``is_negative`` needs."""
    return Correlation(_drawn(shape), _derived(shape), _derive)


def _drawn(shape: tuple[int, ...]) -> tuple[Part, ...]:
    factors = [
        Part(f"{name} {width}", shape, dtype, bitwise=True)
        for width, dtype in _LEVELS
        for name in _factors(width)
    ]
    return (Part("mask", shape), *factors, Part("bit", shape, np.uint8, bitwise=True))


def _derived(shape: tuple[int, ...]) -> tuple[Part, ...]:
    ands = [
        Part(f"{name} {width}", shape, dtype, bitwise=True)
        for width, dtype in _LEVELS
        for name in _ands(width)
    ]
    return (
        Part("number", shape),
        Part("bits", shape, bitwise=True),
        Part("pairs", shape, np.uint32, bitwise=True),
        *ands,
    )


def _factors(width: int) -> tuple[str, ...]:
    return ("equal", "less") if width == 1 else ("equal", "less", "equal below")


def _ands(width: int) -> tuple[str, ...]:
    return ("equal and less",) if width == 1 else ("equal and less", "equal and equal")


def _derive(drawn: Dealt) -> Dealt:
    bits = reorder(drawn["mask"])
    low = bits & _LOW
    found: dict[str, Unsigned] = {
        "number": (drawn["bit"] & np.uint8(1)).astype(np.uint64),
        "bits": bits,
        "pairs": ((low >> _HALF) & low).astype(np.uint32),
    }
    for width, _ in _LEVELS:
        found[f"equal and less {width}"] = drawn[f"equal {width}"] & drawn[f"less {width}"]
        if width > 1:
            below = drawn[f"equal below {width}"]
            found[f"equal and equal {width}"] = drawn[f"equal {width}"] & below
    return found


def is_negative(dealt: Dealt, x: Words, *, first: bool) -> Protocol:
    """Shares of 1 where ``x`` is negative, else of 0.

    Parameters
    ----------
    x : ndarray of uint64
        Shares of any signed integers.
    first : bool
        Whether this is the party that adds public terms.
    """
    (opened,) = yield [Masked(x + dealt["mask"])]
    top = (dealt["bits"] >> _TOP).astype(np.uint8)
    if first:
        top ^= (opened >> _TOP).astype(np.uint8)
    less, equal = _first_level(dealt, reorder(opened) & _LOW, first)
    for width, dtype in _LEVELS:
        less, equal = yield from _merged(dealt, less, equal, width, dtype, first)
    top ^= less
    (bit,) = yield [Masked((top ^ dealt["bit"]) & np.uint8(1), bitwise=True)]
    flipped: Words = dealt["number"] * (np.uint64(1) - (bit.astype(np.uint64) << np.uint64(1)))
    if first:
        flipped += bit
    return flipped


def _first_level(dealt: Dealt, opened: Words, first: bool) -> tuple[Unsigned, Unsigned]:
    """Whether pairs of neighbouring bits of c are less than, and equal to, those of r."""
    bits, both = dealt["bits"] & _LOW, dealt["pairs"]
    high, low = (bits >> _HALF).astype(np.uint32), bits.astype(np.uint32)
    not_high, not_low = (~opened >> _HALF).astype(np.uint32), (~opened).astype(np.uint32)
    less = (not_high & high) ^ (not_high & not_low & low) ^ (not_low & both)
    equal = (not_high & low) ^ (not_low & high) ^ both
    if first:
        equal ^= not_high & not_low
    return less, equal


def _merged(
    dealt: Dealt,
    less: Unsigned,
    equal: Unsigned,
    width: int,
    dtype: type[np.unsignedinteger[Any]],
    first: bool,
) -> Any:
    """The same for groups of twice as many bits, of which there are half as many."""
    wide = less.dtype.type(width)
    less_above, less_below = (less >> wide).astype(dtype), less.astype(dtype)
    above, below = (equal >> wide).astype(dtype), equal.astype(dtype)
    a, b = dealt[f"equal {width}"], dealt[f"less {width}"]
    wanted = [Masked(above ^ a, bitwise=True), Masked(less_below ^ b, bitwise=True)]
    if width == 1:
        d, e = yield wanted
        return less_above ^ _and(d, e, a, b, dealt[f"equal and less {width}"], first), above
    b_equal = dealt[f"equal below {width}"]
    d, e, e_equal = yield [*wanted, Masked(below ^ b_equal, bitwise=True)]
    return (
        less_above ^ _and(d, e, a, b, dealt[f"equal and less {width}"], first),
        _and(d, e_equal, a, b_equal, dealt[f"equal and equal {width}"], first),
    )


def _and(
    d: Unsigned, e: Unsigned, a: Unsigned, b: Unsigned, ab: Unsigned, first: bool
) -> npt.NDArray[Any]:
    """Shares of an and, by Beaver's multiplication of bits."""
    return (d & (b ^ e if first else b)) ^ (e & a) ^ ab


def reorder(words: Words) -> Words:
    """Words with each bit at the place that is its number with the binary digits reversed."""
    found: Words = words.copy()
    for who, distance in _SWAPS:
        moved = ((found >> distance) ^ found) & who
        found ^= moved ^ (moved << distance)
    return found
