"""Shamir's secret sharing (1979) of 32-byte secrets, many at once: of the holders of shares any
``threshold`` can put the secrets together again, and fewer learn nothing. Who holds which share,
and who may ask for it, is the protocol's business.

A secret is cut into 16 words of 16 bits, each the constant term of a polynomial over the field of
the integers modulo ``PRIME`` = 2**21 - 9. The field is that small because residues from
``-PRIME / 2`` to ``PRIME / 2`` have products below 2**40, of which 8192 add up exactly in float64:
a matrix product of floats is then one of field elements. It is larger than the words because what
is put together from wrong shares, or too few, is a random element, and fails to be a word 31 times
in 32, all 16 times.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from fedruntime.errors import ProtocolError

Secrets = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.uint32]
_Residues = npt.NDArray[np.float64]

PRIME = 2**21 - 9
SECRET_BYTES = 32
MAX_HOLDERS = 2**13

_WORD = np.dtype("<u2")
_WORDS = SECRET_BYTES // _WORD.itemsize
_DRAWN_BITS = 21
_BLOCK = 128  # coefficients that one matrix product evaluates


def share(
    secrets: Secrets,
    holders: int,
    threshold: int,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Shares:
    """Cut secrets into shares.

    Parameters
    ----------
    secrets : ndarray of uint8, shape (m, 32)
    holders : int
        At most ``MAX_HOLDERS``.
    threshold : int
        How many shares put a secret together; from 1 to ``holders``.
    entropy : callable
        Gives as many random bytes as it is asked for. Only tests have reason to replace it.

    Returns
    -------
    ndarray of uint32, shape (holders, m, 16)
        Holder ``i`` has the values of the polynomials at point ``i + 1``.

    Raises
    ------
    ValueError
        If a secret does not have 32 bytes, or the numbers are out of range.
    """
    if secrets.dtype != np.uint8 or secrets.ndim != 2 or secrets.shape[1] != SECRET_BYTES:
        raise ValueError(
            f"secrets to share are {SECRET_BYTES} bytes each, not {secrets.dtype} of shape "
            f"{secrets.shape}"
        )
    if not 1 <= threshold <= holders <= MAX_HOLDERS:
        raise ValueError(
            f"{holders} holders of whom {threshold} are needed: use 1 to {MAX_HOLDERS} holders, "
            "and from 1 to all of them"
        )
    words = np.ascontiguousarray(secrets).view(_WORD).ravel()
    coefficients = np.empty((threshold, len(words)))
    coefficients[0] = words
    coefficients[1:] = _uniform((threshold - 1, len(words)), entropy)
    points = np.arange(1.0, holders + 1)
    values = _evaluate(_centred(coefficients), points)
    return _lifted(values).reshape(holders, len(secrets), _WORDS)


def reconstruct(shares: Shares, points: Sequence[int]) -> Secrets:
    """Put secrets together from the shares of some holders.

    Parameters
    ----------
    shares : ndarray of uint32, shape (t, m, 16)
        Of at least as many holders as the threshold; the same holders for all secrets.
    points : sequence of int
        The holders' points: ``i + 1`` for holder ``i``.

    Returns
    -------
    ndarray of uint8, shape (m, 32)

    Raises
    ------
    ProtocolError
        If there are no shares, a point comes twice or is out of range, the shapes do not fit, or
        the shares do not fit together: one belongs to something else, or there are too few. Of
        such faults 1 in 2**80 goes unnoticed; who must notice what a holder has altered on
        purpose keeps a commitment to the secret.
    """
    if shares.ndim != 3 or shares.shape[2] != _WORDS or len(shares) != len(points):
        raise ProtocolError(
            f"shares of shape {shares.shape} do not fit {len(points)} holders of {_WORDS} words a "
            "secret"
        )
    if shares.dtype != np.uint32 or shares.max(initial=0) >= PRIME:
        raise ProtocolError(f"a share is no unsigned 32-bit number below {PRIME}")
    by_point = weights(points)
    words = _lifted(by_point @ _centred(shares.reshape(len(points), -1).astype(np.float64)))
    if words.max(initial=0) > np.iinfo(_WORD).max:
        raise ProtocolError(
            f"the shares of {len(points)} holders do not fit together: one of them is wrong, or "
            "they are fewer than are needed"
        )
    return words.astype(_WORD).view(np.uint8).reshape(shares.shape[1], SECRET_BYTES)


def weights(points: Sequence[int]) -> npt.NDArray[np.float64]:
    """What the values of a polynomial at some points count for in its constant term (Lagrange).

    Parameters
    ----------
    points : sequence of int

    Returns
    -------
    ndarray of float64, shape (t,)
        Residues from ``-PRIME / 2`` to ``PRIME / 2``.

    Raises
    ------
    ProtocolError
        If there is no point, or one comes twice or is out of range.
    """
    if not points or min(points) < 1 or max(points) > MAX_HOLDERS:
        raise ProtocolError(f"points of shares are one or more numbers from 1 to {MAX_HOLDERS}")
    if len(set(points)) != len(points):
        raise ProtocolError("the share of one holder was given twice")
    at = np.asarray(points, dtype=np.float64)
    factors = at - at[:, np.newaxis]
    np.fill_diagonal(factors, at)
    # The product of x_j / (x_j - x_i) over all j but i; the diagonal brings x_i above and below.
    inverses = [pow(int(divisor), -1, PRIME) for divisor in _product(factors)]
    return _centred(_product(at) * np.array(inverses, dtype=np.float64))


def _uniform(shape: tuple[int, int], entropy: Callable[[int], bytes]) -> npt.NDArray[np.uint32]:
    """Elements of the field, all equally likely: a number beyond it is drawn again."""

    def drawn(count: int) -> npt.NDArray[np.uint32]:
        raw = np.frombuffer(entropy(4 * count), dtype="<u4")
        return (raw >> (32 - _DRAWN_BITS)).astype(np.uint32)

    elements = drawn(shape[0] * shape[1])
    while len(beyond := np.flatnonzero(elements >= PRIME)):
        elements[beyond] = drawn(len(beyond))
    return elements.reshape(shape)


def _evaluate(coefficients: _Residues, points: _Residues) -> _Residues:
    """Values of polynomials, shape (points, polynomials): Horner's rule by blocks of terms."""
    powers = np.ones((len(points), 1))
    step = points[:, np.newaxis]  # points ** powers.shape[1]
    while powers.shape[1] < min(_BLOCK, len(coefficients)):
        powers = np.hstack([powers, _centred(powers * step)])
        step = _centred(step * step)
    block = powers.shape[1]
    values = np.zeros((len(points), coefficients.shape[1]))
    for start in reversed(range(0, len(coefficients), block)):
        terms = coefficients[start : start + block]
        values = _centred(values * step + powers[:, : len(terms)] @ terms)
    return values


def _product(factors: _Residues) -> _Residues:
    """The product along the last axis."""
    while (count := factors.shape[-1]) > 1:
        half = count // 2
        folded = _centred(factors[..., :half] * factors[..., half : 2 * half])
        factors = np.concatenate([folded, factors[..., 2 * half :]], axis=-1)
    return factors[..., 0]


def _centred(numbers: _Residues) -> _Residues:
    """Integers below 2**53 in magnitude as residues below 2**20 in magnitude."""
    quotients = np.rint(numbers * (1.0 / PRIME))
    quotients *= PRIME
    residues: _Residues = numbers - quotients  # exact: all three are integers below 2**53
    return residues


def _lifted(residues: _Residues) -> npt.NDArray[np.uint32]:
    """Residues as integers from 0 to ``PRIME - 1``."""
    centred = _centred(residues)
    return (centred + PRIME * (centred < 0.0)).astype(np.uint32)
