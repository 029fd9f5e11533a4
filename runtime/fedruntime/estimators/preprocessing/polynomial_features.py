"""``PolynomialFeatures``: products within each row, of which the number of columns decides."""

from __future__ import annotations

from sklearn.preprocessing import PolynomialFeatures

from fedruntime.cohort import Cohort
from fedruntime.estimators.public_fit import fit_on_zeros
from fedruntime.estimators.registry import Exactness, federated


@federated(PolynomialFeatures, Exactness.EXACT, "works row by row; only the columns are learnt")
def fit(model: PolynomialFeatures, cohort: Cohort) -> None:
    """Fit scikit-learn's own expansion on a public table."""
    fit_on_zeros(model, cohort)
