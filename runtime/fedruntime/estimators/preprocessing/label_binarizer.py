"""``LabelBinarizer``: the distinct labels, which each party reveals."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import LabelBinarizer

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.categories import Categories, categories_of
from fedruntime.estimators.registry import Exactness, federated


@federated(LabelBinarizer, Exactness.EXACT, "union of the parties' labels, revealed by each")
def fit(model: LabelBinarizer, cohort: Cohort) -> None:
    """Fit scikit-learn's own binarizer on public labels, each of which occurs.

    The labels are the cohort's ``X``: a binarizer has nothing else to fit.
    """
    y = cohort["X"]
    if not len(y):
        raise DataError("y has 0 samples over all parties")
    if y.facts.kind == "sparse":
        raise UnsupportedError(
            "LabelBinarizer has no federated fit for sparse indicators; use y.toarray()"
        )
    model.fit(_public_labels(y, categories_of(cohort)))


def _public_labels(y: Handle, columns: list[Categories]) -> Any:
    """The labels of each column, as an array of the shape and dtype of the rows."""
    if any(column.none or column.nan for column in columns):
        raise DataError("Input y contains NaN")
    longest = max(len(column.values) for column in columns)
    dtype = np.result_type(*(column.values for column in columns))
    labels = np.empty((longest, *y.shape[1:]), dtype=dtype)
    for number, column in enumerate(columns):
        place = labels if y.ndim == 1 else labels[:, number]
        place[:] = column.values[np.minimum(np.arange(longest), len(column.values) - 1)]
    return labels
