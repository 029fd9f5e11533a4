"""Matrices of integers modulo 2**64: exact products through float64 matrix multiplication, and
random words. What they are shares or masks of is not known here.

An integer is cut into balanced limbs of 22 bits, and rows are taken in blocks, so that every sum of
products of limbs is an integer below 2**53, which float64 holds exactly.
"""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from fedruntime.crypto.masks import mask_of, word_stream

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

WORD_BITS = 64
_LIMB = 22
_ABOVE = WORD_BITS - _LIMB
_BLOCK_BITS = 11
_STREAMED = 1 << 13  # rows of random words at a time


def random_words(key: bytes, shape: tuple[int, ...]) -> Words:
    """The words that a key stands for: the same for the same key, and random to all others.

    Parameters
    ----------
    key : bytes
        32 bytes, which have made no other words.
    shape : tuple of int
    """
    return mask_of(key, prod(shape)).reshape(shape)


def gram(a: Words, b: Words, *, bits: int = WORD_BITS) -> Words:
    """``a.T @ b`` modulo 2**64.

    Parameters
    ----------
    a : ndarray of uint64, shape (n, k)
    b : ndarray of uint64, shape (n, m)
    bits : int
        If ``a`` holds signed numbers of at most this many bits, as two's complement: fewer bits
        are less work.

    Returns
    -------
    ndarray of uint64, shape (k, m)

    Raises
    ------
    ValueError
        If the numbers of rows differ.
    """
    if len(a) != len(b):
        raise ValueError(f"matrices of {len(a)} and of {len(b)} rows have no product a.T @ b")
    narrow = bits <= _LIMB + 1
    count = 1 if narrow else min(3, -(-bits // _LIMB))
    # A narrow operand is one limb of up to 22 bits and a sign, in blocks of half as many rows.
    rows = 1 << (_BLOCK_BITS - 1 if narrow else _BLOCK_BITS)
    k, m = a.shape[1], b.shape[1]
    left, right = _Limbs(min(rows, len(a)), k, count), _Limbs(min(rows, len(a)), m, 3)
    total = np.zeros((k, m), dtype=np.uint64)
    for start in range(0, len(a), rows):
        own = left.of(a[start : start + rows])
        other = right.of(b[start : start + rows])
        for i in range(count):
            # Products of limbs whose places add up to 64 bits or more are zero modulo 2**64.
            limb = own[:, i * k : (i + 1) * k]
            products = (limb.T @ other[:, : (3 - i) * m]).astype(np.int64).view(np.uint64)
            for j in range(3 - i):
                total += products[:, j * m : (j + 1) * m] << np.uint64(_LIMB * (i + j))
    return total


def gram_of_random(a: Words, key: bytes, columns: int) -> Words:
    """``a.T @ random_words(key, (n, columns))``, without holding these words."""
    stream = word_stream(key)
    total = np.zeros((a.shape[1], columns), dtype=np.uint64)
    for start in range(0, len(a), _STREAMED):
        block = a[start : start + _STREAMED]
        total += gram(block, stream(len(block) * columns).reshape(-1, columns))
    return total


def matmul(a: Words, b: Words) -> Words:
    """``a @ b`` modulo 2**64, for shapes (k, n) and (n, m)."""
    return gram(np.ascontiguousarray(a.T), b)


class _Limbs:
    """Cuts blocks of words into limbs; the memory for them is taken once."""

    def __init__(self, rows: int, columns: int, count: int) -> None:
        self._count, self._columns = count, columns
        self._floats = np.empty((rows, columns * count))
        self._rest = np.empty((rows, columns), dtype=np.int64)
        self._limb = np.empty((rows, columns), dtype=np.int64)

    def of(self, words: Words) -> Floats:
        """Limbs as floats side by side, the lowest first; the last one takes what is left."""
        rows, columns = words.shape
        rest, limb, floats = self._rest[:rows], self._limb[:rows], self._floats[:rows]
        left: npt.NDArray[np.int64] = words.view(np.int64)
        for place in range(self._count - 1):
            np.left_shift(left, _ABOVE, out=limb)
            np.right_shift(limb, _ABOVE, out=limb)
            floats[:, place * columns : (place + 1) * columns] = limb
            np.subtract(left, limb, out=rest)
            np.right_shift(rest, _LIMB, out=rest)
            left = rest
        floats[:, (self._count - 1) * columns :] = left
        return floats
