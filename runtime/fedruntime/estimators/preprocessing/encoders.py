"""What the encoders of columns have in common: the categories of every column, which each party
reveals, and their summed counts where infrequent ones are grouped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.categories import categories_of, category_counts
from fedruntime.estimators.tables import column_name, example, require_table, table
from fedruntime.messages import Array


def fit_encoder(model: Any, cohort: Cohort) -> None:
    """Fit scikit-learn's own encoder on a public table that holds each category once.

    Parameters
    ----------
    model : OneHotEncoder or OrdinalEncoder
    cohort : Cohort

    Raises
    ------
    DataError
        In scikit-learn's words, but for the values that it quotes.
    RevealError
        If the values of a column hardly repeat at a party.
    """
    model._validate_params()
    require_table(cohort["X"])
    if cohort["X"].facts.kind == "sparse":
        model.fit(example(cohort["X"].facts))  # refuses in scikit-learn's words
    public, found = public_categories(
        model.categories, cohort, known=model.handle_unknown == "error"
    )
    model._check_infrequent_enabled()
    if model._infrequent_enabled:
        _fit_grouped(model, public, cohort.n_samples, _counts(cohort, found))
    else:
        model.fit(public)


def public_categories(
    categories: Any, cohort: Cohort, *, known: bool
) -> tuple[Any, list[list[Any]]]:
    """A public table from which scikit-learn learns the same categories as from the pooled rows.

    Parameters
    ----------
    categories : "auto", or a list of categories for each column
    cohort : Cohort
    known : bool
        Whether values that are not among given categories are refused.

    Returns
    -------
    table : DataFrame or ndarray
    found : list of list
        The categories of each column.
    """
    X = cohort["X"]
    if isinstance(categories, str):
        found = [list(column) for column in categories_of(cohort)]
        longest = max(map(len, found))
        return table(X.facts, [_padded(column, longest) for column in found]), found
    if len(categories) != cohort.n_features:
        raise DataError(
            "Shape mismatch: if categories is an array, it has to be of shape (n_features,)."
        )
    found = [list(np.asarray(given, dtype=object)) for given in categories]
    if known:
        _refuse_unknown(cohort, found)
    return table(X.facts, [column[:1] for column in found]), found


def _fit_grouped(model: Any, public: Any, n_samples: int, counts: list[Array]) -> None:
    """Fit on a public table, with the counts of the pooled rows in the place of its own."""
    kind = type(model)

    def mapping(self: Any, _samples: int, _counts: list[Array], missing: dict[int, int]) -> None:
        kind._fit_infrequent_category_mapping(self, n_samples, counts, missing)

    counted = type(kind.__name__, (kind,), {"_fit_infrequent_category_mapping": mapping})
    parameters = model.get_params(deep=False)
    for name, value in vars(counted(**parameters).fit(public)).items():
        if name not in parameters:
            setattr(model, name, value)


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


def _padded(column: list[Any], length: int) -> list[Any]:
    return column + column[-1:] * (length - len(column))


def _present(column: list[Any]) -> Array:
    values = [value for value in column if value is not None and not _is_nan(value)]
    present = np.empty(len(values), dtype=object)
    present[:] = values
    return present


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and np.isnan(value)
