"""Masks: AES-256-CTR key streams added to, or subtracted from, a vector modulo 2**64. Of the two
parties that share a key one adds and the other subtracts, so that the sum of both is free of it.

The counter starts at zero for every key. That is safe because a key makes exactly one stream:
each pair of parties has another key each round. Masking two vectors with one key would reveal
their difference.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import chain, repeat

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from fedruntime.crypto.keys import KEY_BYTES

Vector = npt.NDArray[np.uint64]

_WORD = np.dtype("<u8")  # the parties of a pair may differ in byte order
_CIPHER_BLOCK = 16
_CACHE_LINE = 64
# 128 kB: block, key stream and zeros stay in the second-level cache together, and the cost of the
# calls is small against theirs.
_BLOCK_WORDS = 16384
_ZEROS = memoryview(bytes(_BLOCK_WORDS * _WORD.itemsize))
_FIRST_COUNTER = CTR(bytes(_CIPHER_BLOCK))


def add_mask(vector: Vector, key: bytes) -> None:
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
    apply_masks(vector, add=[key])


def subtract_mask(vector: Vector, key: bytes) -> None:
    """Subtract a key's mask from a vector in place: undoes ``add_mask`` with the same key.

    Parameters and errors are those of ``add_mask``.
    """
    apply_masks(vector, subtract=[key])


def apply_masks(
    vector: Vector, *, add: Sequence[bytes] = (), subtract: Sequence[bytes] = ()
) -> None:
    """Add and subtract the masks of many keys in place, modulo 2**64.

    All masks go over one block of the vector before the next, so that a long vector passes
    through memory once, however many keys there are.

    Parameters
    ----------
    vector : ndarray of uint64, shape (n,)
    add, subtract : sequence of bytes
        Keys of 32 bytes each.

    Raises
    ------
    TypeError, ValueError
        As ``add_mask``; the vector is then as it was.
    """
    if vector.dtype != np.uint64 or vector.ndim != 1:
        raise TypeError(
            f"a mask needs a one-dimensional uint64 vector, not {vector.dtype} of shape "
            f"{vector.shape}: encode the statistics first"
        )
    for key in chain(add, subtract):
        _require_key(key)
    streams = [
        (Cipher(AES(key), _FIRST_COUNTER).encryptor().update_into, combine)
        for key, combine in chain(zip(add, repeat(np.add)), zip(subtract, repeat(np.subtract)))
    ]
    room = _room.stream
    for start in range(0, len(vector), _BLOCK_WORDS):
        block = vector[start : start + _BLOCK_WORDS]
        zeros, mask = _ZEROS[: block.nbytes], _room.words[: len(block)]
        for write_stream, combine in streams:
            write_stream(zeros, room)
            combine(block, mask, out=block)


def mask_of(key: bytes, words: int) -> Vector:
    """A key's mask itself: what ``add_mask`` adds to a vector of so many words.

    Raises
    ------
    ValueError
        If the key does not have 32 bytes.
    """
    _require_key(key)
    # Older versions of cryptography want room for one cipher block more than is written.
    raw = np.empty(words * _WORD.itemsize + _CIPHER_BLOCK, dtype=np.uint8)
    write_stream = Cipher(AES(key), _FIRST_COUNTER).encryptor().update_into
    room, end = raw.data, words * _WORD.itemsize
    for start in range(0, end, len(_ZEROS)):
        size = min(len(_ZEROS), end - start)
        write_stream(_ZEROS[:size], room[start : start + size + _CIPHER_BLOCK])
    return raw[:end].view(_WORD).astype(np.uint64, copy=False)


def _require_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a mask key has {KEY_BYTES} bytes, not {len(key)}")


def word_stream(key: bytes) -> Callable[[int], Vector]:
    """The words of a key's mask, as many at a time as are asked for.

    Parameters
    ----------
    key : bytes
        32 bytes.

    Raises
    ------
    ValueError
        If the key does not have 32 bytes.
    """
    _require_key(key)
    write = Cipher(AES(key), _FIRST_COUNTER).encryptor().update

    def words(count: int) -> Vector:
        return np.frombuffer(write(bytes(count * _WORD.itemsize)), dtype=_WORD).astype(
            np.uint64, copy=False
        )

    return words


class _Room(threading.local):
    """Where a thread writes its key streams, block after block; made once, and aligned."""

    def __init__(self) -> None:
        stream_bytes = _BLOCK_WORDS * _WORD.itemsize
        # Older versions of cryptography want room for one cipher block more than is written.
        raw = np.empty(stream_bytes + _CIPHER_BLOCK + _CACHE_LINE, dtype=np.uint8)
        aligned = raw[-raw.ctypes.data % _CACHE_LINE :]
        self.words = aligned[:stream_bytes].view(_WORD)
        self.stream = aligned[: stream_bytes + _CIPHER_BLOCK].data


_room = _Room()
