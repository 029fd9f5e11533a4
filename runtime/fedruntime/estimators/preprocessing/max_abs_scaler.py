"""``MaxAbsScaler``: the largest magnitude of every column, which each party reveals."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import MaxAbsScaler

from fedruntime.cohort import Cohort
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, labelled, require_table
from fedruntime.operations import Statistics, party_op


@federated(
    MaxAbsScaler, Exactness.EXACT, "largest magnitude of every column, revealed by each party"
)
def fit(model: MaxAbsScaler, cohort: Cohort) -> None:
    """Fit scikit-learn's own scaler on one public row: the largest magnitudes."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    rows = cohort.replace(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    largest = rows.maximum(column_magnitudes)["magnitude"]
    model.fit(labelled(X, largest[np.newaxis]))
    model.n_samples_seen_ = cohort.n_samples


@party_op("columns.magnitudes", reveals="the largest magnitudes of columns")
def column_magnitudes(X: Any) -> Statistics:
    """The largest absolute value of every column; NaN where there is none."""
    if not sparse.issparse(X):
        # Without a temporary of the size of X.
        lowest = np.fmin.reduce(X, axis=0, initial=np.nan)
        highest = np.fmax.reduce(X, axis=0, initial=np.nan)
        return {"magnitude": np.maximum(np.abs(lowest), np.abs(highest))}
    largest = np.full(X.shape[1], np.nan, dtype=X.dtype)
    largest[np.bincount(X.indices, minlength=X.shape[1]) < X.shape[0]] = 0
    np.fmax.at(largest, X.indices, np.abs(X.data))
    return {"magnitude": largest}
