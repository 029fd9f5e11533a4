"""``MissingIndicator``: in which columns values are missing, from counts."""

from __future__ import annotations

from sklearn.impute import MissingIndicator

from fedruntime.cohort import Cohort
from fedruntime.estimators.impute.missing import count_missing, holed_example, holed_rows
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import example, require_table


@federated(MissingIndicator, Exactness.EXACT, "summed counts of missing values, by column")
def fit(model: MissingIndicator, cohort: Cohort) -> None:
    """Fit scikit-learn's own indicator on public rows with holes in the same columns."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    marker = model.missing_values
    model.fit(example(X.facts))  # refuses kinds of rows in scikit-learn's words
    counts = holed_rows(cohort, marker).sum(count_missing, marker=marker)
    missing = counts["missing"]
    model.fit(holed_example(X.facts, marker, missing > 0, missing < cohort.n_samples))
