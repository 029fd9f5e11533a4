"""The features of histogram-based boosting: which are categorical, and their categories as numbers,
as scikit-learn's private preprocessor has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import validation

from fedruntime.cohort import Cohort
from fedruntime.estimators.apply import apply
from fedruntime.estimators.categories import categories_of
from fedruntime.estimators.tables import example, require_table, table
from fedruntime.messages import Array
from fedruntime.operations import Columns, row_op


def fit_features(model: Any, cohort: Cohort) -> tuple[Cohort, Any]:
    """Fit the model's preprocessor; the rows as it gives them, and the categories as numbers.

    Raises
    ------
    ValueError
        In scikit-learn's words, for columns that it does not take as categorical, such as those of
        more than ``max_bins`` categories.
    RevealError
        If the values of a categorical column hardly repeat at a party.
    """
    X = cohort["X"]
    require_table(X)
    public = example(X.facts)
    if X.facts.kind != "sparse":  # which scikit-learn refuses below
        chosen = _categorical(model, public)
        if chosen is not None:
            public = _with_categories(cohort, np.flatnonzero(chosen))
    _, categories = model._preprocess_X(public, reset=True)
    if model._preprocessor is None:
        return cohort, None
    return cohort.replace(X=apply(model._preprocessor, "transform", X)), categories


def _categorical(model: Any, public: Any) -> Any:
    # scikit-learn 1.6 made a function of this method.
    check = getattr(validation, "_check_categorical_features", None)
    if check is None:
        return model._check_categorical_features(public)
    return check(public, model.categorical_features)


def _with_categories(cohort: Cohort, columns: Array) -> Any:
    """A public table in which categorical columns hold each of their categories."""
    facts = cohort["X"].facts
    found = categories_of(cohort.only(X=cohort.derive(chosen_columns, columns=columns)))
    held = {int(column): list(own) for column, own in zip(columns, found, strict=True)}
    longest = max(1, *(len(own) for own in held.values()))
    padded = [
        (held[column] + held[column][-1:] * longest)[:longest] if column in held else [0] * longest
        for column in range(cohort.n_features)
    ]
    return table(facts, padded)


@row_op("boosting.columns", columns=Columns.PICKED)
def chosen_columns(X: Any, columns: Array) -> Any:
    """Some columns of a table."""
    return X.iloc[:, columns] if isinstance(X, pd.DataFrame) else X[:, columns]
