"""A public table or column without contents that has a handle's labels and dtypes: pandas itself
answers on it which columns are meant, and what dtype a result has.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fedruntime.data.facts import Facts


def template(facts: Facts, rows: int = 0) -> Any:
    """An empty DataFrame or Series, or one with rows of zeros.

    Parameters
    ----------
    facts : Facts
        Of a frame or series.
    rows : int
    """
    assert facts.columns is not None
    columns = {number: _column(dtype, rows) for number, dtype in enumerate(facts.dtypes)}
    if facts.kind == "series":
        series = columns[0]
        series.name = facts.columns[0]
        return series
    frame = pd.DataFrame(columns, index=pd.RangeIndex(rows))
    frame.columns = pd.Index(facts.columns)
    return frame


def column_positions(facts: Facts, key: Any) -> Any:
    """The positions of the columns that a label, list, slice or mask of labels names.

    Raises
    ------
    KeyError
        As pandas raises it, for labels that are not there.
    """
    labels = facts.columns
    assert labels is not None
    if isinstance(key, str) and labels.count(key) == 1:  # by far the commonest, and 50x faster
        return labels.index(key)
    numbered = pd.DataFrame([np.arange(len(labels))], columns=pd.Index(labels))
    found = numbered.loc[:, key]
    return int(found.iloc[0]) if isinstance(found, pd.Series) else found.iloc[0].tolist()


def _column(dtype: str, rows: int) -> pd.Series:
    return pd.Series([0] * rows, dtype=dtype)
