"""The exact encoding of floats: four words a value, whose plain sums over the parties decode to the
correctly rounded sum.

A float becomes the integer nearest to ``x * 2**110``, written as four signed limbs in base 2**48,
least significant first (carry-save: carries are made once, after the sum, so that 2**15 parties
add without loss).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fedruntime.aggregation.words import (
    Floats,
    Integers,
    Words,
    check_magnitude,
    total,
)

LIMBS = 4
FLOAT_EXPONENT = 80  # of the limit: floats are below 2**80 in magnitude

_LIMB_BITS = 48
_LIMB_MASK = (1 << _LIMB_BITS) - 1
# The value of one unit of each limb, and of the carry out of the last: powers of two, thus exact.
_UNITS = np.ldexp(1.0, _LIMB_BITS * np.arange(LIMBS + 1) - 110)
# What rounds a float to whole units when it is added and subtracted again; see encode.
_SHIFTS = 1.5 * 2.0**52 * _UNITS[:LIMBS]
_SHIFT_BITS = _SHIFTS.view(np.int64)
_BLOCK = 8192  # values at a time, so that all intermediate results stay in the cache


def check_floats(values: Floats, name: str) -> None:
    """Refuse what ``encode`` has no room for: NaN, infinity, and from 2**80 in magnitude.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    name : str
        The statistic, for the error.

    Raises
    ------
    DataError
        The message names statistic and entry, never the value: it may leave the party.
    """
    check_magnitude(values, FLOAT_EXPONENT, name)


def encode(values: Floats, limbs: Words) -> None:
    """Cut each value into limbs; what lies below 2**-110 is rounded to nearest.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Checked.
    limbs : ndarray of uint64, shape (4, n)
        Is written to; least significant first.

    Notes
    -----
    From the most significant limb down, adding ``1.5 * 2**52`` units rounds a float to whole
    units, and leaves their number in the low bits of its significand (ExtractVector of Rump,
    Ogita and Oishi 2008, algorithm 3.3). The remainder is exact, and at most half a unit, so
    every limb is at most 2**47 in magnitude.
    """
    signed = limbs.view(np.int64)
    for start in range(0, len(values), _BLOCK):
        block = slice(start, start + _BLOCK)
        remainder = values[block].copy()
        shifted = np.empty_like(remainder)
        bits = shifted.view(np.int64)
        for limb in reversed(range(LIMBS)):
            np.add(remainder, _SHIFTS[limb], out=shifted)
            np.subtract(bits, _SHIFT_BITS[limb], out=signed[limb, block])
            if limb:
                shifted -= _SHIFTS[limb]
                remainder -= shifted


def decode(limb_sums: Words, parties: int) -> Floats:
    """The sum of the encoded values, rounded once to nearest even.

    Parameters
    ----------
    limb_sums : ndarray of uint64, shape (4, n)
        The sum, modulo 2**64, of what ``encode`` wrote at each party.
    parties : int
        How many were added, at most ``MAX_PARTIES``.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    DataError, ProtocolError
        As ``words.total``.
    """
    signed = total(limb_sums, parties)
    values = np.empty(signed.shape[1])
    for start in range(0, len(values), _BLOCK):
        block = slice(start, start + _BLOCK)
        values[block] = _nearest(_carried(signed[:, block]))
    return values


def _carried(limb_sums: Integers) -> Integers:
    """The same numbers in digits from 0 to 2**48 - 1, and a signed fifth for the carry."""
    digits = np.zeros((LIMBS + 1, limb_sums.shape[1]), dtype=np.int64)
    digits[:LIMBS] = limb_sums
    for lower, upper in pairwise(digits):
        upper += lower >> _LIMB_BITS
        lower &= _LIMB_MASK
    return digits


def _nearest(digits: Integers) -> Floats:
    """The float nearest to each number, even at a tie: the last loop of CPython's ``math.fsum``.

    Digits are added from the top until one does not fit any more. ``high`` is then the nearest
    float to all added so far and ``low`` the error; the digits that remain, never negative, are
    smaller than any step of ``low`` and so can only decide a tie.
    """
    terms = digits.astype(np.float64)
    terms *= _UNITS[:, np.newaxis]
    high, low = terms[LIMBS], np.zeros_like(terms[0])
    remains = np.zeros(len(low), dtype=bool)
    for limb in reversed(range(LIMBS)):
        term = terms[limb]
        fits = low == 0.0
        remains |= (term != 0.0) > fits
        term *= fits
        total = high + term
        low += term - (total - high)
        high = total
    twice = 2.0 * low
    above = high + twice
    tie = remains & (low > 0.0) & (above - high == twice)
    nearest: Floats = np.where(tie, above, high)
    return nearest
