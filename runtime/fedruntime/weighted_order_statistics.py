"""Order statistics of weighted rows that nobody sees: the smallest value of a column up to which a
given weight lies, from sums.

The search is that of ``order_statistics``, with the summed weights of the values in place of their
numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fedruntime.errors import DataError
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import (
    bits_a_round,
    by_column,
    digit_bounds,
    distinct_prefixes,
    from_keys,
    to_keys,
)

if TYPE_CHECKING:
    from fedruntime.cohort import Cohort

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_WORD = 64


def weighted_quantiles(cohort: Cohort, q: npt.ArrayLike, *, average: bool) -> Floats:
    """Quantiles of the columns of ``X`` by ``sample_weight``, as scikit-learn's
    ``_weighted_percentile`` gives them.

    Parameters
    ----------
    cohort : Cohort
        ``X`` is a float array; NaN have no weight.
    q : array-like of float, shape (k,)
        From 0 to 1.
    average : bool
        Whether a quantile that falls between two values is their mean, or the lower one.

    Returns
    -------
    ndarray of shape (k, p)

    Raises
    ------
    DataError
        If a column has no weight.
    """
    total = cohort.sum(total_weights)["weight"]
    if not total.all():
        raise DataError(
            "sample_weight is zero wherever a column has a value; at least one weight of each "
            "column has to be positive"
        )
    levels = np.asarray(q, dtype=np.float64)
    columns = np.repeat(np.arange(cohort.n_features), len(levels))
    rows = cohort.only(
        X=cohort.derive(sorted_columns), sample_weight=cohort.derive(cumulated_weights)
    )
    targets = np.outer(total, levels).ravel()
    targets[targets == 0] = np.nextafter(0.0, 1.0)
    found, weight = _search(rows, columns, targets)
    if average:
        on_edge = weight - targets <= np.finfo(np.float64).eps
        between = np.flatnonzero(on_edge & (weight < total[columns]))
        if len(between):
            above, _ = _search(rows, columns[between], np.nextafter(weight[between], np.inf))
            found[between] = (found[between] + above) / 2
    return np.asarray(found.reshape(cohort.n_features, len(levels)).T)


def _search(rows: Cohort, columns: Integers, targets: Floats) -> tuple[Floats, Floats]:
    """The smallest value of each column with the target weight up to it, and the weight there."""
    prefix = np.zeros(len(targets), dtype=np.uint64)
    before = np.zeros(len(targets))
    through = before
    known = 0
    while known < _WORD:
        pairs, place = distinct_prefixes(columns, prefix)
        bits = bits_a_round(len(pairs[0]))
        sums = rows.sum(weigh_digits, columns=pairs[0], prefix=pairs[1], known=known, bits=bits)
        weights = sums["weights"].reshape(-1, 1 << bits)
        cumulated = np.cumsum(weights, axis=1)
        # Rounding must not lead beyond the last value that has a weight.
        last = (1 << bits) - 1 - np.argmax(weights[:, ::-1] > 0, axis=1)
        digit = np.array(
            [
                min(np.searchsorted(cumulated[row], target), last[row])
                for row, target in zip(place, targets - before, strict=True)
            ]
        )
        through = before + cumulated[place, digit]
        before = through - weights[place, digit]
        prefix = (prefix << np.uint64(bits)) | digit.astype(np.uint64)
        known += bits
    return from_keys(prefix), through


@party_op("weighted_order_statistics.total")
def total_weights(X: Floats, sample_weight: Floats) -> Statistics:
    """The weight of all values, by column."""
    return {"weight": sample_weight @ ~np.isnan(X)}


@row_op("weighted_order_statistics.keys")
def sorted_columns(X: Floats) -> Words:
    """Every column as integers of the order of its values, sorted by itself."""
    keys = to_keys(X)
    keys.sort(axis=0)
    return keys


@row_op("weighted_order_statistics.cumulated")
def cumulated_weights(X: Floats, sample_weight: Floats) -> Floats:
    """For every column the weights of its values up to each one, in the order of the values."""
    weights = np.where(np.isnan(X), 0.0, sample_weight[:, np.newaxis])
    order = np.argsort(X, axis=0, kind="stable")
    return np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)


@party_op("weighted_order_statistics.digits", counts=("weights",))
def weigh_digits(
    X: Words, sample_weight: Floats, columns: Integers, prefix: Words, known: int, bits: int
) -> Statistics:
    """The weight of the values with each next digit after the bits found so far."""
    weights = np.empty((len(prefix), 1 << bits))
    for column, chosen in by_column(columns):
        first, last = digit_bounds(prefix[chosen], known, bits)
        keys, cumulated = X[:, column], np.r_[0.0, sample_weight[:, column]]
        starts = keys.searchsorted(first)
        ends = np.column_stack([starts[:, 1:], keys.searchsorted(last, "right")])
        weights[chosen] = cumulated[ends] - cumulated[starts]
    return {"weights": weights.ravel()}
