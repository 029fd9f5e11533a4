"""K-means of single columns, all of them in the same rounds: the steps that
``sklearn.cluster.KMeans`` makes from given centres, on clusters that are intervals of one column.

A cluster that loses all its values moves to the value farthest from its centre, as in
scikit-learn; that is an extreme of an interval of one column and no row.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import order_statistics

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def cluster_columns(rows: Cohort, starts: dict[int, Floats]) -> dict[int, Floats]:
    """The sorted centres of clusters of some columns.

    Parameters
    ----------
    rows : Cohort
        ``X`` is a float array, with ``sample_weight`` if rows have weights.
    starts : dict
        Initial centres by the number of the column.
    """
    if not starts:
        return {}
    unweighted = rows.only(X=rows["X"])
    mean = unweighted.sum(column_sums)["sum"] / rows.n_samples
    spread = unweighted.sum(column_deviations, mean=mean)
    variance = spread["square"] / rows.n_samples - (spread["deviation"] / rows.n_samples) ** 2
    defaults = KMeans()
    searches = {
        column: _Search(rows, column, float(mean[column]), defaults.tol * variance[column], start)
        for column, start in starts.items()
    }
    for _ in range(defaults.max_iter):
        active = [search for search in searches.values() if not search.done]
        if not active:
            break
        widths = np.array([len(search.centres) for search in active])
        sums = rows.sum(
            sum_intervals,
            columns=np.array([search.column for search in active]),
            widths=widths,
            centres=np.concatenate([search.centres for search in active]),
            means=mean,
        )
        ends = np.cumsum(widths)
        for search, end, width in zip(active, ends, widths, strict=True):
            search.step({name: value[end - width : end] for name, value in sums.items()})
    return {column: np.sort(search.centres) + mean[column] for column, search in searches.items()}


class _Search:
    """The clusters of one column, whose values are taken about their mean."""

    def __init__(
        self, rows: Cohort, column: int, mean: float, tolerance: float, start: Floats
    ) -> None:
        if len(start) > rows.n_samples:
            raise DataError(f"n_samples={rows.n_samples} should be >= n_clusters={len(start)}.")
        self.column = column
        self.centres = start - mean
        self.done = False
        self._rows = rows
        self._mean = mean
        self._tolerance = tolerance
        self._parted: list[tuple[int, int]] = []

    def step(self, sums: dict[str, Any]) -> None:
        """Move the centres to the means of the values that are nearest to them."""
        order = np.argsort(self.centres, kind="stable")
        # Intervals in the same order with as many values each hold the same values.
        parted = [(int(number), int(sums["count"][number])) for number in order]
        parted = [(number, count) for number, count in parted if count]
        total, weight = sums["sum"].copy(), sums["weight"].copy()
        empty = np.flatnonzero(weight == 0)
        if len(empty):
            self._fill(empty, total, weight)
        moved = _averaged(total, weight)
        shift = float(((moved - self.centres) ** 2).sum())
        self.centres = moved
        self.done = parted == self._parted or shift <= self._tolerance
        self._parted = parted
        if self.done and len(parted) < len(moved):
            warnings.warn(
                f"Number of distinct clusters ({len(parted)}) found smaller than n_clusters "
                f"({len(moved)}). Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=2,
            )

    def _fill(self, empty: Integers, total: Floats, weight: Floats) -> None:
        """Give each empty cluster the value farthest from its own centre."""
        of_column = {"column": self.column, "centres": self.centres, "mean": self._mean}
        distances = self._rows.replace(X=self._rows.derive(squared_distances, **of_column))
        ranks = distances.n_samples - 1 - np.arange(len(empty))
        farthest = order_statistics(distances.only(X=distances["X"]), ranks[:, np.newaxis])[:, 0]
        if farthest[0] == 0:
            return  # every value has a centre of its own
        found = self._rows.sum(sum_at_distances, distances=np.unique(farthest), **of_column)
        values = _in_order(np.unique(farthest), found)
        for cluster, distance in zip(empty, farthest, strict=True):
            value, own, old = values[float(distance)].pop(0)
            total[old] -= value * own
            weight[old] -= own
            total[cluster], weight[cluster] = value * own, own


def _averaged(total: Floats, weight: Floats) -> Floats:
    """The means of clusters; one without weight joins the largest, as that is at its turn.

    These are the steps of ``_average_centers`` in ``sklearn.cluster._k_means_common``.
    """
    centres: Floats = total.copy()
    largest = int(np.argmax(weight))
    for cluster, own in enumerate(weight):
        centres[cluster] = centres[cluster] * (1.0 / own) if own > 0 else centres[largest]
    return centres


def _in_order(
    distances: Floats, found: dict[str, Any]
) -> dict[float, list[tuple[float, float, int]]]:
    """Value, weight and cluster of the rows at each distance, those of clusters one by one."""
    rows: dict[float, list[tuple[float, float, int]]] = {}
    for number, distance in enumerate(distances.tolist()):
        rows[distance] = []
        for cluster, sides in enumerate(found["count"][number]):
            for side, count in enumerate(sides.tolist()):
                if count:
                    value = float(found["value"][number, cluster, side]) / count
                    own = float(found["weight"][number, cluster, side]) / count
                    rows[distance] += [(value, own, cluster)] * count
    return rows


def _nearest(values: Floats, centres: Floats) -> Integers:
    """The nearest centre, told by the expression of scikit-learn's kernel."""
    return np.asarray(np.argmin(centres**2 - 2 * values[:, np.newaxis] * centres, axis=1))


@party_op("columns_k_means.sums", counts=("count",))
def sum_intervals(
    X: Floats,
    columns: Integers,
    widths: Integers,
    centres: Floats,
    means: Floats,
    sample_weight: Floats | None = None,
) -> Statistics:
    """For the centres of all columns one after another: number, weight, and weighted sum of the
    values about the mean that are nearest to them.
    """
    size = int(widths.sum())
    counts, weights, sums = np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size)
    for column, end, width in zip(columns, np.cumsum(widths), widths, strict=True):
        own = slice(end - width, end)
        for block in row_blocks(len(X), int(width)):
            values = X[block, column] - means[column]
            weight = np.ones(len(values)) if sample_weight is None else sample_weight[block]
            labels = _nearest(values, centres[own])
            counts[own] += np.bincount(labels, minlength=width)
            weights[own] += np.bincount(labels, weight, minlength=width)
            sums[own] += np.bincount(labels, weight * values, minlength=width)
    return {"count": counts, "weight": weights, "sum": sums}


@row_op("columns_k_means.distances")
def squared_distances(X: Floats, column: int, centres: Floats, mean: float) -> Floats:
    """The squared distances of a column's values to their nearest centres, as a table."""
    values = X[:, column] - mean
    return np.asarray((values - centres[_nearest(values, centres)])[:, np.newaxis] ** 2)


@party_op("columns_k_means.at_distances", counts=("count",))
def sum_at_distances(
    X: Floats,
    column: int,
    centres: Floats,
    mean: float,
    distances: Floats,
    sample_weight: Floats | None = None,
) -> Statistics:
    """Number, values and weights of the rows at given squared distances, by cluster and side."""
    values = X[:, column] - mean
    weight = np.ones(len(values)) if sample_weight is None else sample_weight
    labels = _nearest(values, centres)
    apart = values - centres[labels]
    shape = (len(distances), len(centres), 2)
    counts, sums, weights = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape)
    for number, distance in enumerate(distances):
        at = apart**2 == distance
        place = (number, labels[at], (apart[at] > 0).astype(np.intp))
        np.add.at(counts, place, 1)
        np.add.at(sums, place, values[at])
        np.add.at(weights, place, weight[at])
    return {"count": counts, "value": sums, "weight": weights}
