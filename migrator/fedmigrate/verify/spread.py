"""Whether two groups of runs differ by more than their draws: an exact permutation test.

The groups are runs of the original and of the conversion under the same seeds, the distance of two
runs is that of a score, a printed line or a fit. The statistic is the energy distance of Szekely
and Rizzo (2013), which takes numbers, vectors and texts alike; its distribution comes from every
way to deal the runs to two groups of that size, so that nothing is drawn here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

FARTHER = 2.0
MOST_SEEDS = 8  # so many runs of each can be dealt in 12870 ways


@dataclass(frozen=True)
class Spread:
    """How far runs of the original lie from one another, and those of the conversion from them.

    Parameters
    ----------
    seeds : int
        Runs of each.
    within, between : float
        Mean distance of two runs of the original, and of one of each.
    apart : bool
        Whether no other way to deal the runs to two groups sets these further apart.
    """

    seeds: int
    within: float
    between: float
    apart: bool

    @property
    def beyond(self) -> bool:
        """Whether the conversion differs by more than its draws."""
        return self.apart and self.between > FARTHER * self.within


def false_alarms(seeds: int) -> float:
    """How often one value of two groups of one distribution is said to differ, at most."""
    return 2 / comb(2 * seeds, seeds)


def spread(distances: Any) -> Spread:
    """The spread of runs of the original, which come first, and as many of the conversion.

    Parameters
    ----------
    distances : array of shape (2 * seeds, 2 * seeds)
        Symmetric, zero on the diagonal.
    """
    seeds = len(distances) // 2
    # One half of the ways: the others only exchange the names of the groups.
    ways = [group for group in combinations(range(2 * seeds), seeds) if group[0] == 0]
    dealt = np.zeros((len(ways), 2 * seeds))
    for row, group in enumerate(ways):
        dealt[row, list(group)] = 1
    other = 1 - dealt
    energy = (
        2 * np.einsum("wi,ij,wj->w", dealt, distances, other, optimize=True)
        - np.einsum("wi,ij,wj->w", dealt, distances, dealt, optimize=True)
        - np.einsum("wi,ij,wj->w", other, distances, other, optimize=True)
    )
    rest = energy[1:].max(initial=0.0)
    return Spread(
        seeds,
        float(distances[:seeds, :seeds].sum() / max(seeds * (seeds - 1), 1)),
        float(distances[:seeds, seeds:].mean()),
        len(ways) > 1 and bool(energy[0] > rest * (1 + 1e-9)),
    )
