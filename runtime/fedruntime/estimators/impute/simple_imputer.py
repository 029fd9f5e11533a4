"""``SimpleImputer``: what stands in for missing values, by column, from sums and counts.

Means are summed, medians found by radix selection, and most frequent values by summed counts of the
distinct values, which each party reveals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer

from fedruntime.cohort import Cohort
from fedruntime.estimators.categories import Categories, categories_of, category_counts
from fedruntime.estimators.column_sums import column_sums
from fedruntime.estimators.impute.missing import count_missing, holed_example, holed_rows
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import example, require_table
from fedruntime.messages import Array
from fedruntime.operations import row_op
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
    of_sparse = X.facts.kind == "sparse"
    if of_sparse and model.missing_values == 0:
        model.fit(example(X.facts))  # refuses in scikit-learn's words
    numeric = model.strategy in ("mean", "median")
    rows = holed_rows(cohort, model.missing_values, numeric=numeric)
    counts = rows.sum(count_missing, marker=np.nan if numeric else model.missing_values)
    missing = counts["missing"]
    # scikit-learn has a constant stand in where a sparse column stores some value only.
    total = counts["stored"] if model.strategy == "constant" else cohort.n_samples
    observed = missing < total
    model.fit(holed_example(X.facts, model.missing_values, missing > 0, observed))
    if model.strategy == "constant":
        return
    if of_sparse and model.strategy == "most_frequent":
        rows = rows.only(X=rows.derive(as_dense))
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


@row_op("simple_imputer.dense")
def as_dense(X: Any) -> Array:
    """Sparse rows as an array."""
    return np.asarray(X.toarray())
