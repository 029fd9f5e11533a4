"""``PolynomialCountSketch``: random hashes, drawn for the number of columns."""

from __future__ import annotations

from sklearn.kernel_approximation import PolynomialCountSketch

from fedruntime.cohort import Cohort
from fedruntime.estimators.public_fit import fit_on_zeros
from fedruntime.estimators.registry import Exactness, federated


@federated(
    PolynomialCountSketch,
    Exactness.EXACT,
    "hashes are drawn from random_state, as in scikit-learn; only the columns are learnt",
)
def fit(model: PolynomialCountSketch, cohort: Cohort) -> None:
    """Fit scikit-learn's own sketch on a public table."""
    fit_on_zeros(model, cohort)
