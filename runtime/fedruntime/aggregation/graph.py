"""Who shares masks with whom where a sum survives dropouts, and how many of them it takes to open
a share: all pairs up to 50 parties, above that the random regular graph of Bell et al. 2020.

Pure functions of public numbers and of a public seed: the coordinator and every party compute
them for themselves.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import hypergeom

from fedruntime.errors import SettingsError

CORRUPT = 0.1
DROPOUT = 0.1
COMPLETE = 50
_SECURITY_BITS = 40
_CORRECTNESS_BITS = 30


@dataclass(frozen=True)
class Neighbourhood:
    """How large each party's neighbourhood is.

    Parameters
    ----------
    degree : int
        Neighbours of a party. It and they hold the shares of its secrets, ``degree + 1`` in all.
    threshold : int
        How many of these shares open a secret.
    """

    degree: int
    threshold: int


@lru_cache(maxsize=64)
def neighbourhood(parties: int, *, corrupt: float, dropout: float) -> Neighbourhood:
    """The smallest neighbourhood that is safe and survives what it is meant to survive.

    Of the ``h`` holders of a party's shares let at most ``c`` collude with the coordinator, and
    let at least ``s`` remain. The threshold ``t`` then satisfies

    - ``t > c``: those who collude cannot open a share by themselves;
    - ``2 t > h + c``: nor can the coordinator open both the seed and the mask key of one party by
      telling one half of the honest holders that it survived and the other half that it did not:
      with the shares of those who collude it would need ``2 (t - c)`` honest answers, and there
      are only ``h - c``;
    - ``t <= s``: a sum comes out.

    Among all pairs ``c`` and ``s`` are plain counts, and the smallest safe threshold is taken. In
    the regular graph neighbours are random and the numbers are quantiles of the hypergeometric
    distribution: with probability 1 - 2**-40 no party has more than ``c`` colluding neighbours,
    and with probability 1 - 2**-30 none has fewer than ``s`` that remain.

    Parameters
    ----------
    parties : int
        At least 2.
    corrupt : float
        Share of all parties that may collude with the coordinator.
    dropout : float
        Share of all parties that may vanish in one round.

    Raises
    ------
    SettingsError
        If a share is out of range, or no threshold satisfies all three.
    """
    for name, share in (("corrupt", corrupt), ("dropout", dropout)):
        if not 0.0 <= share < 1.0:
            raise SettingsError(f"{name} = {share} is no share of the parties: use 0 to below 1")
    if parties < 2:
        raise SettingsError("a sum that survives dropouts needs at least 2 parties")
    if parties <= COMPLETE:
        vanished = math.floor(dropout * parties)
        threshold = _majority(parties, _colluding(parties, corrupt))
        if threshold <= parties - vanished:
            return Neighbourhood(parties - 1, threshold)
        raise SettingsError(_unsafe(parties, corrupt, dropout))
    for degree in range(2, parties, 2):  # a circle has as many neighbours on either side
        lowest, highest = thresholds(parties, degree, corrupt=corrupt, dropout=dropout)
        threshold = _majority(degree + 1, lowest - 1)
        if threshold <= highest:
            return Neighbourhood(degree, threshold)
    raise SettingsError(_unsafe(parties, corrupt, dropout))


def thresholds(parties: int, degree: int, *, corrupt: float, dropout: float) -> tuple[int, int]:
    """The least threshold that is safe against those who collude, and the greatest that survives.

    The semi-honest conditions of Bell et al. 2020, section 4: the tails of the hypergeometric
    distribution of colluding and of vanished parties among ``degree`` random neighbours, summed
    over all parties.

    Parameters
    ----------
    parties, degree : int
    corrupt, dropout : float
        Shares of all parties.

    Returns
    -------
    lowest, highest : int
        No threshold will do where ``lowest`` exceeds ``highest``.
    """
    counts = np.arange(degree + 1)
    others = parties - 1
    colluding = hypergeom.sf(counts, others, math.floor(corrupt * parties), degree) * parties
    vanished = hypergeom.sf(counts, others, math.floor(dropout * parties), degree) * parties
    most_colluding = int(np.argmax(colluding <= 2.0**-_SECURITY_BITS))
    most_vanished = int(np.argmax(vanished <= 2.0**-_CORRECTNESS_BITS))
    return most_colluding + 1, degree - most_vanished


def neighbours(parties: Sequence[str], degree: int, seed: bytes) -> Mapping[str, tuple[str, ...]]:
    """Each party's neighbours, sorted by name.

    The parties are put on a circle in an order drawn from the seed; each is joined with the
    ``degree / 2`` next to it on either side (Bell et al. 2020, algorithm 1).

    Parameters
    ----------
    parties : sequence of str
    degree : int
        Even, or one less than there are parties.
    seed : bytes
        What the order is drawn from: public, and the same for all.
    """
    return _neighbours(tuple(sorted(parties)), degree, seed)


@lru_cache(maxsize=8)  # simulated parties draw the same graph, one after the other
def _neighbours(
    parties: tuple[str, ...], degree: int, seed: bytes
) -> Mapping[str, tuple[str, ...]]:
    if degree >= len(parties) - 1:
        return {party: tuple(p for p in parties if p != party) for party in parties}
    circle = sorted(parties, key=lambda party: hmac.digest(seed, party.encode(), hashlib.sha256))
    steps = [*range(-(degree // 2), 0), *range(1, degree // 2 + 1)]
    return {
        party: tuple(sorted(circle[(place + step) % len(circle)] for step in steps))
        for place, party in enumerate(circle)
    }


def _colluding(parties: int, corrupt: float) -> int:
    """How many may collude. One at least, except among three, where a sum that misses one party
    is over two, and one of them can subtract its own part from it anyway."""
    return max(math.floor(corrupt * parties), int(corrupt > 0.0 and parties > 3))


def _majority(holders: int, colluding: int) -> int:
    return (holders + colluding) // 2 + 1


def _unsafe(parties: int, corrupt: float, dropout: float) -> str:
    return (
        f"no sum over {parties} parties is safe when {corrupt:.0%} of them may collude with the "
        f"coordinator and {dropout:.0%} may vanish: shares must not open for less than "
        f"{(1 + corrupt) / 2:.0%} of their holders, or both halves of a party's masks could be "
        f"had, and only {1 - dropout:.0%} are sure to answer; lower one of the two"
    )
