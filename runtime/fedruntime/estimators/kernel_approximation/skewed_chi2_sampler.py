"""``SkewedChi2Sampler``: random weights, drawn for the number of columns."""

from __future__ import annotations

from sklearn.kernel_approximation import SkewedChi2Sampler

from fedruntime.cohort import Cohort
from fedruntime.estimators.public_fit import fit_on_zeros
from fedruntime.estimators.registry import Exactness, federated


@federated(
    SkewedChi2Sampler,
    Exactness.EXACT,
    "weights are drawn from random_state, as in scikit-learn; only the columns are learnt",
)
def fit(model: SkewedChi2Sampler, cohort: Cohort) -> None:
    """Fit scikit-learn's own sampler on a public table."""
    fit_on_zeros(model, cohort)
