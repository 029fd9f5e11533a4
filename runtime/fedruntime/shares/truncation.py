"""Division by a power of two of what is shared, with randomness of the dealer; it never fails.

With r random, ``c = x + 2**62 + r`` is opened, and ``x`` shifted is ``c`` shifted minus ``r``
shifted, but for a wrap around 2**64. As ``x + 2**62`` is below 2**63, it wrapped if and only if the
highest bit of r is set and that of c is not (as in Dalskov, Escudero, Keller 2020). The result
is the floor or one more, the nearer one with the higher probability.
"""

from __future__ import annotations

import numpy as np

from fedruntime.shares.correlation import Correlation, Dealt, Part, Words
from fedruntime.shares.opening import Masked, Protocol

MAGNITUDE_BITS = 62  # what is truncated has to be smaller than two to this power
MOST_BITS = 32  # that can be cut off at once

_OFFSET = np.uint64(1 << MAGNITUDE_BITS)
_TOP = np.uint64(63)


def derived_parts(shape: tuple[int, ...]) -> tuple[Part, Part]:
    """What is derived from the mask of what is truncated."""
    return Part("shifted", shape), Part("top", shape, np.uint32)


def derive_from(mask: Words, bits: int) -> Dealt:
    """The derived parts, from the mask, which is overwritten."""
    shifted = mask >> np.uint64(bits)
    np.negative(shifted, out=shifted)
    mask >>= _TOP
    return {"shifted": shifted, "top": mask.astype(np.uint32)}


def truncation(shape: tuple[int, ...], bits: int) -> Correlation:
    """What ``truncate`` needs."""
    return Correlation(
        (Part("mask", shape),), derived_parts(shape), lambda drawn: derive_from(drawn["mask"], bits)
    )


def truncate(dealt: Dealt, x: Words, bits: int, *, first: bool) -> Protocol:
    """Shares of ``x / 2**bits``, rounded to one of the two integers next to it.

    Parameters
    ----------
    x : ndarray of uint64
        Shares of signed integers below 2**62 in magnitude.
    bits : int
        From 1 to 32.
    first : bool
        Whether this is the party that adds public terms.
    """
    return (yield from shift(dealt, x + dealt["mask"], bits, first=first))


def shift(dealt: Dealt, masked: Words, bits: int, *, first: bool) -> Protocol:
    """The same for what is masked already, and is overwritten."""
    if first:
        masked += _OFFSET
    (opened,) = yield [Masked(masked)]
    kept = np.uint64(bits)
    # Only as many bits of this share count as are cut off, so 32 are enough.
    wrapped: Words = np.invert(opened)
    wrapped >>= _TOP
    wrapped *= dealt["top"]
    wrapped <<= np.uint64(64 - bits)
    wrapped += dealt["shifted"]
    if first:
        opened >>= kept
        opened -= _OFFSET >> kept
        wrapped += opened
    return wrapped
