"""``AdditiveChi2Sampler``: each value by itself; there is nothing to learn from the others."""

from __future__ import annotations

from sklearn.kernel_approximation import AdditiveChi2Sampler

from fedruntime.cohort import Cohort
from fedruntime.estimators.public_fit import fit_on_zeros, refuse_negative
from fedruntime.estimators.registry import Exactness, federated


@federated(
    AdditiveChi2Sampler,
    Exactness.EXACT,
    "works value by value; only the columns are learnt",
)
def fit(model: AdditiveChi2Sampler, cohort: Cohort) -> None:
    """Fit scikit-learn's own sampler on a public table."""
    refuse_negative(model, fit_on_zeros(model, cohort))
