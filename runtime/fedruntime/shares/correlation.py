"""Correlated randomness: what a dealer hands to parties so that they can compute on shares.

A *drawn* part is random, and every party draws its share from a key that it has in common with the
dealer. A *derived* part is a function of drawn ones: all but the first party draw their shares, and
the first is given what is missing. So a key a party, and derived parts for one party, is all that
is sent. The dealer learns nothing, as it sees no message of the parties; who it is must not
collude with any of them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.crypto.ring import random_words
from fedruntime.errors import ProtocolError

Words = npt.NDArray[np.uint64]
Unsigned = npt.NDArray[Any]  # unsigned integers of any width
Dealt = Mapping[str, Unsigned]

_WORD_BYTES = 8


@dataclass(frozen=True)
class Part:
    """One array of correlated randomness.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : type
        An unsigned integer.
    bitwise : bool
        Whether shares of it are joined by exclusive or; otherwise they are added.
    """

    name: str
    shape: tuple[int, ...]
    dtype: type[np.unsignedinteger[Any]] = np.uint64
    bitwise: bool = False

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Correlation:
    """What one step of a protocol needs of the dealer.

    Parameters
    ----------
    drawn, derived : tuple of Part
        Each with the widest integers first, so that all are aligned.
    derive : callable
        The derived parts, given the drawn ones.
    """

    drawn: tuple[Part, ...]
    derived: tuple[Part, ...]
    derive: Callable[[Dealt], Dealt]


def dealt_to(correlation: Correlation, key: bytes, given: Unsigned | None = None) -> Dealt:
    """A party's shares.

    Parameters
    ----------
    key : bytes
        32 bytes that this party and the dealer have in common, for this step only.
    given : ndarray of uint8, optional
        At the first party: the derived parts, as ``correct`` gives them.

    Raises
    ------
    ProtocolError
        If what was given has not as many bytes as the parts need.
    """
    derived = _cut(correlation.derived, _derived_stream(correlation, key), given)
    return {**_cut(correlation.drawn, _drawn_stream(correlation, key)), **derived}


def correct(correlation: Correlation, keys: Sequence[bytes]) -> Unsigned:
    """What the dealer gives to the first party: its derived parts, as bytes.

    Parameters
    ----------
    keys : sequence of bytes
        Of all parties, for this step.
    """
    drawn = _joined(
        correlation.drawn, [_cut(correlation.drawn, _drawn_stream(correlation, k)) for k in keys]
    )
    others = [_cut(correlation.derived, _derived_stream(correlation, key)) for key in keys[1:]]
    derived = correlation.derive(drawn)
    missing = []
    for part in correlation.derived:
        left = np.asarray(derived[part.name])
        for other in others:
            combine = np.bitwise_xor if part.bitwise else np.subtract
            combine(left, other[part.name], out=left)
        missing.append(np.ascontiguousarray(left).reshape(-1).view(np.uint8))
    return np.concatenate(missing) if missing else np.zeros(0, dtype=np.uint8)


def step_key(key: bytes, step: int) -> bytes:
    """The key of one step, from that of a party's run of a program."""
    return hmac.digest(key, b"step %d" % step, "sha256")


def _drawn_stream(correlation: Correlation, key: bytes) -> Callable[[], Unsigned]:
    return lambda: _stream(hmac.digest(key, b"drawn", "sha256"), correlation.drawn)


def _derived_stream(correlation: Correlation, key: bytes) -> Callable[[], Unsigned]:
    return lambda: _stream(hmac.digest(key, b"derived", "sha256"), correlation.derived)


def _stream(key: bytes, parts: Sequence[Part]) -> Unsigned:
    needed = sum(part.nbytes for part in parts)
    return random_words(key, (-(-needed // _WORD_BYTES),)).view(np.uint8)


def _cut(
    parts: Sequence[Part], stream: Callable[[], Unsigned], given: Unsigned | None = None
) -> dict[str, Unsigned]:
    if given is not None and len(given) != sum(part.nbytes for part in parts):
        raise ProtocolError("the dealer gave other randomness than this step needs")
    source, start, found = stream() if given is None else given, 0, {}
    for part in parts:
        piece = source[start : start + part.nbytes]
        found[part.name] = piece.view(part.dtype).reshape(part.shape)
        start += part.nbytes
    return found


def _joined(parts: Sequence[Part], shares: Sequence[Dealt]) -> Dealt:
    joined = {}
    for part in parts:
        total = shares[0][part.name]
        combine = np.bitwise_xor if part.bitwise else np.add
        for share in shares[1:]:
            combine(total, share[part.name], out=total)
        joined[part.name] = total
    return joined
