"""Columns as integers in two limbs, so that all products of limbs, summed over the rows, fit into
64 bits: what is computed modulo 2**64 on them is the exact product of the encoded columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedruntime.errors import DataError

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
Extended = npt.NDArray[np.longdouble]

_WIDEST = 26  # twice that is about what a double holds
_NARROWEST = 8
_BLOCK = 2048


def limb_bits(rows: int) -> int:
    """How many bits a limb may have: sums over the rows of products of two stay below 2**62.

    Raises
    ------
    DataError
        If there are so many rows that products would lose their digits.
    """
    bits = min(_WIDEST, (62 - max(rows, 1).bit_length()) // 2)
    if bits < _NARROWEST:
        raise DataError(f"{rows} rows are more than products across columns can be summed over")
    return bits


@dataclass(frozen=True)
class Limbs:
    """Columns of one party, encoded.

    Parameters
    ----------
    words : ndarray of uint64, shape (n, 2 * k)
        The high limbs of all columns, then the low ones, as two's complement.
    exponents : ndarray of int, shape (k,)
        Powers of two by which columns were divided.
    """

    words: Words
    exponents: npt.NDArray[np.int64]


def encode(columns: Floats, bits: int, centre: Floats | None = None) -> Limbs:
    """Encode finite columns of shape (n, k) to ``2 * bits`` bits below their largest magnitude.

    Parameters
    ----------
    centre : ndarray of shape (k,), optional
        What is subtracted from the columns first.
    """
    rows, k = columns.shape
    start_at = np.zeros(k) if centre is None else centre
    highest = columns.max(axis=0, initial=-np.inf) - start_at
    lowest = columns.min(axis=0, initial=np.inf) - start_at
    largest = np.maximum(highest, -lowest)
    exponents = np.frexp(np.where(largest > 0, largest, 0.5))[1].astype(np.int64)
    words = np.empty((rows, 2 * k), dtype=np.int64)
    # Block by block, since fresh memory for all rows would cost more than the arithmetic.
    for rows_of in blocks_of(rows):
        scaled = np.ldexp(columns[rows_of] - start_at, bits - exponents)
        high = np.rint(scaled)
        words[rows_of, :k] = high
        words[rows_of, k:] = np.rint((scaled - high) * 2.0**bits)
    return Limbs(words.view(np.uint64), exponents)


def blocks_of(rows: int) -> Iterator[slice]:
    """Rows in blocks that stay in the cache."""
    return (slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK))


def decode(
    product: Words, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], bits: int
) -> Extended:
    """The product of columns from that of their limbs.

    Parameters
    ----------
    product : ndarray of uint64, shape (2 * k, 2 * m)
    left, right : ndarray of int
        The exponents of the k and m columns.
    """
    limbs = product.view(np.int64).astype(np.longdouble)
    k, m = product.shape[0] // 2, product.shape[1] // 2
    middle = np.ldexp(limbs[:k, m:] + limbs[k:, :m], -bits)
    total = limbs[:k, :m] + (middle + np.ldexp(limbs[k:, m:], -2 * bits))
    shift = np.add.outer(np.asarray(left), np.asarray(right)) - 2 * bits
    return np.asarray(np.ldexp(total, shift))
