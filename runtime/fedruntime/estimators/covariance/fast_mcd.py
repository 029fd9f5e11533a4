"""FastMCD (Rousseeuw and Van Driessen 1999) as scikit-learn runs it: as many trials on subsets of
pooled rows, with distances and supports at the parties and covariances from sums.

Trials run side by side. A support is never sent: it is drawn at the parties, or told by the centre,
precision and rank that choose it, and each party finds its own part of it.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from sklearn.utils.extmath import fast_logdet

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import UnsupportedError
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import order_statistics

Floats = npt.NDArray[np.float64]

_WHOLE = 500  # rows up to which scikit-learn draws no subsets
_MERGED = 1500


@dataclass(frozen=True)
class Ellipsoid:
    """A centre and the precision matrix that distances to it are measured by."""

    centre: Floats
    precision: Floats


@dataclass(frozen=True)
class Estimate:
    """The location and covariance of a support, and how both are told to the parties.

    Parameters
    ----------
    location : ndarray of shape (p,)
    covariance : ndarray of shape (p, p)
    log_determinant : float
    size : int
        The number of rows of the support.
    chosen_by : Ellipsoid or None
        The support is the rows nearest to it; None for a support drawn at random.
    measured_by : Ellipsoid
        What the distances that scikit-learn reports belong to.
    """

    location: Floats
    covariance: Floats
    log_determinant: float
    size: int
    chosen_by: Ellipsoid | None
    measured_by: Ellipsoid


def fast_mcd(
    rows: Cohort, support_fraction: float | None, random_state: np.random.RandomState
) -> Estimate:
    """The best estimate over the trials of ``sklearn.covariance.fast_mcd``.

    Raises
    ------
    UnsupportedError
        For a single column, whose shortest half would be found among single values.
    """
    n, p = rows.n_samples, rows.n_features
    if support_fraction is None:
        size = min(int(np.ceil(0.5 * (n + p + 1))), n)
    else:
        size = int(support_fraction * n)
    centre = rows.sum(total)["sum"] / n
    if p == 1:
        return _of_all(rows, centre, size)
    if n <= _WHOLE:
        few = _best(_from_draws(rows, centre, size, 30, random_state), 10)
        return _best(_from_estimates(rows, size, few), 1)[0]
    found = _from_subsets(rows, centre, size, random_state)
    merged = min(_MERGED, n)
    selection = random_state.permutation(n)[:merged]
    merged_rows = rows if merged == n else rows.replace(X=take(rows["X"], selection))
    h_merged = int(np.ceil(merged * (size / float(n))))
    few = _best(_from_estimates(merged_rows, h_merged, found), 10 if n > _MERGED else 1)
    return few[0] if n < _MERGED else _best(_from_estimates(rows, size, few), 1)[0]


def support_mask(rows: Cohort, estimate: Estimate) -> Handle:
    """Which rows are the support of an estimate, one boolean a row, at the parties.

    Where several rows are equally far, those of the first parties count, and each party tells how
    many of its rows these are.
    """
    assert estimate.chosen_by is not None
    distances = _distances(rows, [estimate.chosen_by])
    threshold = _nth(distances, estimate.size)
    below = distances.sum(count_below, thresholds=threshold)
    left = estimate.size - int(below["below"][0])
    quota = dict.fromkeys(rows.federation.parties, left)
    if left < below["tied"][0]:
        tied = rows.federation.collect(
            count_ties, purpose=rows.purpose, distances=distances["X"], thresholds=threshold
        )
        for party, count in tied.items():
            quota[party] = min(left, int(count["tied"][0]))
            left -= quota[party]
    return rows.federation.map(
        nearest,
        each={party: {"ties": ties} for party, ties in quota.items()},
        purpose=rows.purpose,
        distances=distances["X"],
        threshold=float(threshold[0]),
    )


def distances_to(rows: Cohort, ellipsoid: Ellipsoid, divisor: float = 1.0) -> Handle:
    """Squared Mahalanobis distances, one a row, at the parties."""
    return rows.derive(
        distances_of_rows,
        centre=ellipsoid.centre,
        precision=ellipsoid.precision,
        divisor=float(divisor),
    )


# -- trials ---------------------------------------------------------------------------------


@dataclass
class _Trial:
    """The variables of ``sklearn.covariance._robust_covariance._c_step``."""

    location: Floats
    covariance: Floats
    chosen_by: Ellipsoid | None
    remaining: int
    det: float = 0.0
    precision: Floats = field(default_factory=lambda: np.empty((0, 0)))
    previous: Estimate | None = None

    def __post_init__(self) -> None:
        self.det = float(fast_logdet(self.covariance))
        if np.isinf(self.det):
            self.precision = linalg.pinvh(self.covariance)

    @property
    def previous_det(self) -> float:
        return np.inf if self.previous is None else self.previous.log_determinant

    @property
    def goes_on(self) -> bool:
        return self.det < self.previous_det and self.remaining > 0 and not np.isinf(self.det)

    def measure(self, size: int) -> Ellipsoid:
        """Keep the estimate as the previous one, and say what chooses the next support."""
        self.precision = linalg.pinvh(self.covariance)
        ellipsoid = Ellipsoid(self.location, self.precision)
        self.previous = Estimate(
            self.location, self.covariance, self.det, size, self.chosen_by, ellipsoid
        )
        return ellipsoid

    def move(self, location: Floats, covariance: Floats, chosen_by: Ellipsoid) -> None:
        self.location, self.covariance, self.chosen_by = location, covariance, chosen_by
        self.det = float(fast_logdet(covariance))
        self.remaining -= 1

    def result(self, size: int, fraction: float) -> Estimate:
        now = Estimate(
            self.location,
            self.covariance,
            self.det,
            size,
            self.chosen_by,
            Ellipsoid(self.location, self.precision),
        )
        if self.previous is None or np.allclose(self.det, self.previous_det):
            return now
        if self.det > self.previous_det:
            warnings.warn(
                "Determinant has increased; this should not happen: log(det) > log(previous_det) "
                f"({self.det:.15f} > {self.previous_det:.15f}). You may want to try with a higher "
                f"value of support_fraction (current value: {fraction:.3f}).",
                RuntimeWarning,
                stacklevel=5,
            )
            return now if self.remaining == 0 else self.previous
        return now


def _from_subsets(
    rows: Cohort, centre: Floats, size: int, random_state: np.random.RandomState
) -> list[Estimate]:
    """The ten best of many short trials on each subset of about 300 rows."""
    n = rows.n_samples
    n_subsets = n // 300
    length = n // n_subsets
    shuffled = random_state.permutation(n)
    h_subset = int(np.ceil(length * (size / float(n))))
    n_trials = max(10, 500 // n_subsets)
    found: list[Estimate] = []
    for start in range(0, n_subsets * length, length):
        subset = rows.replace(X=take(rows["X"], shuffled[start : start + length]))
        found += _best(_from_draws(subset, centre, h_subset, n_trials, random_state), 10)
    return found


def _from_draws(
    rows: Cohort, centre: Floats, size: int, n_trials: int, random_state: np.random.RandomState
) -> list[Estimate]:
    """Two steps each from random supports.

    How many rows each party gives to a support is drawn as for the pooled rows, and public. Which
    ones these are is drawn at the party: sums over many known sets of rows would reveal the rows.
    """
    layout = rows["X"].layout
    counts = np.empty((n_trials, len(layout.parties)), dtype=np.int64)
    for number in range(n_trials):
        chosen = random_state.permutation(rows.n_samples)[:size]
        counts[number] = np.bincount(layout.owner[chosen], minlength=len(layout.parties))
    drawn = rows.federation.map(
        drawn_supports,
        each={party: {"counts": counts[:, number]} for number, party in enumerate(layout.parties)},
        purpose=rows.purpose,
        X=rows["X"],
        seed=int(random_state.randint(2**31 - 1)),
    )
    centres = np.tile(centre, (n_trials, 1))
    moments = _moments(rows, drawn, np.full(n_trials, 0.5), centres, size)
    trials = [_Trial(*moment, chosen_by=None, remaining=2) for moment in moments]
    return _run(rows, size, trials)


def _from_estimates(rows: Cohort, size: int, estimates: Sequence[Estimate]) -> list[Estimate]:
    """Up to thirty steps each from given estimates."""
    chosen_by = [Ellipsoid(one.location, linalg.pinvh(one.covariance)) for one in estimates]
    moments = _nearest_moments(rows, chosen_by, size)
    trials = [
        _Trial(*moment, chosen_by=ellipsoid, remaining=30)
        for moment, ellipsoid in zip(moments, chosen_by, strict=True)
    ]
    return _run(rows, size, trials)


def _run(rows: Cohort, size: int, trials: Sequence[_Trial]) -> list[Estimate]:
    while active := [trial for trial in trials if trial.goes_on]:
        chosen_by = [trial.measure(size) for trial in active]
        moments = _nearest_moments(rows, chosen_by, size)
        for trial, moment, ellipsoid in zip(active, moments, chosen_by, strict=True):
            trial.move(*moment, ellipsoid)
    return [trial.result(size, size / rows.n_samples) for trial in trials]


def _best(estimates: Sequence[Estimate], count: int) -> list[Estimate]:
    order = np.argsort([one.log_determinant for one in estimates])[:count]
    return [estimates[number] for number in order]


def _of_all(rows: Cohort, centre: Floats, size: int) -> Estimate:
    """The estimate for a single column, where the support is all of it."""
    n = rows.n_samples
    if size < n:
        raise UnsupportedError(
            f"{rows.purpose} on a single column looks for the shortest half among its sorted "
            "values, which would be revealed; use support_fraction=1.0, or RobustScaler's median "
            "and quartiles"
        )
    everything = Ellipsoid(centre, np.zeros((1, 1)))
    ((location, covariance),) = _nearest_moments(rows, [everything], n)
    measured_by = Ellipsoid(location, linalg.pinvh(covariance))
    det = float(fast_logdet(covariance))
    return Estimate(location, covariance, det, n, everything, measured_by)


# -- sums -----------------------------------------------------------------------------------


def _nearest_moments(
    rows: Cohort, chosen_by: Sequence[Ellipsoid], size: int
) -> list[tuple[Floats, Floats]]:
    """Location and covariance of the rows nearest to each ellipsoid."""
    distances = _distances(rows, chosen_by)
    centres = np.array([one.centre for one in chosen_by])
    return _moments(rows, distances["X"], _nth(distances, size), centres, size)


def _distances(rows: Cohort, ellipsoids: Sequence[Ellipsoid]) -> Cohort:
    distances = rows.derive(
        distances_to_each,
        centres=np.array([one.centre for one in ellipsoids]),
        precisions=np.array([one.precision for one in ellipsoids]),
    )
    return rows.only(X=distances)


def _nth(distances: Cohort, size: int) -> Floats:
    ranks = np.full((1, distances.n_features), size - 1)
    return np.asarray(order_statistics(distances, ranks)[0])


def _moments(
    rows: Cohort, distances: Handle, thresholds: Floats, centres: Floats, size: int
) -> list[tuple[Floats, Floats]]:
    """Location and covariance of the ``size`` nearest rows by each column of distances.

    Rows that are equally far at the threshold count in parts, so that copies of a row may stand
    for one another.
    """
    sums = rows.replace(distances=distances).sum(
        support_sums, thresholds=thresholds, centres=centres
    )
    below, tied = sums["below"], sums["tied"]
    part = np.where(tied[:, 0] > 0, (size - below[:, 0]) / np.maximum(tied[:, 0], 1), 0.0)
    joined = below + part[:, np.newaxis] * tied
    return [
        moments_of(total, centre, centred=True)
        for total, centre in zip(joined, centres, strict=True)
    ]


def moments_of(total: Floats, centre: Floats, *, centred: bool) -> tuple[Floats, Floats]:
    """Location and covariance from a count, first and second moments about a centre, in a row.

    Parameters
    ----------
    total : ndarray of shape (1 + p + p (p + 1) / 2,)
        As ``packed_moments`` gives it.
    centre : ndarray of shape (p,)
    centred : bool
        Whether the covariance is about the location, or about the centre.
    """
    p = len(centre)
    shift, second = total[1 : p + 1] / total[0], total[p + 1 :] / total[0]
    covariance = np.zeros((p, p))
    covariance[np.triu_indices(p)] = second
    covariance += np.triu(covariance, 1).T
    if centred:
        covariance -= np.outer(shift, shift)
    return centre + shift, covariance


def inside_moments(rows: Cohort, mask: Handle, centre: Floats) -> Mapping[str, Floats]:
    """Packed moments, about a centre, of the rows at which a mask at the parties holds."""
    return rows.replace(mask=mask).sum(masked_moments, centre=centre)


# -- at the parties -------------------------------------------------------------------------


def packed_moments(x: Floats) -> Floats:
    """A count, sums, and the upper triangle of the Gram matrix, in one row."""
    gram = x.T @ x
    return np.concatenate([[len(x)], x.sum(axis=0), gram[np.triu_indices(len(gram))]])


def _squared(x: Floats, precision: Floats) -> Floats:
    return np.asarray(((x @ precision) * x).sum(axis=1))


@party_op("fast_mcd.total")
def total(X: Floats) -> Statistics:
    """Column sums."""
    return {"sum": X.sum(axis=0)}


@row_op("fast_mcd.drawn_supports")
def drawn_supports(X: Floats, counts: npt.NDArray[np.int64], seed: int) -> Floats:
    """Zero for the rows of each random support, one for the others; shape (rows, trials).

    The generator is seeded by the rows as well, so that a fit can be repeated, and nobody who does
    not hold the rows can tell what was drawn.
    """
    digest = hashlib.sha256(np.ascontiguousarray(X).tobytes() + str(seed).encode()).digest()
    generator = np.random.default_rng(int.from_bytes(digest, "big"))
    outside = np.ones((len(X), len(counts)))
    for number, count in enumerate(counts):
        outside[generator.permutation(len(X))[:count], number] = 0.0
    return outside


@row_op("fast_mcd.distances_to_each")
def distances_to_each(X: Floats, centres: Floats, precisions: Floats) -> Floats:
    """Squared Mahalanobis distances; shape (rows, trials)."""
    distances = np.empty((len(X), len(centres)))
    for number, (centre, precision) in enumerate(zip(centres, precisions, strict=True)):
        distances[:, number] = _squared(X - centre, precision)
    return distances


@row_op("fast_mcd.distances")
def distances_of_rows(X: Floats, centre: Floats, precision: Floats, divisor: float) -> Floats:
    """Squared Mahalanobis distances to one centre, over a divisor; shape (rows,)."""
    return _squared(X - centre, precision) / divisor


@party_op("fast_mcd.support_sums")
def support_sums(X: Floats, distances: Floats, thresholds: Floats, centres: Floats) -> Statistics:
    """Packed moments of the rows nearer than each threshold, and of those at it."""
    below = [
        packed_moments(X[distances[:, number] < threshold] - centres[number])
        for number, threshold in enumerate(thresholds)
    ]
    tied = [
        packed_moments(X[distances[:, number] == threshold] - centres[number])
        for number, threshold in enumerate(thresholds)
    ]
    return {"below": np.array(below), "tied": np.array(tied)}


@party_op("fast_mcd.below", counts=("below", "tied"))
def count_below(X: Floats, thresholds: Floats) -> Statistics:
    """How many distances are below, and how many at, each threshold."""
    distances = X
    return {
        "below": (distances < thresholds).sum(axis=0),
        "tied": (distances == thresholds).sum(axis=0),
    }


@party_op(
    "fast_mcd.ties",
    reveals="how many rows are exactly as far as the last of the support",
    counts=("tied",),
)
def count_ties(distances: Floats, thresholds: Floats) -> Statistics:
    """How many distances are at each threshold."""
    return {"tied": (distances == thresholds).sum(axis=0)}


@row_op("fast_mcd.nearest")
def nearest(distances: Floats, threshold: float, ties: int) -> npt.NDArray[np.bool_]:
    """Which rows are nearer than a threshold, with as many at it as are told."""
    chosen = distances[:, 0] < threshold
    chosen[np.flatnonzero(distances[:, 0] == threshold)[:ties]] = True
    return np.asarray(chosen)


@party_op("fast_mcd.masked")
def masked_moments(X: Floats, mask: Any, centre: Floats) -> Statistics:
    """Packed moments of the rows of a mask about a centre."""
    return {"moments": packed_moments(X[mask] - centre)}
