"""Statistics as one vector of unsigned 64-bit words, whose plain sums over the parties decode to
the sums of the statistics. Words may be masked in between; that is no concern of this module.

Floats take four words a value and come back correctly rounded (``limbs``); integers, and floats
that are marked as ``Scaled``, take one (``words``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation import limbs
from fedruntime.aggregation.words import (
    Floats,
    Scaled,
    Words,
    check_scaled,
    decode_integers,
    decode_scaled,
    encode_integers,
    encode_scaled,
    in_range,
)
from fedruntime.errors import DataError, ProtocolError

Layout = list[list[Any]]
"""``[name, kind, shape]`` for each statistic, and for a scaled one its exponent; JSON, and public.

Kinds are ``"float"``, ``"integer"`` and ``"scaled"``.
"""

_WORDS_A_VALUE = {"float": limbs.LIMBS, "integer": 1, "scaled": 1}  # in the order of the vector


def pack(statistics: Mapping[str, npt.ArrayLike]) -> tuple[Words, Layout]:
    """Encode named statistics into one vector.

    Parameters
    ----------
    statistics : mapping of str to array or scalar
        Floats of any width, scaled floats, and integers or booleans, of any shape.

    Returns
    -------
    vector : ndarray of uint64, shape (4 * floats + integers + scaled floats,)
        The limbs of all floats, then all integers, then all scaled floats.
    layout : Layout
        What ``unpack`` needs; equal at all parties that may be added.

    Raises
    ------
    DataError
        If a value is NaN, infinite, or too large for its form, or a statistic does not hold
        numbers. The message names statistic and entry, never the value: it may leave the party.
    """
    layout: Layout = []
    floats: list[Floats] = []
    integers: list[Words] = []
    scaled: list[tuple[Floats, int]] = []
    for name, statistic in statistics.items():
        array = np.asarray(statistic)
        values, shape = array.ravel(), list(array.shape)
        if isinstance(statistic, Scaled):
            scaled.append((_as_floats(values, name), statistic.exponent))
            check_scaled(*scaled[-1], name)
            layout.append([name, "scaled", shape, statistic.exponent])
        elif array.dtype.kind in "biu":
            integers.append(encode_integers(values, name=name))
            layout.append([name, "integer", shape])
        else:
            floats.append(_as_floats(values, name))
            limbs.check_floats(floats[-1], name)
            layout.append([name, "float", shape])
    sizes = _sizes(layout)
    vector = np.empty(_length(sizes), dtype=np.uint64)
    regions = _regions(vector, sizes)
    if floats:
        limbs.encode(np.concatenate(floats), regions["float"].reshape(limbs.LIMBS, -1))
    if integers:
        np.concatenate(integers, out=regions["integer"])
    start = 0
    for values, exponent in scaled:
        encode_scaled(values, exponent, regions["scaled"][start : start + len(values)])
        start += len(values)
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
        How many were added, at most ``MAX_PARTIES``.

    Returns
    -------
    dict of str to ndarray
        float64 or int64, in the order and the shapes of the layout; scalars are 0-d arrays.

    Raises
    ------
    DataError
        If there are more parties than sums have room for.
    ProtocolError
        If no statistics of so many parties add up to this: a vector is missing, was counted
        twice, or its masks did not cancel. Also if vector and layout do not fit together.
    """
    sizes = _sizes(layout)
    if vector_sum.shape != (_length(sizes),):
        counts = ", ".join(f"{size} {kind}" for kind, size in sizes.items())
        raise ProtocolError(
            f"a vector of shape {vector_sum.shape} does not fit its layout of {counts} values"
        )
    regions = _regions(vector_sum, sizes)
    totals: dict[str, npt.NDArray[Any]] = {
        "float": limbs.decode(regions["float"].reshape(limbs.LIMBS, -1), parties),
        "integer": decode_integers(regions["integer"], parties),
        "scaled": regions["scaled"],
    }
    taken = dict.fromkeys(totals, 0)
    statistics = {}
    for name, kind, shape, *exponent in layout:
        start, size = taken[kind], math.prod(shape)
        total = totals[kind][start : start + size].reshape(shape)
        statistics[name] = decode_scaled(total, exponent[0], parties) if exponent else total
        taken[kind] += size
    return statistics


def _as_floats(values: npt.NDArray[Any], name: str) -> Floats:
    if values.dtype.kind not in "fbiu":
        raise DataError(
            f"statistic {name!r} cannot be summed: its entries are of type {values.dtype}; "
            "sums take floats, integers and booleans"
        )
    return values.astype(np.float64, copy=False)


def _sizes(layout: Layout) -> dict[str, int]:
    """How many values there are of each kind."""
    sizes = dict.fromkeys(_WORDS_A_VALUE, 0)
    for name, kind, shape, *exponent in layout:
        if kind not in sizes:
            raise ProtocolError(f"statistic {name!r} is laid out as unknown kind {kind!r}")
        if len(exponent) != (kind == "scaled") or not all(map(in_range, exponent)):
            raise ProtocolError(f"statistic {name!r} is laid out with wrong exponents {exponent}")
        sizes[kind] += math.prod(shape)
    return sizes


def _length(sizes: Mapping[str, int]) -> int:
    return sum(_WORDS_A_VALUE[kind] * size for kind, size in sizes.items())


def _regions(vector: Words, sizes: Mapping[str, int]) -> dict[str, Words]:
    """The part of a vector that the words of each kind take."""
    regions, start = {}, 0
    for kind, size in sizes.items():
        end = start + _WORDS_A_VALUE[kind] * size
        regions[kind] = vector[start:end]
        start = end
    return regions
