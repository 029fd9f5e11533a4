"""Rows with missing values, as imputers and indicators see them: which values are missing, how many
of each column, and public tables with holes in the same columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils._mask import _get_mask

from fedruntime.cohort import Cohort
from fedruntime.data.facts import Facts
from fedruntime.errors import DataError
from fedruntime.estimators.tables import (
    as_array,
    as_numbers,
    as_pooled,
    columns_text,
    refuse_infinity,
    table,
)
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op


def holed_rows(cohort: Cohort, marker: Any, *, numeric: bool = False) -> Cohort:
    """The rows as arrays or CSR matrices, as ``holed_array`` makes them."""
    dtypes = cohort["X"].facts.dtypes
    return cohort.only(X=cohort.derive(holed_array, dtypes=dtypes, numeric=numeric, marker=marker))


def holed_example(facts: Facts, marker: Any, holed: Array, observed: Array) -> Any:
    """A public row of any value and one with the holes; columns without a value have two.

    Parameters
    ----------
    facts : Facts
    marker : scalar
        What stands for a missing value.
    holed, observed : ndarray of bool
        Which columns have missing values, and which have others.
    """
    # A value that a sparse matrix stores.
    value = next(value for value in (1, 2) if value != marker) if facts.kind == "sparse" else 0
    if facts.kind != "sparse" and marker == 0:
        value = 1
    columns = []
    for hole, there in zip(holed, observed, strict=True):
        if there:
            columns.append([value, marker if hole else value])
        elif hole:
            columns.append([marker, marker])
        else:
            columns.append([0, 0])
    return table(facts, columns)


@row_op("impute.rows")
def holed_array(X: Any, dtypes: Any, numeric: bool, marker: Any) -> Any:
    """A party's rows as one array or CSR matrix; numeric ones are floats with NaN for what is
    missing.

    Raises
    ------
    DataError
        For infinity, and for NaN where something else stands for missing values.
    """
    pooled = as_pooled(X, dtypes)
    array = as_numbers(X, dtypes) if numeric else as_array(pooled)
    if array.dtype.kind == "f":
        refuse_infinity(array, pooled)
    if not (isinstance(marker, float) and np.isnan(marker)):
        _refuse_nan(array, pooled)
        if numeric:
            array = _with_nan(array, marker)
    return array


def _with_nan(array: Any, marker: Any) -> Any:
    if not sparse.issparse(array):
        return np.where(_get_mask(array, marker), np.nan, array)
    data = np.where(_get_mask(array.data, marker), np.nan, array.data)
    return sparse.csr_matrix((data, array.indices, array.indptr), shape=array.shape)


def _refuse_nan(array: Any, pooled: Any) -> None:
    if array.dtype.kind not in "fO":
        return
    bad = _missing_by_column(array, np.nan) > 0
    if bad.any():
        raise DataError(
            f"{columns_text(pooled, np.flatnonzero(bad))}: Input X contains NaN, which is not "
            "what missing_values of this imputer says"
        )


@party_op("impute.missing")
def count_missing(X: Any, marker: Any) -> Statistics:
    """By column the number of missing values, and of values that are stored at all."""
    stored = np.full(X.shape[1], X.shape[0], dtype=np.int64)
    if sparse.issparse(X):
        stored = np.bincount(X.indices, minlength=X.shape[1])
    return {"missing": _missing_by_column(X, marker), "stored": stored}


def _missing_by_column(X: Any, marker: Any) -> Array:
    if sparse.issparse(X):
        return np.bincount(X.indices[_get_mask(X.data, marker)], minlength=X.shape[1])
    return np.asarray(np.count_nonzero(_get_mask(X, marker), axis=0))
