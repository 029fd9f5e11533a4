"""``RobustScaler``: medians and quantile ranges of the columns by radix selection."""

from __future__ import annotations

import numpy as np
from scipy import sparse, stats
from sklearn.preprocessing import RobustScaler
from sklearn.preprocessing._data import _handle_zeros_in_scale

from fedruntime.cohort import Cohort
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, labelled, require_table
from fedruntime.order_statistics import quantiles_and_medians


@federated(
    RobustScaler,
    Exactness.EXACT,
    "medians and quantiles by radix selection over summed counts, equal to the last bit",
)
def fit(model: RobustScaler, cohort: Cohort) -> None:
    """Fit as ``RobustScaler.fit`` does on the pooled rows, medians and quantiles in one search."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    _fit_example(model, cohort)
    if not (model.with_centering or model.with_scaling):
        cohort.derive(as_numbers, dtypes=X.facts.dtypes)  # refuses what are no numbers
        return
    rows = cohort.only(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    levels = np.true_divide(model.quantile_range, 100) if model.with_scaling else []
    quantiles, medians = quantiles_and_medians(rows, levels)
    if model.with_centering:
        model.center_ = medians.astype(model.center_.dtype)
    if model.with_scaling:
        ranges = (quantiles[1] - quantiles[0]).astype(model.scale_.dtype)
        model.scale_ = _handle_zeros_in_scale(ranges, copy=False)
        if model.unit_variance:
            low, high = model.quantile_range
            model.scale_ = model.scale_ / (
                stats.norm.ppf(high / 100.0) - stats.norm.ppf(low / 100.0)
            )


def _fit_example(model: RobustScaler, cohort: Cohort) -> None:
    """Let scikit-learn check parameters, record names, and choose dtypes, on two public rows."""
    X = cohort["X"]
    kind = np.float32 if set(X.facts.dtypes) == {"float32"} else np.float64
    example = labelled(X, np.zeros((2, cohort.n_features), dtype=kind))
    model.fit(sparse.csr_matrix(example) if X.facts.kind == "sparse" else example)
