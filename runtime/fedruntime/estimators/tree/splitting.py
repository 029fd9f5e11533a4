"""The best split of nodes, given their histograms: ``node_split_best`` and ``node_split_random`` of
``sklearn.tree._splitter`` for very many nodes at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedruntime.estimators.tree.bins import Bins
from fedruntime.estimators.tree.criteria import ROWS, WEIGHT, Criterion
from fedruntime.estimators.tree.nodes import Splits, ranges

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """When a node may be split, and how.

    Parameters
    ----------
    max_depth, min_samples_split, min_samples_leaf, max_features : int
    min_weight_fraction_leaf, min_impurity_decrease : float
    max_leaf_nodes : int or None
        If given, the best nodes are split first.
    at_random : bool
        Whether thresholds are drawn.
    """

    max_depth: int
    min_samples_split: int
    min_samples_leaf: int
    min_weight_fraction_leaf: float
    max_features: int
    max_leaf_nodes: int | None
    min_impurity_decrease: float
    at_random: bool


@dataclass(frozen=True)
class Histogram:
    """The statistics of non-empty bins, ordered by ``rank``, ``node`` and ``bins``.

    Parameters
    ----------
    node : ndarray
        By position.
    feature, bins : ndarray
    rank : ndarray
        The place of the feature among those tried at the node.
    stats : ndarray of shape (cells, columns)
    n_nodes : int
    """

    node: Integers
    feature: Integers
    bins: Integers
    rank: Integers
    stats: Floats
    n_nodes: int


@dataclass(frozen=True)
class _Candidates:
    """Splits that are compared: after a cell of a group, with missing values on one side.

    Thresholds are given where they were drawn.
    """

    after: Integers
    group: Integers
    left: Floats
    right: Floats
    missing_left: Mask
    threshold: Floats | None = None


@dataclass(frozen=True)
class _Groups:
    """The cells of one feature at one node: where they begin, and where values and all end."""

    start: Integers
    end: Integers
    last_value: Integers
    has_missing: Mask


def best_splits(
    histogram: Histogram,
    bins: Bins,
    criterion: Criterion,
    rules: Rules,
    min_weight: Floats,
    generators: Sequence[np.random.RandomState],
    varied: Mask,
) -> Splits:
    """The best split of each node that has one.

    Parameters
    ----------
    histogram : Histogram
    bins : Bins
    criterion : Criterion
    rules : Rules
    min_weight : ndarray of shape (nodes,)
        What a child has to weigh.
    generators : sequence of RandomState
        The one of each node, for random thresholds.
    varied : ndarray of shape (nodes,)
        Set where a feature is not constant.
    """
    groups = _groups(histogram, bins)
    first, last = groups.start, groups.last_value
    node, feature = histogram.node[first], histogram.feature[first]
    spread = groups.has_missing & (last >= first)
    wide = bins.apart(feature, histogram.bins[first], histogram.bins[np.maximum(last, first)])
    spread |= (last > first) & wide
    varied[node[spread]] = True
    candidates = (
        _drawn(histogram, groups, spread, bins, generators)
        if rules.at_random
        else _all(histogram, groups, spread, bins)
    )
    scores = criterion.proxy(candidates.left, candidates.right)
    allowed = np.isfinite(scores)
    for side in (candidates.left, candidates.right):
        allowed &= side[:, ROWS] >= rules.min_samples_leaf
        allowed &= side[:, WEIGHT] >= min_weight[node[candidates.group]]
        allowed &= side[:, WEIGHT] > 0
    kept = np.flatnonzero(allowed)
    at = node[candidates.group[kept]]
    # Of equals the first counts: candidates are in the order in which scikit-learn tries them.
    tried = np.lexsort(
        (
            kept,
            candidates.missing_left[kept],
            histogram.rank[first[candidates.group[kept]]],
            -scores[kept],
            at,
        )
    )
    slot, best = np.unique(at[tried], return_index=True)
    return _splits(histogram, groups, bins, candidates, slot, kept[tried[best]])


def _groups(histogram: Histogram, bins: Bins) -> _Groups:
    rank, node = histogram.rank, histogram.node
    start = np.flatnonzero(np.r_[True, (rank[1:] != rank[:-1]) | (node[1:] != node[:-1])])
    end = np.r_[start[1:], len(node)]
    feature = histogram.feature[start]
    has_missing = bins.missing[feature] & (histogram.bins[end - 1] == bins.counts[feature] - 1)
    return _Groups(start, end, end - 1 - has_missing, has_missing)


def _all(histogram: Histogram, groups: _Groups, spread: Mask, bins: Bins) -> _Candidates:
    """Every split between two neighbouring values of a node, and before the missing ones; where
    some are missing, once more with these on the left.
    """
    size = groups.end - groups.start
    group = np.repeat(np.arange(len(size)), size)
    cell = np.arange(len(group))
    left, total = _cumulated(histogram.stats, groups, group)
    inner = np.flatnonzero((cell < groups.end[group] - 1) & spread[group])
    apart = bins.apart(histogram.feature[inner], histogram.bins[inner], histogram.bins[inner + 1])
    right_away = inner[apart]
    of_group = group[right_away]
    again = right_away[groups.has_missing[of_group] & (right_away < groups.last_value[of_group])]
    missing = histogram.stats[groups.end[group[again]] - 1]
    both = np.concatenate([right_away, again])
    lefts = np.concatenate([left[right_away], left[again] + missing])
    return _Candidates(
        both,
        group[both],
        lefts,
        total[group[both]] - lefts,
        np.arange(len(both)) >= len(right_away),
    )


def _drawn(
    histogram: Histogram,
    groups: _Groups,
    spread: Mask,
    bins: Bins,
    generators: Sequence[np.random.RandomState],
) -> _Candidates:
    """One split a feature and node, at a threshold drawn between its smallest and largest value;
    missing values go where a coin says.
    """
    chosen = np.flatnonzero(spread & (groups.last_value > groups.start))
    first, last = groups.start[chosen], groups.last_value[chosen]
    feature = histogram.feature[first]
    size = groups.end - groups.start
    group = np.repeat(np.arange(len(size)), size)
    left, total = _cumulated(histogram.stats, groups, group)
    draws = np.array([generators[node].random_sample(2) for node in histogram.node[first]]).reshape(
        -1, 2
    )
    low = bins.high[bins.start[feature] + histogram.bins[first]]
    high = bins.low[bins.start[feature] + histogram.bins[last]]
    threshold = low + draws[:, 0] * (high - low)
    highs = bins.high[bins.start[histogram.feature] + histogram.bins]
    # The last cell whose values are all at most the threshold; there always is one.
    below = (highs <= np.repeat(_spread_out(threshold, chosen, len(size)), size)).astype(np.int64)
    after = first + np.add.reduceat(below, groups.start)[chosen] - 1
    after = np.clip(after, first, last - 1)
    has_missing = groups.has_missing[chosen]
    goes_left = has_missing & (draws[:, 1] < 0.5)
    lefts = left[after] + np.where(
        goes_left[:, np.newaxis], histogram.stats[groups.end[chosen] - 1], 0.0
    )
    return _Candidates(
        after,
        chosen,
        lefts,
        total[chosen] - lefts,
        goes_left,
        # Bins of many values are cut at their edges.
        np.where(
            bins.single[feature],
            threshold,
            bins.threshold(feature, histogram.bins[after], histogram.bins[after + 1]),
        ),
    )


def _spread_out(values: Floats, places: Integers, size: int) -> Floats:
    """Values at places of a longer array, below everything elsewhere."""
    spread = np.full(size, -np.inf)
    spread[places] = values
    return spread


def _cumulated(stats: Floats, groups: _Groups, group: Integers) -> tuple[Floats, Floats]:
    """The sums of the cells of each group up to each one, and of all."""
    # Rounding of sums over many groups must not reach the single ones.
    sums = np.cumsum(stats, axis=0, dtype=np.longdouble)
    before = np.concatenate([np.zeros((1, stats.shape[1]), np.longdouble), sums])[groups.start]
    within = (sums - before[group]).astype(np.float64)
    return within, within[groups.end - 1]


def _splits(
    histogram: Histogram,
    groups: _Groups,
    bins: Bins,
    candidates: _Candidates,
    slot: Integers,
    best: Integers,
) -> Splits:
    """The chosen candidates with their thresholds and the children's own sums."""
    group, after = candidates.group[best], candidates.after[best]
    feature, last_left = histogram.feature[after], histogram.bins[after]
    missing_left = candidates.missing_left[best]
    left, right = _children(histogram.stats, groups, group, after, missing_left)
    if candidates.threshold is None:
        threshold = bins.threshold(feature, last_left, histogram.bins[after + 1])
    else:
        threshold = candidates.threshold[best]
    more_rows = left[:, ROWS] > right[:, ROWS]
    goes_left = np.where(groups.has_missing[group], missing_left, more_rows)
    return Splits(slot, feature, last_left, threshold, goes_left, left, right)


def _children(
    stats: Floats, groups: _Groups, group: Integers, after: Integers, missing_left: Mask
) -> tuple[Floats, Floats]:
    """The sums of either side, each of its own cells: a difference would lose digits."""
    middle, end = after + 1, groups.end[group] - missing_left
    left = _summed(stats, groups.start[group], middle)
    missing = stats[np.minimum(end, len(stats) - 1)]
    return left + np.where(missing_left[:, np.newaxis], missing, 0.0), _summed(stats, middle, end)


def _summed(stats: Floats, start: Integers, end: Integers) -> Floats:
    """Sums over ranges of rows, none of them empty."""
    if not len(start):
        return np.empty((0, stats.shape[1]))
    size = end - start
    first = np.cumsum(size) - size
    return np.asarray(np.add.reduceat(stats[ranges(start, size)], first, axis=0))
