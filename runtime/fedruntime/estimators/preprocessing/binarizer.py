"""``Binarizer``: each value by itself; there is nothing to learn from the others."""

from __future__ import annotations

from sklearn.preprocessing import Binarizer

from fedruntime.cohort import Cohort
from fedruntime.estimators.public_fit import fit_on_zeros
from fedruntime.estimators.registry import Exactness, federated


@federated(Binarizer, Exactness.EXACT, "works value by value; only the columns are learnt")
def fit(model: Binarizer, cohort: Cohort) -> None:
    """Fit scikit-learn's own binarizer on a public table."""
    fit_on_zeros(model, cohort)
