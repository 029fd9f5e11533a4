"""Masks: an AES-256-CTR key stream added to, or subtracted from, a vector modulo 2**64. Of the two
parties that share a key one adds and the other subtracts, so that the sum of both is free of it.

The counter starts at zero for every key. That is safe because a key makes exactly one stream:
``keys.round_key`` gives each pair of parties another key each round. Masking two vectors with
one key would reveal their difference.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from fedruntime.crypto.keys import KEY_BYTES

_WORD = np.dtype("<u8")  # the parties of a pair may differ in byte order
_CIPHER_BLOCK = 16
_BLOCK_WORDS = 16384  # 128 kB: key stream and vector block both stay in the second-level cache
_ZEROS = memoryview(bytes(_BLOCK_WORDS * _WORD.itemsize))
_FIRST_COUNTER = bytes(_CIPHER_BLOCK)


def add_mask(vector: npt.NDArray[np.uint64], key: bytes) -> None:
    """Add a key's mask to a vector in place, modulo 2**64.

    Parameters
    ----------
    vector : ndarray of uint64, shape (n,)
        What is to be hidden.
    key : bytes
        32 bytes that have masked nothing before.

    Raises
    ------
    TypeError
        If the vector is not one-dimensional uint64; adding to any other would not hide it.
    ValueError
        If the key does not have 32 bytes.
    """
    for block, mask in _blocks(vector, key):
        np.add(block, mask, out=block)


def subtract_mask(vector: npt.NDArray[np.uint64], key: bytes) -> None:
    """Subtract a key's mask from a vector in place: undoes ``add_mask`` with the same key.

    Parameters and errors are those of ``add_mask``.
    """
    for block, mask in _blocks(vector, key):
        np.subtract(block, mask, out=block)


def _blocks(
    vector: npt.NDArray[np.uint64], key: bytes
) -> Iterator[tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]]:
    """Each block of the vector with its part of the key stream, which the next block overwrites."""
    if vector.dtype != np.uint64 or vector.ndim != 1:
        raise TypeError(
            f"a mask needs a one-dimensional uint64 vector, not {vector.dtype} of shape "
            f"{vector.shape}: encode the statistics first"
        )
    if len(key) != KEY_BYTES:
        raise ValueError(f"a mask key has {KEY_BYTES} bytes, not {len(key)}")
    stream = Cipher(AES(key), CTR(_FIRST_COUNTER)).encryptor()
    words = min(len(vector), _BLOCK_WORDS)
    # Older versions of cryptography want room for one cipher block more than is written.
    room = bytearray(words * _WORD.itemsize + _CIPHER_BLOCK)
    mask = np.frombuffer(room, dtype=_WORD, count=words)
    for start in range(0, len(vector), _BLOCK_WORDS):
        block = vector[start : start + _BLOCK_WORDS]
        stream.update_into(_ZEROS[: block.nbytes], room)
        yield block, mask[: len(block)]
