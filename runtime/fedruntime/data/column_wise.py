"""``apply`` and ``agg`` of whole columns: the function is given handles, one a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fedruntime.caller import where
from fedruntime.data.construct import concat, holds_rows
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError


def apply_to_columns(frame: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """``DataFrame.apply`` along the rows: a frame where the function gives columns, else a public
    series with one value a column.

    Raises
    ------
    UnsupportedError
        If it gives something else.
    """
    if isinstance(function, str):
        return getattr(frame, function)(*args, **kwargs)
    found = {label: function(column, *args, **kwargs) for label, column in frame.items()}
    values = list(found.values())
    if all(isinstance(value, Handle) and value.facts.kind == "series" for value in values):
        applied = concat(values, axis=1)
        applied.columns = list(found)
        return applied
    if holds_rows(found) or any(hasattr(value, "__len__") for value in values):
        raise UnsupportedError(
            f"{where()}apply: the function gives neither a column nor one value for each column; "
            "use operations on the columns"
        )
    return pd.Series(values, index=frame.columns)


def frame_agg(frame: Any, func: Any = None, axis: Any = 0) -> Any:
    """``DataFrame.agg`` by names of aggregates."""
    if isinstance(func, str):
        return getattr(frame, func)() if axis in (0, "index") else getattr(frame, func)(axis=axis)
    if axis in (0, "index") and isinstance(func, list) and _are_names(func):
        return pd.DataFrame([getattr(frame, name)() for name in func], index=func)
    if axis in (0, "index") and isinstance(func, Mapping) and _are_names(func.values()):
        return pd.Series({label: getattr(frame[label], name)() for label, name in func.items()})
    raise UnsupportedError(f"{where()}agg takes names of aggregates, a list or a dict of them")


def series_agg(series: Any, func: Any = None) -> Any:
    """``Series.agg`` by names of aggregates."""
    if isinstance(func, str):
        return getattr(series, func)()
    if isinstance(func, list) and _are_names(func):
        return pd.Series({name: getattr(series, name)() for name in func}, name=series.name)
    raise UnsupportedError(f"{where()}agg takes names of aggregates, or a list of them")


def _are_names(func: Any) -> bool:
    return all(isinstance(name, str) for name in func)
