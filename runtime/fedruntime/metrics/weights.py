"""Sample weights at a party: as floats, or as integers where totals must stay integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.messages import Array


def has_integer_weights(cohort: Cohort) -> bool:
    """Whether the cohort's weights are integers at every party, so that their totals are, too."""
    return bool(pd.api.types.pandas_dtype(cohort["sample_weight"].facts.dtypes[0]).kind in "biu")


def sample_weights(rows: Any, n_samples: int) -> Array:
    """One float weight a row; all 1 where there are none.

    Raises
    ------
    DataError
        If a weight is missing or infinite.
    """
    if rows is None:
        return np.ones(n_samples)
    weights = np.asarray(rows, dtype=np.float64).reshape(n_samples)
    if not np.isfinite(weights).all():
        raise DataError("sample_weight has missing or infinite entries: every row needs a weight")
    return weights


def weight_totals(cells: Array, n_cells: int, rows: Any, integers: bool) -> Array:
    """The total weight of the rows in each cell, int64 if the weights are integers."""
    weights = sample_weights(rows, len(cells))
    totals = np.bincount(cells, weights=weights, minlength=n_cells)
    return totals.astype(np.int64 if integers else np.float64)  # bincount of no rows is integer
