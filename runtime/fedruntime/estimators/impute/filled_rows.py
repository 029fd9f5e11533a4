"""Rows in the course of an iterative imputation: what is filled in stays at the parties, and so
does where something was missing. An imputer learns from the rows that have a value, and how far the
filled values still move is told by a count.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.estimators.column_sums import column_sums
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.estimators.state import export_state, import_state
from fedruntime.messages import Array, Public
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import order_statistics, value_counts


class FilledRows:
    """The rows of an imputation.

    Parameters
    ----------
    cohort : Cohort
    filled : Handle
        The rows without holes, as they are at the start.
    missing : Handle
        Where they had holes: booleans of the same shape.
    """

    def __init__(self, cohort: Cohort, filled: Handle, missing: Handle) -> None:
        self._cohort = cohort.only(X=filled, missing=missing)
        found = cohort.federation.collect(count_observed, purpose=cohort.purpose, missing=missing)
        parties = cohort.federation.parties
        self._observed = np.array([found[party]["count"] for party in parties])
        self._before = filled
        self.n_samples = len(filled)
        self.missing = self.n_samples - self._observed.sum(axis=0)

    def largest_magnitude(self) -> float:
        """Of all values that are not missing, by radix selection: no party shows its own."""
        rows = self._cohort.only(X=self._cohort.derive(largest_magnitudes))
        return float(order_statistics(rows, value_counts(rows)[np.newaxis] - 1)[0, 0])

    def training_rows(self, feature: int, neighbours: Array) -> Cohort:
        """The rows that have a value of a feature: that value as ``y``, others as ``X``.

        Parties follow one another here, which a fit does not see.
        """
        counts = [int(count) for count in self._observed[:, feature]]
        layout = RowLayout.contiguous(self._cohort.federation.parties, counts)
        picked = [
            self._cohort.federation.map(
                pick_observed,
                layout=layout,
                purpose=self._cohort.purpose,
                X=self._cohort["X"],
                missing=self._cohort["missing"],
                feature=feature,
                columns=columns,
            )
            for columns in (neighbours, feature)
        ]
        return self._cohort.only(X=picked[0], y=picked[1])

    def impute(self, feature: int, neighbours: Array, model: Any, low: float, high: float) -> None:
        """Fill the holes of a feature with a model's predictions, clipped."""
        filled = self._cohort.derive(
            impute_feature,
            state=export_state(model),
            feature=feature,
            neighbours=neighbours,
            low=low,
            high=high,
        )
        self._cohort = self._cohort.replace(X=filled)

    def has_settled(self, tolerance: float) -> bool:
        """Whether no row has moved by the tolerance since this was asked last."""
        moved = self._cohort.sum(count_moved, before=self._before, tolerance=tolerance)["count"]
        self._before = self._cohort["X"]
        return not moved

    def stand_in(self) -> Array:
        """A few public rows whose columns are correlated as those of the filled rows."""
        sums = self._cohort.sum(column_sums)
        products = self._cohort.sum(centred_products, mean=sums["sum"] / self.n_samples)
        deviation = np.sqrt(np.diag(products["product"]))
        deviation[deviation == 0] = 1.0
        values, vectors = np.linalg.eigh(products["product"] / np.outer(deviation, deviation))
        root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
        return np.concatenate([root, -root])


@row_op("iterative_imputer.missing")
def where_missing(X: Array, columns: Array, empty: Array) -> Array:
    """Where some columns have holes; those that are empty at all parties count as filled."""
    return np.isnan(X[:, columns]) & ~empty[columns]


@row_op("iterative_imputer.magnitudes")
def largest_magnitudes(X: Array, missing: Array) -> Array:
    """The largest magnitude of each row's values, as a table; NaN where all are missing."""
    there = np.where(missing, np.nan, abs(X))
    return np.asarray(np.fmax.reduce(there, axis=1, initial=np.nan, keepdims=True))


@party_op(
    "iterative_imputer.observed",
    reveals="how many values of each column a party has",
    counts=("count",),
)
def count_observed(missing: Array) -> Statistics:
    """The number of values that are there, by column."""
    return {"count": np.count_nonzero(~missing, axis=0)}


@row_op("iterative_imputer.training")
def pick_observed(X: Array, missing: Array, feature: int, columns: Any) -> Array:
    """Columns of the rows that have a value of a feature."""
    return np.ascontiguousarray(X[~missing[:, feature]][:, columns])


@row_op("iterative_imputer.imputed")
def impute_feature(
    X: Array,
    missing: Array,
    state: Public,
    feature: int,
    neighbours: Array,
    low: float,
    high: float,
) -> Array:
    """The rows with the holes of one feature filled by a model's predictions."""
    holes = missing[:, feature]
    if not holes.any():
        return X
    filled: Array = X.copy()
    predicted = import_state(state).predict(X[holes][:, neighbours])
    filled[holes, feature] = np.clip(predicted, low, high)
    return filled


@party_op("iterative_imputer.moved")
def count_moved(X: Array, before: Array, tolerance: float) -> Statistics:
    """In how many rows the changes add up to the tolerance or more."""
    count = 0
    for block in row_blocks(*X.shape):
        count += int((abs(X[block] - before[block]).sum(axis=1) >= tolerance).sum())
    return {"count": count}


@party_op("iterative_imputer.products")
def centred_products(X: Array, mean: Array) -> Statistics:
    """The products of the columns about given means."""
    product = np.zeros((X.shape[1], X.shape[1]))
    for block in row_blocks(*X.shape):
        centred = X[block] - mean
        product += centred.T @ centred
    return {"product": product}
