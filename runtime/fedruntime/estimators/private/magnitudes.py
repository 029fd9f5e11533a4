"""Where the values of a column lie, to about half a power of two: a noisy histogram a column, with
public bins that double in width away from zero, and the bell curve that explains it best. Where
there are rows enough, up to three more looks go closer, each from the centre that was found last.

Every row falls into one bin a column, so the histograms of p columns together move by at most the
root of p, however large the values are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from fedruntime.cohort import Cohort
from fedruntime.estimators.private.bounded_rows import Scales, as_numbers
from fedruntime.estimators.private.purse import surplus
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_LOWEST, _HIGHEST = -30, 40  # powers of two; smaller values count as zero, larger as the largest
_BINS = 2 * (_HIGHEST - _LOWEST) + 1
_USUAL_OCTAVES = (6.0, 2.0)  # how far from 1 magnitudes usually are, at first and later looks
_USUAL_RATIO = 2.0  # the same of the octaves between magnitude and spread
_SURE = 0.9  # the posterior mass up to the magnitude that is taken
_PARTS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)  # of a column's rows in the second of two bells
_NARROW = 0.125  # how narrow one value's bell is, in units of the spread of both
_DOUBT = 4.0  # by how much two bells have to be likelier than one, as a logarithm
_MISFIT = 0.1  # the share of a bin's count that may come from not being a bell curve
_CANDIDATES = 40.0  # about how many bells a column's histogram tells apart
_MOST_LOOKS = 4
_FROM_WITHIN = 0.6  # how clear a bell is whose bins are counted from its own centre
_MISS = 1e-3  # of all columns, by a look that could have been done without
_PEAK = 0.35  # the share of a column's rows that matches its bell, in units of one bin's noise


def _columns_root(public: Mapping[str, Any]) -> float:
    return math.sqrt(len(public["which"]))


@party_op("private_fit.magnitudes", sensitivity=_columns_root)
def magnitude_counts(
    X: Any, which: list[int], columns: int, centre: Floats, scale: Floats
) -> Statistics:
    """How many values of some columns lie in each bin; a missing one in none."""
    counts = np.zeros((len(which), _BINS))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = (as_numbers(X, columns) - centre) / scale
    for row, number in enumerate(dict.fromkeys(which)):
        present = values[~np.isnan(values[:, number]), number]
        counts[row] = np.bincount(_bins(present), minlength=_BINS)
    return {"counts": counts}


def _bins(values: Floats) -> npt.NDArray[np.int64]:
    """The position of each value's bin; zero is in the middle."""
    mantissa, exponent = np.frexp(np.abs(values))
    octave = np.where(np.isinf(mantissa), _HIGHEST, exponent - 1)
    octave = np.where(mantissa == 0.0, _LOWEST - 1, octave)
    rank = np.clip(octave, _LOWEST - 1, _HIGHEST - 1) - _LOWEST + 1
    return np.asarray(_HIGHEST - _LOWEST + np.where(values < 0, -rank, rank), dtype=np.int64)


def magnitudes(cohort: Cohort, name: str, which: list[int], mu: float) -> Scales:
    """Centres and scales of some columns, to about a third of a scale and half an octave.

    Parameters
    ----------
    cohort : Cohort
    name : str
        Which rows: ``X`` or ``y``.
    which : list of int
        The columns.
    mu : float
        What it may cost.
    """
    rows = cohort[name]
    only = cohort.only(X=rows)
    columns = int(rows.shape[1]) if rows.ndim == 2 else 1
    public: dict[str, Any] = {"which": which, "columns": columns}
    centre, scale, settled = np.zeros(columns), np.ones(columns), np.zeros(columns, dtype=bool)
    looks = _looks(len(rows), len(which), mu, surplus(cohort))
    for look in range(looks):
        public |= {"centre": centre.copy(), "scale": scale.copy()}
        each = mu / math.sqrt(looks)
        deviation = float(only.noise_sd(magnitude_counts, mu=each, **public)[""])
        counts = only.noisy_sum(magnitude_counts, mu=each, **public)["counts"]
        found, twofold = _most_likely(counts, len(rows), deviation, _USUAL_OCTAVES[min(look, 1)])
        # A closer look at one value and others beside it would see the one value alone.
        closer = np.where(settled[which], 0.0, 1.0)
        centre[which] += closer * found.centre * scale[which]
        scale[which] *= found.scale**closer
        settled[which] |= twofold
    return Scales(centre[which], scale[which])


def _looks(n_samples: int, columns: int, mu: float, noise: float) -> int:
    """How many looks go with so much clarity each that none is likely to miss a column."""
    looks = _MOST_LOOKS
    while looks > 1 and (
        misplaced(n_samples, columns, _FROM_WITHIN * mu / math.sqrt(looks), noise) > _MISS
    ):
        looks -= 1
    return looks


def misplaced(n_samples: int, columns: int, mu: float, noise: float) -> float:
    """The share of columns that are expected to be taken for another magnitude.

    ``noise`` says how much larger the noise of a sum is than the budget asks.
    """
    clarity = _PEAK * n_samples * mu / (math.sqrt(columns) * noise)
    return min(1.0, _CANDIDATES * float(ndtr(-clarity)))


class _Bells(NamedTuple):
    centre: Floats
    scale: Floats
    magnitude: Floats  # the logarithm of the larger of the two, to base 2
    shares: Floats  # of each bin, one row a bell
    prior: Floats  # logarithms


@cache
def _bells(octaves: float) -> _Bells:
    ratios = np.concatenate([[0.0], 2.0 ** np.arange(-2.0, 5.01, 0.25)])
    ratios = np.concatenate([ratios, -ratios[1:]])
    scale = np.repeat(2.0 ** np.arange(_LOWEST - 2.0, _HIGHEST - 1.9, 0.5), len(ratios))
    centre = scale * np.resize(ratios, len(scale))
    steps = 2.0 ** np.arange(_LOWEST, _HIGHEST)
    edges = np.concatenate([[-np.inf], -steps[:0:-1], [-steps[0]], steps, [np.inf]])
    shares = np.diff(ndtr((edges - centre[:, np.newaxis]) / scale[:, np.newaxis]), axis=1)
    magnitude = np.log2(np.maximum(np.abs(centre), scale))
    surprise = (magnitude / octaves) ** 2
    surprise += ((magnitude - np.log2(scale)) / _USUAL_RATIO) ** 2
    return _Bells(centre, scale, magnitude, shares, -surprise / 2.0)


def _most_likely(
    counts: Floats, n_samples: int, deviation: float, octaves: float
) -> tuple[Scales, npt.NDArray[np.bool_]]:
    """The centre and spread of each column by the bell that explains it best, or by two if so.

    A second bell is for columns that mostly have one value, such as zero, and are spread beside
    it. Of single bells the wider is preferred in doubt: a column whose scale is taken for too
    small would drown all others, one that is taken for too large is only heard less.
    """
    bells = _bells(octaves)
    expected = n_samples * bells.shares
    variance = deviation**2 + _MISFIT * n_samples
    matched = counts @ expected.T / variance
    square = (expected**2).sum(axis=1) / variance
    score = matched - square / 2.0 + bells.prior
    order = np.argsort(bells.magnitude, kind="stable")
    centre, scale = np.zeros(len(counts)), np.ones(len(counts))
    twofold = np.zeros(len(counts), dtype=bool)
    for column, own in enumerate(score):
        mass = np.cumsum(np.exp(own[order] - own.max()))
        top = bells.magnitude[order[np.searchsorted(mass, _SURE * mass[-1])]]
        near = (bells.magnitude <= top) & (bells.magnitude > top - 1.01)
        first = int(np.argmax(np.where(near, own, -np.inf)))
        # The score of a mixture is quadratic in its parts, so it needs no new histograms.
        overlap = expected @ expected[first] / variance
        second, part, best = first, 0.0, own[first]
        for share in _PARTS:
            rest = 1.0 - share
            both = rest * matched[column, first] + share * matched[column] - rest * share * overlap
            both -= (rest**2 * square[first] + share**2 * square) / 2.0
            both += bells.prior[first] + bells.prior - _DOUBT
            if both.max() > best:
                second, part, best = int(np.argmax(both)), share, both.max()
        mean = (1.0 - part) * bells.centre[first] + part * bells.centre[second]
        spread = (1.0 - part) * (bells.scale[first] ** 2 + (bells.centre[first] - mean) ** 2)
        spread += part * (bells.scale[second] ** 2 + (bells.centre[second] - mean) ** 2)
        if spread > 4.0 ** (_LOWEST + 5):  # else all values are zero, as far as the bins tell
            centre[column], scale[column] = mean, math.sqrt(spread)
            twofold[column] = part > 0.0 and bells.scale[first] < _NARROW * scale[column]
    return Scales(centre, scale), twofold
