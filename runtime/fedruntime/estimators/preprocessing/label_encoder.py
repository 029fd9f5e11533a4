"""``LabelEncoder``: the distinct labels, which each party reveals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.preprocessing import LabelEncoder

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.categories import categories_of
from fedruntime.estimators.registry import Exactness, federated


@federated(LabelEncoder, Exactness.EXACT, "union of the parties' labels, revealed by each")
def fit(model: LabelEncoder, cohort: Cohort) -> None:
    """Fit scikit-learn's own encoder on a public vector that holds each label once.

    The labels are the cohort's ``X``: an encoder has nothing else to fit.
    """
    y = cohort["X"]
    if y.ndim > 1 and y.shape[1:] != (1,):
        raise DataError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    (labels,) = categories_of(cohort)
    if y.facts.kind in ("frame", "series"):
        column = pd.Series(list(labels), dtype=y.facts.dtypes[0])
        model.fit(column if y.ndim == 1 else column.to_frame())
        return
    array = np.empty((len(list(labels)), *y.shape[1:]), dtype=y.facts.dtypes[0])
    array.reshape(-1)[:] = list(labels)
    model.fit(array)
