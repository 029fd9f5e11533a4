"""The Gaussian mechanism as it runs at a party: how large the noise is, whose share of it a party
adds, and where its random bits come from.

Statistics and noise lie on one public grid, so that neither rounding nor the gaps between floats
tell anything of the statistic (Mironov 2012): the released number is an integer number of grid
steps, the statistic's own rounded to the grid plus the noise's.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from scipy.special import ndtri

from fedruntime.errors import BudgetError, ProtocolError
from fedruntime.messages import Noise, Release
from fedruntime.operations import Operation, OperationKind, Statistics

Floats = npt.NDArray[np.float64]
Entropy = Callable[[int], bytes]
Scale = float | Mapping[str, Any]

GRID_BITS = 24  # a grid step is at most this many powers of two below the standard deviation
_MOST_STEPS = 2.0**52  # what a float counts without gaps
_FINEST_STEP = 2.0**-100  # well above the last digit that sums are encoded with


def require_private(operation: Operation, release: Release, noise: Noise | None) -> None:
    """Refuse what a privacy budget does not let out: what depends on rows and has no noise.

    Rows that stay, key agreements, and facts pass.

    Raises
    ------
    BudgetError
        Names the operation.
    """
    if release is Release.KEEP:
        return
    if operation.kind is OperationKind.SESSION and not operation.reveals:
        return
    if release is Release.CLEAR:
        if not operation.facts:
            raise BudgetError(
                f"{operation.name!r} tells {operation.reveals or 'values'} in the clear, which a "
                "privacy budget does not allow: there is no private form of it"
            )
    elif noise is None:
        raise BudgetError(
            f"{operation.name!r} would leave without noise, which a privacy budget does not "
            "allow: private are counts, sums, means, variances, histograms, metrics of labels, "
            "squared and absolute errors, and the estimators that `fedmigrate estimators` marks"
        )


def require_facts(operation: Operation, result: Statistics) -> None:
    """Refuse, under a privacy budget, a result that tells more than facts.

    Raises
    ------
    BudgetError
        Names what it tells.
    """
    told = operation.beyond_facts(result) if operation.beyond_facts is not None else ""
    if told:
        raise BudgetError(
            f"{operation.name!r} would tell {told} without noise, which a privacy budget does not "
            "allow"
        )


def scales(operation: Operation, public: Mapping[str, Any], noise: Noise) -> Scale:
    """What one row can change of each statistic: the operation's sensitivity for these arguments.

    Raises
    ------
    BudgetError
        If the operation has no private form.
    ProtocolError
        If mu is not positive and finite, or the operation draws no sample of this rate.
    """
    if not (math.isfinite(noise.mu) and noise.mu > 0.0 and 0.0 < noise.rate <= 1.0):
        raise ProtocolError(f"noise with mu={noise.mu} and rate={noise.rate} is none")
    if noise.rate < 1.0 and not (
        "rate" in operation.parameters and public.get("rate") == noise.rate
    ):
        raise ProtocolError(
            f"{operation.name!r} is to be charged as a sample of {noise.rate:g} of the rows, and "
            "draws none of that rate"
        )
    if operation.sensitivity is None:
        raise BudgetError(
            f"{operation.name!r} has no bound on what one row contributes, so it has no private "
            "form and is not let out under a privacy budget"
        )
    return operation.sensitivity(public)


def shares(parties: int, colluding: int, *, masked: bool) -> int:
    """By how many parties the noise is carried: each adds this part of its variance.

    Parameters
    ----------
    parties : int
        How many are in the sum at least, after all dropouts that it survives.
    colluding : int
        How many of them may subtract their own shares.
    masked : bool
        Whether a party's vector is seen only as part of the sum. If not, it carries all noise.
    """
    return max(1, parties - colluding) if masked else 1


def deviation(scale: Any, mu: float, carried_by: int) -> Floats:
    """The standard deviation of a party's share of the noise, by entry."""
    found: Floats = np.asarray(scale, dtype=np.float64) / (mu * math.sqrt(carried_by))
    if not np.all(np.isfinite(found)) or np.any(found < 0.0):
        raise ProtocolError("a sensitivity is negative, infinite or NaN")
    return found


def released_deviation(scale: Any, mu: float, carried_by: int, parties: int) -> Floats:
    """The standard deviation of the noise in the sum of so many parties."""
    return deviation(scale, mu, carried_by) * math.sqrt(parties)


def add_noise(
    statistics: Statistics,
    scale: Scale,
    mu: float,
    carried_by: int,
    entropy: Entropy = os.urandom,
) -> dict[str, Floats]:
    """A party's statistics with its share of the noise, all on the grid.

    Rounding a party's statistic to the grid can change what one row contributes, by a step an
    entry; the noise is larger by that much.

    Parameters
    ----------
    statistics : mapping
        Sums over this party's rows of what each row contributes.
    scale : float or mapping
        See ``Operation.sensitivity``.
    mu : float
    carried_by : int
        See ``shares``.
    entropy : callable
        ``n -> n random bytes``; the operating system's.

    Raises
    ------
    BudgetError
        If a statistic has no scale, or is so large that the grid has no room for it.
    """
    entries = sum(np.size(value) for value in statistics.values())
    draw = Normals(entropy)
    return {
        name: _on_grid(
            name,
            np.asarray(value, dtype=np.float64),
            np.broadcast_to(_scale_of(name, scale), np.shape(value)),
            mu,
            carried_by,
            entries,
            draw,
        )
        for name, value in statistics.items()
    }


def _scale_of(name: str, scale: Scale) -> Floats:
    if not isinstance(scale, Mapping):
        return np.asarray(scale, dtype=np.float64)
    if name not in scale:
        raise BudgetError(f"statistic {name!r} has no bound on what one row contributes")
    return np.asarray(scale[name], dtype=np.float64)


def _on_grid(
    name: str,
    values: Floats,
    scale: Floats,
    mu: float,
    carried_by: int,
    entries: int,
    draw: Normals,
) -> Floats:
    sigma = deviation(scale, mu, carried_by)
    step = grid_step(sigma)
    if np.any((step > 0.0) & (step < _FINEST_STEP)):
        raise BudgetError(f"statistic {name!r} is bounded too closely: scale the data up")
    # One row moves a rounded entry by up to one step more than the entry itself.
    sigma = deviation(scale + step * math.sqrt(entries), mu, carried_by)
    steps = np.divide(values, step, out=np.zeros_like(values), where=step > 0.0)
    if not np.all(np.abs(steps) < _MOST_STEPS):
        raise BudgetError(
            f"statistic {name!r} is NaN or larger than its bounds and this number of rows allow"
        )
    noise = draw(values.shape) * np.divide(sigma, step, out=np.zeros_like(sigma), where=step > 0.0)
    released: Floats = (np.rint(steps) + np.rint(noise)) * step
    return released


def grid_step(sigma: Floats) -> Floats:
    """The public grid of a statistic: a power of two at most ``2**-GRID_BITS`` sigma."""
    exponent = np.frexp(sigma)[1] - 1 - GRID_BITS
    return np.where(sigma > 0.0, np.ldexp(1.0, exponent), 0.0)


class Normals:
    """Standard normal variates from a cryptographic generator.

    A fresh key of the operating system's randomness drives AES-256 in counter mode; the normal
    quantile function turns its bits into variates. A uniform number in (0, 1/2) is made of 105
    bits, so the tails are there to 11 standard deviations, and a further bit is the sign.

    Parameters
    ----------
    entropy : callable
        ``n -> n random bytes``, asked once for the key.
    """

    def __init__(self, entropy: Entropy = os.urandom) -> None:
        cipher = Cipher(algorithms.AES(entropy(32)), modes.CTR(bytes(16)))
        self._stream = cipher.encryptor()

    def __call__(self, shape: tuple[int, ...]) -> Floats:
        count = math.prod(shape)
        words = np.frombuffer(self._stream.update(bytes(16 * count)), dtype=np.uint64)
        high, low = words[:count], words[count:]
        # 52 bits from one word, refined by 53 of the other: the smaller, the finer.
        fine = ((low >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
        half = ((high >> np.uint64(12)).astype(np.float64) + fine) * 2.0**-53
        variates = ndtri(half)
        negative = (high & np.uint64(1)).astype(bool)
        signed: Floats = np.where(negative, variates, -variates).reshape(shape)
        return signed
