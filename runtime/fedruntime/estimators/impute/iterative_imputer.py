"""``IterativeImputer``: each column with holes is predicted from the others, in turn, by the
federated fit of the estimator that the imputer is given.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.impute._iterative import IterativeImputer, _ImputerTriplet
from sklearn.linear_model import BayesianRidge

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.impute.filled_rows import FilledRows, where_missing
from fedruntime.estimators.impute.missing import count_missing, holed_example, holed_rows
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, example, require_table
from fedruntime.messages import Array


def parts_of(model: IterativeImputer) -> list[tuple[str, Any]]:
    """The estimator that is fitted for every column, and the imputer of the start."""
    estimator = BayesianRidge() if model.estimator is None else model.estimator
    return [("estimator", estimator), ("initial", SimpleImputer(strategy=model.initial_strategy))]


@federated(
    IterativeImputer,
    Exactness.EXACT,
    "federated fits of the estimator, column by column; each party reveals how many values of "
    "each column it has",
    parameters={"sample_posterior": (False,)},
    parts=parts_of,
)
def fit(model: IterativeImputer, cohort: Cohort) -> None:
    """Fit as ``IterativeImputer.fit`` does on the pooled rows."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    if X.facts.kind == "sparse":
        model.fit(example(X.facts))  # refuses in scikit-learn's words
    rows = holed_rows(cohort, model.missing_values, numeric=True)
    missing = rows.sum(count_missing, marker=np.nan)["missing"]
    empty = missing == cohort.n_samples
    _fit_example(model, holed_example(X.facts, model.missing_values, missing > 0, ~empty))
    numbers = cohort.only(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    initial = model.initial_imputer_
    registry.fit(initial, numbers.named(f"{cohort.purpose}: initial"))
    columns = _columns(model, empty)
    if not _has_something_to_do(model, missing[columns], cohort.n_samples):
        return
    _set_limits(model, len(columns), empty)
    holes = rows.derive(where_missing, columns=columns, empty=empty & model.keep_empty_features)
    _impute(model, FilledRows(rows, apply(initial, "transform", numbers["X"]), holes))


def _fit_example(model: IterativeImputer, public: Any) -> None:
    """Let scikit-learn check parameters, record names, and fit the indicator: no iterations."""
    given = model.max_iter
    model.max_iter = 0
    try:
        model.fit(public)
    finally:
        model.max_iter = given


def _columns(model: IterativeImputer, empty: Array) -> Array:
    """The columns that are imputed: those that the imputer of the start leaves."""
    if model.keep_empty_features:
        return np.arange(len(empty))
    if not hasattr(model, "_is_empty_feature"):  # before 1.6 its statistics told
        empty = np.isnan(model.initial_imputer_.statistics_.astype(np.float64))
    return np.flatnonzero(~empty)


def _has_something_to_do(model: IterativeImputer, missing: Array, n_samples: int) -> bool:
    # Up to scikit-learn 1.6 an imputer that keeps empty columns left it at the initial values.
    idle = model.keep_empty_features and not hasattr(model, "_is_empty_feature")
    return (
        model.max_iter > 0 and len(missing) > 1 and not idle and bool((missing < n_samples).any())
    )


def _set_limits(model: IterativeImputer, n_columns: int, empty: Array) -> None:
    for kind in ("min", "max"):
        limit = [getattr(model, f"{kind}_value"), kind, n_columns]
        if "is_empty_feature" in inspect.signature(model._validate_limit).parameters:
            limit += [empty, model.keep_empty_features]
        setattr(model, f"_{kind}_value", model._validate_limit(*limit))
    if not np.all(np.greater(model._max_value, model._min_value)):
        raise DataError("One (or more) features have min_value >= max_value.")


class _Fractions:
    """The fraction of missing values by column, which scikit-learn takes as the mean of a mask."""

    def __init__(self, fractions: Array) -> None:
        self._fractions = fractions

    def mean(self, axis: int) -> Array:
        return self._fractions


def _impute(model: IterativeImputer, rows: FilledRows) -> None:
    """The iterations of ``IterativeImputer.fit_transform``."""
    tolerance = float(model.tol * rows.largest_magnitude())
    n_columns = len(rows.missing)
    fractions = _Fractions(rows.missing / rows.n_samples)
    order = model._get_ordered_idx(fractions)
    model.n_features_with_missing_ = len(order)
    correlated = model.n_nearest_features is not None and model.n_nearest_features < n_columns
    correlations = model._get_abs_corr_mat(rows.stand_in()) if correlated else None
    for iteration in range(1, model.max_iter + 1):
        model.n_iter_ = iteration
        if model.imputation_order == "random":
            order = model._get_ordered_idx(fractions)
        for feature in order:
            neighbours = model._get_neighbor_feat_idx(n_columns, feature, correlations)
            estimator = clone(model._estimator)
            registry.fit(estimator, rows.training_rows(int(feature), neighbours))
            model.imputation_sequence_.append(_ImputerTriplet(feature, neighbours, estimator))
            if rows.missing[feature]:
                low, high = float(model._min_value[feature]), float(model._max_value[feature])
                rows.impute(int(feature), neighbours, estimator, low, high)
        if rows.has_settled(tolerance):
            return
    warnings.warn(
        "[IterativeImputer] Early stopping criterion not reached.",
        ConvergenceWarning,
        stacklevel=2,
    )
