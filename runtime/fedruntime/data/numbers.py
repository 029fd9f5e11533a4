"""A party's rows as numbers, whatever holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from fedruntime.messages import Array


def numbers(rows: Any, columns: Any, dtype: str) -> Array:
    """A party's rows, or some columns of them, as an array of numbers."""
    if isinstance(rows, pd.DataFrame | pd.Series):
        chosen = rows if columns is None else rows.iloc[:, list(columns)]
        if np.dtype(dtype).kind == "f":
            return np.asarray(chosen.to_numpy(dtype=dtype, na_value=np.nan))
        return np.asarray(chosen.to_numpy(dtype=dtype))
    if sparse.issparse(rows):
        return np.asarray(rows.toarray().astype(dtype))
    return np.asarray(rows).astype(dtype, copy=False)
