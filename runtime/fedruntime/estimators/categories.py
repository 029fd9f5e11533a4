"""The distinct values of columns over all parties, which each party reveals, and their counts,
which are summed. What encoders and imputers make of them is written there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils._mask import _get_mask

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.tables import as_array, as_pooled, column_name, columns_text
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op
from fedruntime.privacy.disclosure import require_repeats

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Categories:
    """The distinct values of one column.

    Parameters
    ----------
    values : ndarray
        Sorted, in the column's dtype, without ``None`` and NaN.
    none, nan : bool
        Whether these occur, too.
    """

    values: Array
    none: bool
    nan: bool

    def __iter__(self) -> Iterator[Any]:
        """All values in scikit-learn's order: sorted, then None, then NaN."""
        yield from self.values.tolist()
        if self.none:
            yield None
        if self.nan:
            yield np.nan


def categories_of(cohort: Cohort, *, skip: Sequence[Any] = ()) -> list[Categories]:
    """The distinct values of every column of ``X``, a table or a vector.

    Parameters
    ----------
    cohort : Cohort
    skip : sequence
        At most one marker of missing values that do not count.

    Raises
    ------
    DataError
        If a column holds both text and numbers.
    RevealError
        If a column hardly repeats at a party: then its distinct values are its rows.
    """
    X = cohort["X"]
    found = cohort.union(distinct_values, dtypes=X.facts.dtypes, skip=list(skip))
    columns = []
    for number in range(X.shape[1] if X.ndim == 2 else 1):
        text, other = found[f"text {number}"], found[f"other {number}"]
        if len(text) and len(other):
            raise DataError(
                f"column {column_name(X.facts, number)} holds both text and other values over the "
                "parties: encoders need one type, for example by astype(str)"
            )
        columns.append(
            Categories(
                text if len(text) else other,
                none=bool(len(found[f"none {number}"])),
                nan=bool(len(found[f"nan {number}"])),
            )
        )
    return columns


def category_counts(
    cohort: Cohort, values: Sequence[Array], *, skip: Sequence[Any] = ()
) -> dict[str, list[Array]]:
    """How often given values occur in the columns of ``X``.

    Parameters
    ----------
    cohort : Cohort
    values : sequence of ndarray
        For each column distinct values without ``None`` and NaN.
    skip : sequence
        As for ``categories_of``.

    Returns
    -------
    dict
        ``counts`` of the values, of ``none``, of ``nan`` and of ``other`` values, each a list with
        an array of integers for every column.
    """
    dtypes = cohort["X"].facts.dtypes
    sums = cohort.sum(count_categories, dtypes=dtypes, values=list(values), skip=list(skip))
    return {
        name: [sums[f"{name} {number}"] for number in range(len(values))]
        for name in ("counts", "none", "nan", "other")
    }


@party_op("categories.distinct", reveals="the distinct values of columns")
def distinct_values(X: Any, dtypes: Sequence[str], skip: Sequence[Any]) -> Statistics:
    """The distinct values of every column, text and others apart, and what is missing."""
    statistics: dict[str, Array] = {}
    for number, column in enumerate(_columns(X, dtypes, skip)):
        none, nan = _missing(column)
        values = column[~(none | nan)]
        text: Mask = np.zeros(len(values), dtype=bool)
        if column.dtype.kind == "O":
            text = np.fromiter((isinstance(value, str) for value in values), bool, len(values))
        told = [_distinct(values[text]), _distinct(values[~text])]
        what = columns_text(X, [number]) if X.ndim == 2 else "the vector"
        require_repeats(sum(map(len, told)), X.shape[0], what)
        statistics[f"text {number}"], statistics[f"other {number}"] = told
        statistics[f"none {number}"] = np.unique(none[none])
        statistics[f"nan {number}"] = np.unique(nan[nan])
    return statistics


@party_op("categories.counts", counts=("counts *", "none *", "nan *", "other *"))
def count_categories(
    X: Any, dtypes: Sequence[str], values: Sequence[Array], skip: Sequence[Any]
) -> Statistics:
    """How often each given value, each kind of missing value, and anything else occurs."""
    statistics: dict[str, Any] = {}
    for number, column in enumerate(_columns(X, dtypes, skip)):
        none, nan = _missing(column)
        known = pd.Index(values[number].tolist(), dtype=object)
        positions = known.get_indexer(pd.Index(column[~(none | nan)].tolist(), dtype=object))
        statistics[f"counts {number}"] = np.bincount(
            positions[positions >= 0], minlength=len(known)
        )
        statistics[f"none {number}"] = np.count_nonzero(none)
        statistics[f"nan {number}"] = np.count_nonzero(nan)
        statistics[f"other {number}"] = np.count_nonzero(positions < 0)
    return statistics


def _columns(X: Any, dtypes: Sequence[str], skip: Sequence[Any]) -> Iterator[Array]:
    rows = as_pooled(X, dtypes)
    for number in range(rows.shape[1] if rows.ndim == 2 else 1):
        if rows.ndim == 1:
            column = rows
        else:
            column = rows.iloc[:, number] if isinstance(rows, pd.DataFrame) else rows[:, number]
        values = as_array(column)
        for marker in skip:
            values = values[~_get_mask(values, marker)]
        yield values


def _missing(column: Array) -> tuple[Mask, Mask]:
    """Where a column is None, and where it is NaN."""
    if column.dtype.kind not in "fO":
        nowhere = np.zeros(len(column), dtype=bool)
        return nowhere, nowhere
    none = np.fromiter((value is None for value in column.tolist()), bool, len(column))
    return none, np.asarray(pd.isna(column)) & ~none


def _distinct(values: Array) -> Array:
    if values.dtype.kind == "O":
        return np.asarray(pd.unique(values))
    return np.unique(values)
