"""``Normalizer``: each row by itself; there is nothing to learn from the others."""

from __future__ import annotations

from sklearn.preprocessing import Normalizer

from fedruntime.cohort import Cohort
from fedruntime.estimators.public_fit import fit_on_zeros
from fedruntime.estimators.registry import Exactness, federated


@federated(Normalizer, Exactness.EXACT, "works row by row; only the columns are learnt")
def fit(model: Normalizer, cohort: Cohort) -> None:
    """Fit scikit-learn's own normalizer on a public table."""
    fit_on_zeros(model, cohort)
