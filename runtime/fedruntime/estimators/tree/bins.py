"""Where trees may split: the values of every column, or bins of them, and rows as bin numbers.

A column whose values repeat is split between any two of its values, as scikit-learn splits it. The
values of one that hardly repeats would be its rows; nobody asks for them, and it is split at
quantiles instead. Both are found by counting under masks: no party tells values of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.tables import columns_text
from fedruntime.operations import row_op
from fedruntime.order_statistics import (
    bits_a_round,
    count_digits,
    from_keys,
    order_statistics,
    sorted_keys,
    value_counts,
)
from fedruntime.privacy.disclosure import ALWAYS_FEW, MOST

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_ROWS_A_BIN = 5  # fewer would show most values of a column
_SINGLE = 36  # bits of a float64 that hold a float32: its sign, exponent and significand
_THRESHOLD = np.float32(1e-7)  # values nearer to each other are one to scikit-learn


@dataclass(frozen=True)
class Bins:
    """The bins of all columns, one after another.

    Values ``x`` of bin ``b`` are ``low[b] <= x <= high[b]`` for single values, and
    ``low[b] < x <= high[b]`` otherwise. The last bin of a column with missing values holds these.

    Parameters
    ----------
    start : ndarray of shape (p + 1,)
        Where the bins of each column begin.
    low, high : ndarray
        NaN for missing values.
    single : ndarray of shape (p,)
        Whether the bins of a column are its values.
    missing : ndarray of shape (p,)
        Whether a column has missing values.
    """

    start: Integers
    low: Floats
    high: Floats
    single: npt.NDArray[np.bool_]
    missing: npt.NDArray[np.bool_]

    @property
    def counts(self) -> Integers:
        """How many bins each column has."""
        return np.diff(self.start)

    def threshold(self, feature: Integers, last_left: Integers, first_right: Integers) -> Floats:
        """Between two bins of which nothing lies in between at a node; infinite before missing."""
        below = self.high[self.start[feature] + last_left]
        above = self.low[self.start[feature] + first_right]
        middle = below / 2.0 + above / 2.0
        # What rounds to the upper value would send it left.
        middle = np.where((middle == above) & (above > below), below, middle)
        return np.where(np.isnan(above), np.inf, middle)

    def of(self, columns: Integers) -> Bins:
        """The bins of some columns."""
        parts = [slice(self.start[column], self.start[column + 1]) for column in columns]
        start = np.cumsum([0, *(part.stop - part.start for part in parts)])
        low, high = (
            np.concatenate([held[part] for part in parts]) for held in (self.low, self.high)
        )
        return Bins(start, low, high, self.single[columns], self.missing[columns])

    def of_missing(self, feature: Integers, wanted: npt.NDArray[np.bool_]) -> Integers:
        """The bins of missing values of features; -1 where there is none or it is not wanted."""
        return np.where(wanted & self.missing[feature], self.counts[feature] - 1, -1)

    def apart(self, feature: Integers, one: Integers, other: Integers) -> npt.NDArray[np.bool_]:
        """Whether the values of two bins, the lower one first, differ for scikit-learn."""
        below = self.high[self.start[feature] + one]
        above = self.low[self.start[feature] + other]
        far = above.astype(np.float32) > below.astype(np.float32) + _THRESHOLD
        return np.asarray(far | np.isnan(above) | ~self.single[feature])


def as_single(cohort: Cohort, *, missing: bool) -> Cohort:
    """The same rows in single precision, as trees take them, and dense."""
    return cohort.replace(X=cohort.derive(single_precision, missing=missing))


def find_bins(cohort: Cohort, most: int, *, even_steps: bool = False) -> Bins:
    """The bins of the columns of ``X``, a float array as ``as_single`` gives it.

    Parameters
    ----------
    cohort : Cohort
    most : int
        The largest number of bins of a column.
    even_steps : bool
        Whether half of the bins of columns that hardly repeat are to be equally wide, for
        thresholds that are drawn; tells the smallest and the largest value.
    """
    counts = value_counts(cohort)
    limits = np.maximum(ALWAYS_FEW, np.minimum(most, (MOST * counts).astype(np.int64)))
    told = _values(cohort, counts, limits)
    asked = np.flatnonzero([values is None for values in told])
    edges: dict[int, Floats] = {}
    if len(asked):
        edges = _quantiles(cohort, counts, asked, most // 2 if even_steps else most)
    if len(asked) and even_steps:
        for column, steps in _steps(cohort, counts, asked, most // 2).items():
            edges[column] = np.unique(np.concatenate([edges[column], steps]))
    low: list[Floats] = []
    high: list[Floats] = []
    holes = counts < cohort.n_samples
    for column, values in enumerate(told):
        if values is not None:
            lows = highs = values
        else:
            lows = np.r_[edges[column][0], edges[column]]
            highs = np.r_[edges[column], edges[column][-1]]
        low.append(np.append(lows, np.nan) if holes[column] else lows)
        high.append(np.append(highs, np.nan) if holes[column] else highs)
    start = np.cumsum([0, *map(len, low)])
    single = np.array([values is not None for values in told])
    return Bins(start, np.concatenate(low), np.concatenate(high), single, holes)


def as_bins(cohort: Cohort, bins: Bins) -> Handle:
    """The rows of ``X`` as bin numbers within each column."""
    return cohort.derive(bin_numbers, start=bins.start, high=bins.high, missing=bins.missing)


def _quantiles(cohort: Cohort, counts: Integers, columns: Integers, most: int) -> dict[int, Floats]:
    """Distinct values of some columns that cut them into parts of about equally many rows."""
    parts = np.minimum(most, np.maximum(ALWAYS_FEW, counts // _ROWS_A_BIN))
    ranks = np.full((int(parts[columns].max()), len(counts)), -1, dtype=np.int64)
    for column in columns:
        number = int(parts[column])
        places = np.arange(1, number) * int(counts[column]) // number - 1
        ranks[: number - 1, column] = np.maximum(places, 0)
    found = order_statistics(cohort, ranks)
    return {int(column): np.unique(_present(found[:, column])) for column in columns}


def _steps(cohort: Cohort, counts: Integers, columns: Integers, number: int) -> dict[int, Floats]:
    """Evenly spaced values from the smallest of some columns to the largest, these left out."""
    ranks = np.full((2, len(counts)), -1, dtype=np.int64)
    ranks[:, columns] = np.stack([np.zeros(len(columns), dtype=np.int64), counts[columns] - 1])
    ends = order_statistics(cohort, ranks)
    return {int(column): _between(ends[0, column], ends[1, column], number) for column in columns}


def _between(first: float, last: float, number: int) -> Floats:
    """Evenly spaced values in single precision, without the ends."""
    return np.linspace(first, last, number)[1:-1].astype(np.float32).astype(np.float64)


def _present(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _values(cohort: Cohort, counts: Integers, limits: Integers) -> list[Floats | None]:
    """The distinct values of each column; None where there are more than its limit.

    Digit by digit: a column is given up as soon as it has too many beginnings of values, long
    before these are values.
    """
    keys = cohort.replace(X=cohort.derive(sorted_keys))
    columns = np.arange(len(limits))
    prefix = np.zeros(len(limits), dtype=np.uint64)
    known = 0
    while known < _SINGLE and len(columns):
        bits = min(bits_a_round(len(columns)), _SINGLE - known)
        sums = keys.sum(count_digits, columns=columns, prefix=prefix, known=known, bits=bits)
        place, digit = np.nonzero(sums["counts"].reshape(len(columns), -1))
        columns = columns[place]
        prefix = (prefix[place] << np.uint64(bits)) | digit.astype(np.uint64)
        known += bits
        few = np.bincount(columns, minlength=len(limits)) <= limits
        columns, prefix = columns[few[columns]], prefix[few[columns]]
    values = _from_prefixes(prefix, known) if len(prefix) else np.empty(0)
    filled = np.bincount(columns, minlength=len(limits))
    return [
        values[columns == column] if filled[column] or not counts[column] else None
        for column in range(len(limits))
    ]


def _from_prefixes(prefix: Words, known: int) -> Floats:
    """Values in single precision from the bits that make them up."""
    shift = np.uint64(64 - known)
    negative = (prefix >> np.uint64(known - 1)) == 0
    below = np.where(negative, (np.uint64(1) << shift) - np.uint64(1), np.uint64(0))
    return from_keys((prefix << shift) | below)


@row_op("tree.single_precision")
def single_precision(X: Any, missing: bool) -> Floats:
    """Rows rounded to single precision, in double.

    Raises
    ------
    DataError
        For infinity, which a large number becomes, and for NaN unless it may be there.
    """
    dense = X.toarray() if sparse.issparse(X) else X
    with np.errstate(over="ignore"):
        single = np.asarray(dense, dtype=np.float32)
    for fault, found in (
        ("infinity or a value too large for dtype('float32')", np.isinf(single)),
        ("NaN", np.isnan(single)),
    ):
        if fault == "NaN" and missing:
            continue
        if found.any():
            columns = np.unique(np.nonzero(found)[1])
            raise DataError(f"Input X contains {fault} in {columns_text(dense, columns)}")
    return single.astype(np.float64)


@row_op("tree.bins")
def bin_numbers(
    X: Floats, start: Integers, high: Floats, missing: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint16]:
    """The number of each value's bin, column by column."""
    numbers = np.empty(X.shape, dtype=np.uint16)
    for column, (first, last) in enumerate(pairwise(start)):
        upper = high[first : last - int(missing[column])]
        # Nothing is above the last bin, whose end is not known where bins hold many values.
        found = np.searchsorted(upper[:-1], X[:, column], side="left")
        if missing[column]:
            found = np.where(np.isnan(X[:, column]), last - first - 1, found)
        numbers[:, column] = found
    return numbers
