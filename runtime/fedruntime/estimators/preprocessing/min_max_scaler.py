"""``MinMaxScaler``: the extremes of every column, which each party reveals."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import MinMaxScaler

from fedruntime.cohort import Cohort
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, example, labelled, require_table
from fedruntime.operations import Statistics, party_op


@federated(
    MinMaxScaler, Exactness.EXACT, "minimum and maximum of every column, revealed by each party"
)
def fit(model: MinMaxScaler, cohort: Cohort) -> None:
    """Fit scikit-learn's own scaler on two public rows: the minima and the maxima."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    if X.facts.kind == "sparse":
        model.fit(example(X.facts))  # refuses in scikit-learn's words
    rows = cohort.replace(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    lowest = rows.minimum(column_minima)["minimum"]
    highest = rows.maximum(column_maxima)["maximum"]
    model.fit(labelled(X, np.stack([lowest, highest])))
    model.n_samples_seen_ = cohort.n_samples


@party_op("columns.minima", reveals="the minima of columns")
def column_minima(X: Any) -> Statistics:
    """The smallest value of every column; NaN where there is none."""
    return {"minimum": np.fmin.reduce(X, axis=0, initial=np.nan)}


@party_op("columns.maxima", reveals="the maxima of columns")
def column_maxima(X: Any) -> Statistics:
    """The largest value of every column; NaN where there is none."""
    return {"maximum": np.fmax.reduce(X, axis=0, initial=np.nan)}
