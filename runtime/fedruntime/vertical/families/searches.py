"""Searches over parameters across columns: scikit-learn's own, as elsewhere; each candidate is
fitted across columns.
"""

from __future__ import annotations

from typing import Any

from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)

from fedruntime.estimators.registry import family_of
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.registry import Fitted, across_columns, family_across, fitted_across


@across_columns(
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    reveals="what fits of its candidates reveal; with stratified folds, which rows are in which",
)
def fit_search(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit by scikit-learn's own search; errors are those of its candidates."""
    family_across(model.estimator)
    family_of(model).fit(model, cohort)
    return fitted_across(model.best_estimator_)
