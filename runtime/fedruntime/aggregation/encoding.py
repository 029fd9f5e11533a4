"""The exact encoding: statistics as unsigned 64-bit words whose plain sums over the parties decode
to the correctly rounded sums of the statistics. Words may be masked in between; that is no
concern of this module.

A float becomes the integer nearest to ``x * 2**110``, written as four signed limbs in base 2**48,
least significant first (carry-save: carries are made once, after the sum, so that 2**15 parties
add without loss). An integer becomes one word, in two's complement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.errors import DataError, ProtocolError

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Layout = list[list[Any]]
"""``[name, "float" or "integer", shape]`` for each statistic; JSON, and public."""

MAX_PARTIES = 2**15
FLOAT_LIMIT = 2.0**80
INTEGER_LIMIT = 2**47

_LIMBS = 4
_LIMB_BITS = 48
_LIMB_MASK = (1 << _LIMB_BITS) - 1
_LIMB_BOUND = 1 << (_LIMB_BITS - 1)
# The value of one unit of each limb, and of the carry out of the last: powers of two, thus exact.
_UNITS = np.ldexp(1.0, _LIMB_BITS * np.arange(_LIMBS + 1) - 110)
# What rounds a float to whole units when it is added and subtracted again; see _write_limbs.
_SHIFTS = 1.5 * 2.0**52 * _UNITS[:_LIMBS]
_SHIFT_BITS = _SHIFTS.view(np.int64)
_BLOCK = 8192  # values at a time, so that all intermediate results stay in the cache


def encode(values: Floats, *, name: str) -> Words:
    """Encode floats exactly; what lies below 2**-110 is rounded to nearest.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    name : str
        The statistic, for errors.

    Returns
    -------
    ndarray of uint64, shape (n, 4)
        Limbs, least significant first.

    Raises
    ------
    DataError
        If a value is NaN, infinite, or not below 2**80 in magnitude. The message names statistic
        and entry, never the value: it may leave the party.
    """
    _check_floats(values, name)
    limbs = np.empty((_LIMBS, len(values)), dtype=np.uint64)
    _write_limbs(values, limbs)
    by_value: Words = limbs.T
    return by_value


def decode(limb_sums: Words, parties: int) -> Floats:
    """The sum of the encoded values, rounded once to nearest even.

    Parameters
    ----------
    limb_sums : ndarray of uint64, shape (n, 4)
        The sum, modulo 2**64, of what ``encode`` gave at each party.
    parties : int
        How many were added, at most ``MAX_PARTIES``.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    DataError
        If there are more parties than sums have room for.
    ProtocolError
        If no values of so many parties add up to this: a vector is missing, was counted twice,
        or its masks did not cancel.
    """
    return _read_limbs(np.ascontiguousarray(limb_sums.T), parties)


def encode_integers(values: npt.NDArray[Any], *, name: str) -> Words:
    """Encode integers or booleans, one word each.

    Parameters
    ----------
    values : ndarray of any integer or boolean dtype, shape (n,)
    name : str
        The statistic, for errors.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Raises
    ------
    DataError
        If a value is not below 2**47 in magnitude, which leaves room for 2**15 parties.
    """
    _check_integers(values, name)
    return values.astype(np.int64).view(np.uint64)


def decode_integers(sums: Words, parties: int) -> Integers:
    """The exact sum of the encoded integers. Parameters and errors are those of ``decode``."""
    totals = sums.astype(np.int64)
    _check_reachable(totals, parties)
    return totals


def pack(statistics: Mapping[str, npt.ArrayLike]) -> tuple[Words, Layout]:
    """Encode named statistics into one vector.

    Parameters
    ----------
    statistics : mapping of str to array or scalar
        Floats of any width and integers or booleans, of any shape.

    Returns
    -------
    vector : ndarray of uint64, shape (4 * floats + integers,)
        The limbs of all floats, then all integers.
    layout : Layout
        What ``unpack`` needs; equal at all parties that may be added.

    Raises
    ------
    DataError
        If a value cannot be encoded (see ``encode``), or a statistic does not hold numbers.
    """
    layout: Layout = []
    arrays: dict[str, list[npt.NDArray[Any]]] = {"float": [], "integer": []}
    for name, statistic in statistics.items():
        array = np.asarray(statistic)
        kind = _kind(array, name)
        flat = array.ravel()
        if kind == "float":
            flat = flat.astype(np.float64, copy=False)
            _check_floats(flat, name)
        else:
            _check_integers(flat, name)
        arrays[kind].append(flat)
        layout.append([name, kind, list(array.shape)])
    floats, integers = _sizes(layout)
    vector = np.empty(_LIMBS * floats + integers, dtype=np.uint64)
    if floats:
        _write_limbs(
            np.concatenate(arrays["float"]), vector[: _LIMBS * floats].reshape(_LIMBS, floats)
        )
    if integers:
        np.concatenate(
            arrays["integer"], out=vector[_LIMBS * floats :].view(np.int64), casting="unsafe"
        )
    return vector, layout


def unpack(vector_sum: Words, layout: Layout, parties: int) -> dict[str, npt.NDArray[Any]]:
    """The sum of each statistic over the parties.

    Parameters
    ----------
    vector_sum : ndarray of uint64, shape (n,)
        The sum, modulo 2**64, of the parties' vectors.
    layout : Layout
        What ``pack`` gave with each of them.
    parties : int
        How many were added.

    Returns
    -------
    dict of str to ndarray
        float64 or int64, in the order and the shapes of the layout; scalars are 0-d arrays.

    Raises
    ------
    DataError, ProtocolError
        As ``decode``; also if vector and layout differ in length.
    """
    floats, integers = _sizes(layout)
    if vector_sum.shape != (_LIMBS * floats + integers,):
        raise ProtocolError(
            f"a vector of shape {vector_sum.shape} does not fit its layout of {floats} floats "
            f"and {integers} integers"
        )
    limb_sums = vector_sum[: _LIMBS * floats].reshape(_LIMBS, floats)
    totals: dict[str, npt.NDArray[Any]] = {
        "float": _read_limbs(limb_sums, parties),
        "integer": decode_integers(vector_sum[_LIMBS * floats :], parties),
    }
    taken = dict.fromkeys(totals, 0)
    statistics = {}
    for name, kind, shape in layout:
        start, size = taken[kind], math.prod(shape)
        statistics[name] = totals[kind][start : start + size].reshape(shape)
        taken[kind] += size
    return statistics


def _kind(array: npt.NDArray[Any], name: str) -> str:
    if array.dtype.kind == "f":
        return "float"
    if array.dtype.kind in "biu":
        return "integer"
    raise DataError(
        f"statistic {name!r} cannot be summed: its entries are of type {array.dtype}; "
        "sums take floats, integers and booleans"
    )


def _sizes(layout: Layout) -> tuple[int, int]:
    sizes = {"float": 0, "integer": 0}
    for name, kind, shape in layout:
        if kind not in sizes:
            raise ProtocolError(f"statistic {name!r} is laid out as unknown kind {kind!r}")
        sizes[kind] += math.prod(shape)
    return sizes["float"], sizes["integer"]


def _check_floats(values: Floats, name: str) -> None:
    # NaN passes through min and max and fails both comparisons.
    if values.min(initial=0.0) > -FLOAT_LIMIT and values.max(initial=0.0) < FLOAT_LIMIT:
        return
    index = int(np.flatnonzero(~(np.abs(values) < FLOAT_LIMIT))[0])
    if np.isnan(values[index]):
        fault, advice = "is NaN", "look for missing values in the columns that enter it"
    elif np.isinf(values[index]):
        fault, advice = "is infinite", "look for infinities and overflow in the columns behind it"
    else:
        fault, advice = "has a magnitude of 2**80 (about 1.2e24) or more", "scale the data down"
    raise DataError(f"statistic {name!r} cannot be summed: entry {index} {fault}; {advice}")


def _check_integers(values: npt.NDArray[Any], name: str) -> None:
    # Python integers compare the dtypes' whole ranges without wrapping.
    if values.size == 0 or max(-int(values.min()), int(values.max())) < INTEGER_LIMIT:
        return
    outside = (values >= INTEGER_LIMIT) | (values <= -INTEGER_LIMIT)
    index = int(np.flatnonzero(outside)[0])
    raise DataError(
        f"statistic {name!r} cannot be summed: entry {index} has a magnitude of 2**47 (about "
        "1.4e14) or more; sum it as a float, or scale the data down"
    )


def _check_reachable(totals: Integers, parties: int) -> None:
    if not 1 <= parties <= MAX_PARTIES:
        raise DataError(f"a sum over {parties} parties: it has room for 1 to {MAX_PARTIES}")
    bound = parties * _LIMB_BOUND
    if totals.min(initial=0) < -bound or totals.max(initial=0) > bound:
        raise ProtocolError(
            f"the sum is larger than {parties} parties can make it: a vector is missing, was "
            "counted twice, or its masks did not cancel; run the round again"
        )


def _write_limbs(values: Floats, limbs: Words) -> None:
    """Cut each value into limbs, from the most significant down; limbs has shape (4, n).

    Adding ``1.5 * 2**52`` units rounds a float to whole units, and leaves their number in the low
    bits of its significand (ExtractVector of Rump, Ogita and Oishi 2008, algorithm 3.3). The
    remainder is exact, and at most half a unit, so every limb is at most 2**47 in magnitude.
    """
    signed = limbs.view(np.int64)
    for start in range(0, len(values), _BLOCK):
        block = slice(start, start + _BLOCK)
        remainder = values[block].copy()
        shifted = np.empty_like(remainder)
        bits = shifted.view(np.int64)
        for limb in reversed(range(_LIMBS)):
            np.add(remainder, _SHIFTS[limb], out=shifted)
            np.subtract(bits, _SHIFT_BITS[limb], out=signed[limb, block])
            if limb:
                shifted -= _SHIFTS[limb]
                remainder -= shifted


def _read_limbs(limb_sums: Words, parties: int) -> Floats:
    signed = limb_sums.view(np.int64)
    _check_reachable(signed, parties)
    values = np.empty(signed.shape[1])
    for start in range(0, len(values), _BLOCK):
        block = slice(start, start + _BLOCK)
        values[block] = _nearest(_carried(signed[:, block]))
    return values


def _carried(limb_sums: Integers) -> Integers:
    """The same numbers in digits from 0 to 2**48 - 1, and a signed fifth for the carry."""
    digits = np.zeros((_LIMBS + 1, limb_sums.shape[1]), dtype=np.int64)
    digits[:_LIMBS] = limb_sums
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
    high, low = terms[_LIMBS], np.zeros_like(terms[0])
    remains = np.zeros(len(low), dtype=bool)
    for limb in reversed(range(_LIMBS)):
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
