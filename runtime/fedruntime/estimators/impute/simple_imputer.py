"""``SimpleImputer``: what stands in for missing values, by column, from sums and counts.

Means are summed, medians found by radix selection, and most frequent values by summed counts of the
distinct values, which each party reveals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.utils._mask import _get_mask

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.categories import Categories, categories_of, category_counts
from fedruntime.estimators.column_sums import column_sums
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import (
    as_array,
    as_numbers,
    as_pooled,
    columns_text,
    refuse_infinity,
    require_table,
    table,
)
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import medians


@federated(
    SimpleImputer,
    Exactness.EXACT,
    "sums for means, radix selection for medians; distinct values revealed for most_frequent",
    parameters={"strategy": ("mean", "median", "most_frequent", "constant")},
)
def fit(model: SimpleImputer, cohort: Cohort) -> None:
    """Fit scikit-learn's own imputer on two public rows with holes where the pooled columns have
    them, and put the pooled statistics in.
    """
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    if X.facts.kind == "sparse":
        raise UnsupportedError(
            "SimpleImputer has no federated fit for sparse rows; use X.toarray()"
        )
    numeric = model.strategy in ("mean", "median")
    rows = cohort.replace(
        X=cohort.derive(
            imputer_rows, dtypes=X.facts.dtypes, numeric=numeric, marker=model.missing_values
        )
    )
    missing = rows.sum(count_missing, marker=np.nan if numeric else model.missing_values)["missing"]
    observed = missing < cohort.n_samples
    model.fit(_example(model, cohort, missing > 0, observed))
    if model.strategy == "constant":
        return
    model.statistics_[observed] = _statistics(model, rows)[observed]


def _statistics(model: SimpleImputer, rows: Cohort) -> Array:
    if model.strategy == "mean":
        sums = rows.sum(column_sums)
        with np.errstate(invalid="ignore"):
            return np.asarray(sums["sum"] / sums["weight"])
    if model.strategy == "median":
        return medians(rows)
    skip = [model.missing_values]
    found = categories_of(rows, skip=skip)
    counted = category_counts(rows, [column.values for column in found], skip=skip)
    most_frequent = np.empty(len(found), dtype=object)
    for number, column in enumerate(found):
        none = int(counted["none"][number])
        most_frequent[number] = _most_frequent(column, counted["counts"][number], none)
    return most_frequent


def _most_frequent(column: Categories, counts: Array, none: int) -> Any:
    """The smallest of the values that occur most often, as scikit-learn has it."""
    if not len(counts) or none > counts.max():
        return None
    return column.values[np.argmax(counts)]


def _example(model: SimpleImputer, cohort: Cohort, holed: Array, observed: Array) -> Any:
    """A row of any value and a row with the holes; columns without a value have two."""
    marker = model.missing_values
    value = 1 if marker == 0 else 0
    columns = [
        [value if there else marker, marker if hole else value]
        for hole, there in zip(holed, observed, strict=True)
    ]
    return table(cohort["X"].facts, columns)


@row_op("simple_imputer.rows")
def imputer_rows(X: Any, dtypes: Any, numeric: bool, marker: Any) -> Any:
    """A party's rows as one array; for means and medians floats with NaN for what is missing."""
    pooled = as_pooled(X, dtypes)
    array = as_numbers(X, dtypes) if numeric else as_array(pooled)
    if array.dtype.kind == "f":
        refuse_infinity(array, pooled)
    if not (isinstance(marker, float) and np.isnan(marker)):
        _refuse_nan(array, pooled)
        if numeric:
            array = np.where(_get_mask(array, marker), np.nan, array)
    return array


def _refuse_nan(array: Array, pooled: Any) -> None:
    if array.dtype.kind not in "fO":
        return
    bad = _get_mask(array, np.nan).any(axis=0)
    if bad.any():
        raise DataError(
            f"{columns_text(pooled, np.flatnonzero(bad))}: Input X contains NaN, which is not "
            "what missing_values of this imputer says"
        )


@party_op("simple_imputer.missing")
def count_missing(X: Array, marker: Any) -> Statistics:
    """The number of missing values, by column."""
    return {"missing": np.count_nonzero(_get_mask(X, marker), axis=0)}
