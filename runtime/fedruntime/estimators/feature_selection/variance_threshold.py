"""``VarianceThreshold``: variances of the columns from sums, and their ranges where the threshold
is zero, so that rounding does not let a constant column pass.
"""

from __future__ import annotations

import numpy as np
from sklearn.feature_selection import VarianceThreshold

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.column_extremes import column_extremes
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.design import record_features
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.tables import as_numbers, require_table


def level_of(model: VarianceThreshold) -> Level | None:
    """A threshold above zero needs no extremes."""
    if model.threshold == 0:
        return None
    return Exactness.EXACT, "sums of values, then of squared deviations"


@federated(
    VarianceThreshold,
    Exactness.EXACT,
    "sums of values and squared deviations; each party reveals the extremes of its columns",
    judge=level_of,
)
def fit(model: VarianceThreshold, cohort: Cohort) -> None:
    """Fit as ``VarianceThreshold.fit`` does on the pooled rows.

    Raises
    ------
    DataError
        If no column varies by more than the threshold.
    """
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    record_features(model, X)
    rows = cohort.only(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    sums = rows.sum(column_sums)
    with np.errstate(invalid="ignore"):
        spread = rows.sum(column_deviations, mean=np.nan_to_num(sums["sum"] / sums["weight"]))
        corrected = spread["square"] - spread["deviation"] ** 2 / sums["weight"]
        model.variances_ = np.maximum(corrected / sums["weight"], 0.0)
    if model.threshold == 0:
        lowest, highest = column_extremes(rows)
        ranges = np.asarray(highest - lowest, dtype=np.float64)
        # numpy has no range of a column with holes, which saves it only if it varies.
        ranges[(sums["count"] < cohort.n_samples) & (ranges > 0)] = np.nan
        model.variances_ = np.fmin(model.variances_, ranges)
    if np.all(~np.isfinite(model.variances_) | (model.variances_ <= model.threshold)):
        only = " (X contains only one sample)" if cohort.n_samples == 1 else ""
        raise DataError(f"No feature in X meets the variance threshold {model.threshold:.5f}{only}")
