"""Initial centres that are no rows: rows are summarised in groups of at least ten, and centres are
chosen among the means of the groups as scikit-learn chooses them among rows. What becomes of the
centres is the business of ``lloyd``.

Groups are made by splitting: each group's mean is replaced by points about it, all rows go to the
nearest point, and points that get fewer than ten rows are dropped before anything else is summed;
their rows go to others. Random directions of splits adapt to the rows' intrinsic dimension
(Dasgupta and Freund 2008, "Random projection trees"); choosing among few weighted means instead of
all rows is what k-means|| does (Bahmani et al. 2012, "Scalable k-means++").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import kmeans_plusplus
from sklearn.utils.extmath import row_norms

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.estimators.cluster.lloyd import (
    label,
    sum_by_label,
    weight_by_label,
    weights_of,
)
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

LEAST_ROWS = 10
_GROUPS_A_CLUSTER = 8
_LEAST_GROUPS = 48
# So that sums of the means of all groups stay small where there are very many columns.
_MOST_VALUES = 2**21
_SAMPLED_ROWS_A_GROUP = 64
# A squared distance that is nothing but rounding, in total variances.
_ROUNDING = 1e-20


@dataclass(frozen=True)
class Groups:
    """Public summaries of groups of at least ten rows, or of all rows where these are fewer.

    Parameters
    ----------
    means : ndarray of shape (g, p)
    weights : ndarray of shape (g,)
        Sums of sample weights; positive.
    inertia : ndarray of shape (g,)
        Weighted sums of squared distances to the mean.
    rows : ndarray of shape (g,)
        Numbers of rows.
    spread : ndarray of shape (p,)
        Standard deviation of every column over all rows.
    """

    means: Floats
    weights: Floats
    inertia: Floats
    rows: npt.NDArray[np.int64]
    spread: Floats

    def only(self, chosen: npt.NDArray[np.bool_]) -> Groups:
        """Some of the groups."""
        return replace(
            self,
            means=self.means[chosen],
            weights=self.weights[chosen],
            inertia=self.inertia[chosen],
            rows=self.rows[chosen],
        )


def sampled(rows: Cohort, n_clusters: int, random_state: np.random.RandomState) -> Cohort:
    """Rows enough to summarise them for so many clusters, drawn by public positions."""
    wanted = _SAMPLED_ROWS_A_GROUP * _wanted(rows, n_clusters)
    if rows.n_samples <= wanted:
        return rows
    chosen = np.sort(random_state.choice(rows.n_samples, wanted, replace=False))
    return rows.replace(
        **{name: take(rows[name], chosen) for name in ("X", "sample_weight") if rows.has(name)}
    )


def summarise(
    rows: Cohort,
    mean: Floats,
    variance: Floats,
    n_clusters: int,
    random_state: np.random.RandomState,
) -> Groups:
    """Groups of rows, about eight for every cluster that is looked for.

    Parameters
    ----------
    rows : Cohort
        As ``sampled`` gives it.
    mean, variance : ndarray of shape (p,)
        Of the columns.
    n_clusters : int
    random_state : RandomState
    """
    wanted = _wanted(rows, n_clusters)
    spread = np.sqrt(variance)
    found = _summed(rows, mean[np.newaxis], spread)
    while len(found.means) < wanted:
        points = _split(found, wanted, random_state)
        if len(points) == len(found.means):
            break
        rows_near = rows.sum(rows_near_points, points=points)["rows"]
        finer = _summed(rows, points[rows_near >= LEAST_ROWS], spread)
        if len(finer.means) <= len(found.means):
            break
        found = finer
    return found


def starts_from(
    groups: Groups, n_clusters: int, init: str, random_state: np.random.RandomState
) -> Floats:
    """Initial centres, of shape (n_clusters, p).

    Parameters
    ----------
    groups : Groups
    n_clusters : int
    init : {"k-means++", "random"}
        Whether means of groups are drawn by their weights and distances, or by weights alone.
    random_state : RandomState
    """
    missing = n_clusters - len(groups.means)
    if missing >= 0:
        points = [groups.means, *(_beside(groups, random_state) for _ in range(missing))]
        return np.concatenate(points)
    if init == "random":
        share = groups.weights / groups.weights.sum()
        chosen = random_state.choice(len(share), n_clusters, replace=False, p=share)
        return np.asarray(groups.means[chosen])
    centers, _ = kmeans_plusplus(
        groups.means, n_clusters, sample_weight=groups.weights, random_state=random_state
    )
    return np.asarray(centers)


def farthest(groups: Groups, centers: Floats, number: int) -> Floats:
    """The means of the groups that are farthest from their nearest centre, of shape (m, p).

    There are fewer than ``number`` where fewer groups lie off the centres.
    """
    squares = ((groups.means[:, np.newaxis] - centers) ** 2).sum(axis=2).min(axis=1)
    off = squares > _ROUNDING * (groups.spread**2).sum()
    order = np.argsort(-squares, kind="stable")
    return np.asarray(groups.means[order[off[order]][:number]])


def _wanted(rows: Cohort, n_clusters: int) -> int:
    many = max(_GROUPS_A_CLUSTER * n_clusters, _LEAST_GROUPS)
    return max(2 * n_clusters, min(many, _MOST_VALUES // rows.n_features))


def _summed(rows: Cohort, points: Floats, spread: Floats) -> Groups:
    sums = rows.sum(group_sums, points=points)
    kept = sums["weight"] > 0
    weight = sums["weight"][kept]
    moved = sums["sum"][kept] / weight[:, np.newaxis] - points[kept]
    inertia = sums["square"][kept] - weight * (moved**2).sum(axis=1)
    return Groups(
        means=points[kept] + moved,
        weights=weight,
        inertia=np.maximum(inertia, 0.0),
        rows=sums["rows"][kept],
        spread=spread,
    )


def _split(groups: Groups, wanted: int, random_state: np.random.RandomState) -> Floats:
    """Four points instead of each mean, in the order of inertia, until there are enough."""
    points = []
    room = wanted - len(groups.means)
    for number in np.argsort(-groups.inertia, kind="stable"):
        mean = groups.means[number]
        if room > 0 and groups.inertia[number] > 0 and groups.rows[number] >= 2 * LEAST_ROWS:
            for step in _steps(groups, int(number), 2, random_state):
                points += [mean + step, mean - step]
            room -= 3
        else:
            points.append(mean)
    return np.array(points)


def _beside(groups: Groups, random_state: np.random.RandomState) -> Floats:
    """A point beside the mean of a group, which is drawn by its inertia."""
    total = groups.inertia.sum()
    share = groups.inertia / total if total > 0 else groups.weights / groups.weights.sum()
    number = random_state.choice(len(share), p=share)
    return np.asarray(groups.means[number] + _steps(groups, int(number), 1, random_state))


def _steps(groups: Groups, number: int, count: int, random_state: np.random.RandomState) -> Floats:
    """Random steps about as long as the standard deviation of a group along a random line."""
    drawn = random_state.standard_normal((count, len(groups.spread))) * groups.spread
    lengths = np.sqrt((drawn**2).sum(axis=1, keepdims=True))
    variances = groups.spread**2
    total = variances.sum()
    dimensions = total**2 / (variances**2).sum() if total > 0 else 1.0
    deviation = np.sqrt(groups.inertia[number] / groups.weights[number] / dimensions)
    return np.asarray(drawn / np.where(lengths > 0, lengths, 1.0) * deviation)


@party_op("cluster.rows_near", counts=("rows",))
def rows_near_points(X: Any, points: Floats, sample_weight: Floats | None = None) -> Statistics:
    """How many rows are nearest to every point; those of weight zero do not count."""
    present = weights_of(X, sample_weight) > 0
    return {"rows": np.bincount(label(X, points)[present], minlength=len(points))}


@party_op("cluster.groups", counts=("rows",))
def group_sums(X: Any, points: Floats, sample_weight: Floats | None = None) -> Statistics:
    """Weight, weighted sum and squared distances of the rows nearest to every point."""
    weight = weights_of(X, sample_weight)
    nearest = label(X, points)
    size = len(points)
    sums = sum_by_label(X, nearest, weight, size)
    weights = weight_by_label(nearest, weight, size)
    norms = weight_by_label(nearest, weight * row_norms(X, squared=True), size)
    return {
        "rows": np.bincount(nearest[weight > 0], minlength=size),
        "weight": weights,
        "sum": sums,
        "square": norms - 2 * (points * sums).sum(axis=1) + weights * (points**2).sum(axis=1),
    }
