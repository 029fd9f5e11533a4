"""``OneHotEncoder``: the categories of every column, which each party reveals, and their counts
where infrequent ones are grouped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import OneHotEncoder

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.categories import categories_of, category_counts
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import column_name, example, require_table, table
from fedruntime.messages import Array


@federated(
    OneHotEncoder,
    Exactness.EXACT,
    "union of the parties' categories, revealed by each; summed counts where infrequent ones group",
)
def fit(model: OneHotEncoder, cohort: Cohort) -> None:
    """Fit scikit-learn's own encoder on a public table that holds each category once."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    if X.facts.kind == "sparse":
        model.fit(example(X.facts))  # refuses in scikit-learn's words
    grouping = model.min_frequency is not None or model.max_categories is not None
    if isinstance(model.categories, str):
        found = [list(column) for column in categories_of(cohort)]
        longest = max(map(len, found))
        public = table(X.facts, [_padded(column, longest) for column in found])
    else:
        _check_number(model, cohort)
        found = [list(np.asarray(given, dtype=object)) for given in model.categories]
        public = table(X.facts, [column[:1] for column in found])
        if model.handle_unknown == "error":
            _refuse_unknown(cohort, found)
    if not grouping:
        model.fit(public)
        return
    _group(model, public, cohort.n_samples, _counts(cohort, found))


def _group(model: OneHotEncoder, public: Any, n_samples: int, counts: list[Array]) -> None:
    """Fit with infrequent categories, which scikit-learn tells by counts of the pooled rows.

    These are the steps that ``OneHotEncoder.fit`` takes once it has counted.
    """
    plain = clone(model).set_params(drop=None, min_frequency=None, max_categories=None).fit(public)
    for name, value in vars(plain).items():
        if name.endswith("_"):
            setattr(model, name, value)
    model._check_infrequent_enabled()
    if model._infrequent_enabled:
        model._fit_infrequent_category_mapping(n_samples, counts, {})
    model._set_drop_idx()
    model._n_features_outs = model._compute_n_features_outs()


def _counts(cohort: Cohort, found: list[list[Any]]) -> list[Array]:
    """Counts in the order of the categories, those of missing values at their places."""
    sums = category_counts(cohort, [_present(column) for column in found])
    ordered = []
    for number, column in enumerate(found):
        counts = iter(sums["counts"][number].tolist())
        none, nan = sums["none"][number].item(), sums["nan"][number].item()
        ordered.append(
            np.array([none if c is None else nan if _is_nan(c) else next(counts) for c in column])
        )
    return ordered


def _refuse_unknown(cohort: Cohort, given: list[list[Any]]) -> None:
    sums = category_counts(cohort, [_present(column) for column in given])
    for number, column in enumerate(given):
        unknown = sums["other"][number] > 0
        unknown |= sums["none"][number] > 0 and not any(c is None for c in column)
        unknown |= sums["nan"][number] > 0 and not any(map(_is_nan, column))
        if unknown:
            raise DataError(
                f"Found unknown categories in column {column_name(cohort['X'].facts, number)} "
                "during fit: add them to categories="
            )


def _check_number(model: OneHotEncoder, cohort: Cohort) -> None:
    if len(model.categories) != cohort.n_features:
        raise DataError(
            "Shape mismatch: if categories is an array, it has to be of shape (n_features,)."
        )


def _padded(column: list[Any], length: int) -> list[Any]:
    return column + column[-1:] * (length - len(column))


def _present(column: list[Any]) -> Array:
    values = [value for value in column if value is not None and not _is_nan(value)]
    present = np.empty(len(values), dtype=object)
    present[:] = values
    return present


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and np.isnan(value)
