"""Matrices of integers modulo 2**64: exact products through float64 matrix multiplication, and
random words. What they are shares or masks of is not known here.

An integer is cut into balanced limbs of 22 bits, and rows are taken in blocks, so that every sum of
products of limbs is an integer below 2**53, which float64 holds exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedruntime.crypto.masks import add_mask

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

WORD_BITS = 64
_LIMB = 22
_EXACT = 53  # bits that float64 holds
_BLOCK_BITS = 11


def random_words(key: bytes, shape: tuple[int, ...]) -> Words:
    """The words that a key stands for: the same for the same key, and random to all others.

    Parameters
    ----------
    key : bytes
        32 bytes, which have made no other words.
    shape : tuple of int
    """
    words = np.zeros(int(np.prod(shape)), dtype=np.uint64)
    add_mask(words, key)
    return words.reshape(shape)


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
    total = np.zeros((k, m), dtype=np.uint64)
    for start in range(0, len(a), rows):
        left = _limbs(a[start : start + rows], count)
        right = np.concatenate(_limbs(b[start : start + rows], 3), axis=1)
        for i, limb in enumerate(left):
            # Products of limbs whose places add up to 64 bits or more are zero modulo 2**64.
            products = (limb.T @ right[:, : (3 - i) * m]).astype(np.int64).view(np.uint64)
            for j in range(3 - i):
                total += products[:, j * m : (j + 1) * m] << np.uint64(_LIMB * (i + j))
    return total


def matmul(a: Words, b: Words) -> Words:
    """``a @ b`` modulo 2**64, for shapes (k, n) and (n, m)."""
    return gram(np.ascontiguousarray(a.T), b)


def _limbs(words: Words, count: int) -> list[Floats]:
    """Limbs as floats, the lowest first; the last one takes what is left."""
    rest = words.view(np.int64)
    found = []
    half, mask = np.int64(1 << (_LIMB - 1)), np.int64((1 << _LIMB) - 1)
    for _ in range(count - 1):
        limb = ((rest + half) & mask) - half
        found.append(limb.astype(np.float64))
        rest = (rest - limb) >> np.int64(_LIMB)
    found.append(rest.astype(np.float64))
    return found
