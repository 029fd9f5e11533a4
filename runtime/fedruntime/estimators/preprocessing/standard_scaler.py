"""``StandardScaler``: means and variances of the columns from sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler
from sklearn.preprocessing._data import _handle_zeros_in_scale, _is_constant_feature

from fedruntime.cohort import Cohort
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.design import as_weights
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, labelled, require_table
from fedruntime.messages import Array


@federated(StandardScaler, Exactness.EXACT, "sums of values, then of squared deviations")
def fit(model: StandardScaler, cohort: Cohort) -> None:
    """Fit as ``StandardScaler.partial_fit`` does on the pooled rows, in two rounds.

    Constant features are told by scikit-learn's own rule. With float32 rows scikit-learn rounds
    intermediate results to single precision in places; sums here are exact.
    """
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    weighted = cohort.has("sample_weight")
    _fit_example(model, cohort, weighted)
    weights = cohort.derive(as_weights) if weighted else None
    rows = cohort.replace(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes), sample_weight=weights)
    sums = rows.sum(column_sums)
    # Dense rows that are neither centred nor scaled are counted without their weights.
    counted = not (model.with_mean or model.with_std or X.facts.kind == "sparse")
    seen = sums["weight"] if weighted and not counted else sums["count"]
    model.n_samples_seen_ = _seen(seen, np.asarray(model.n_samples_seen_).dtype)
    if model.mean_ is None:
        return
    with np.errstate(invalid="ignore"):
        model.mean_ = sums["sum"] / sums["weight"]
    if not model.with_std:
        return
    centre = np.nan_to_num(model.mean_)
    spread = rows.sum(column_deviations, mean=centre)
    with np.errstate(invalid="ignore"):
        corrected = spread["square"] - spread["deviation"] ** 2 / sums["weight"]
        model.var_ = corrected / sums["weight"]
    constant = _is_constant_feature(model.var_, model.mean_, model.n_samples_seen_)
    model.scale_ = _handle_zeros_in_scale(np.sqrt(model.var_), copy=False, constant_mask=constant)


def _fit_example(model: StandardScaler, cohort: Cohort, weighted: bool) -> None:
    """Let scikit-learn check parameters, record names, and choose dtypes, on two public rows."""
    X = cohort["X"]
    example = labelled(X, np.zeros((2, cohort.n_features)))
    if X.facts.kind == "sparse":
        example = sparse.csr_matrix(example)
    model.fit(example, sample_weight=np.ones(2) if weighted else None)


def _seen(count: Array, dtype: Any) -> Any:
    count = count.astype(dtype)
    return count[0] if np.ptp(count) == 0 else count
