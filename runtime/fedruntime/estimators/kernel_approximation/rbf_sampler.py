"""``RBFSampler``: random weights, which depend on the number of columns and ``random_state``."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.kernel_approximation import RBFSampler

from fedruntime.cohort import Cohort
from fedruntime.estimators.public_fit import fit_on_zeros
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op


@federated(
    RBFSampler,
    Exactness.EXACT,
    "weights are drawn from random_state, as in scikit-learn; only the columns are learnt",
    when={("gamma", "scale"): (Exactness.EXACT, "sums give the variance; weights are drawn")},
)
def fit(model: RBFSampler, cohort: Cohort) -> None:
    """Fit scikit-learn's own sampler on a public table, with gamma from the pooled variance."""
    model._validate_params()
    if model.gamma != "scale":
        fit_on_zeros(model, cohort)
        return
    # Weights for gamma = 1/2 are the plain draws, which the pooled gamma scales.
    model.gamma = 0.5
    try:
        scale_weights(model, fit_on_zeros(model, cohort))
    finally:
        model.gamma = "scale"


def scale_weights(model: RBFSampler, rows: Cohort) -> None:
    """Put the gamma in that the variance of all values of the rows gives."""
    n_values = rows.n_samples * rows.n_features
    mean = float(rows.sum(sum_of_values)["sum"] / n_values)
    spread = rows.sum(deviations_of_values, mean=mean)
    variance = np.float64((spread["square"] - spread["deviation"] ** 2 / n_values) / n_values)
    model._gamma = 1.0 / (rows.n_features * variance) if variance != 0 else 1.0
    weights = (2.0 * model._gamma) ** 0.5 * model.random_weights_
    model.random_weights_ = weights.astype(model.random_weights_.dtype)


@party_op("rbf_sampler.sum")
def sum_of_values(X: Any) -> Statistics:
    """The sum of all values."""
    return {"sum": float(X.sum(dtype=np.float64))}


@party_op("rbf_sampler.deviations")
def deviations_of_values(X: Any, mean: float) -> Statistics:
    """Sums of the deviations of all values from a given mean, and of their squares."""
    if hasattr(X, "toarray"):
        stored = X.data - mean
        zeros = X.shape[0] * X.shape[1] - len(stored)
        return {
            "deviation": float(stored.sum() - zeros * mean),
            "square": float(stored @ stored + zeros * mean**2),
        }
    deviation = square = 0.0
    for block in row_blocks(*X.shape):
        values = X[block].ravel() - mean
        deviation += float(values.sum())
        square += float(values @ values)
    return {"deviation": deviation, "square": square}
