"""``describe`` and ``info`` of frames and series."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.multiset import series_multiset
from fedruntime.data.quantiles import described
from fedruntime.data.template import template
from fedruntime.errors import DataError, UnsupportedError

_QUARTILES = (0.25, 0.5, 0.75)


def describe_series(
    series: Any, percentiles: Any = None, include: Any = None, exclude: Any = None
) -> pd.Series:
    """``Series.describe``: of numbers their spread, of other values their commonest.

    Raises
    ------
    UnsupportedError
        For dates and times.
    """
    return _described(series.to_frame(), [0], _levels(percentiles))[0].rename(series.name)


def describe_frame(
    frame: Any, percentiles: Any = None, include: Any = None, exclude: Any = None
) -> pd.DataFrame:
    """``DataFrame.describe``, of the columns that pandas chooses."""
    empty = template(frame.facts)
    empty.columns = pd.RangeIndex(frame.shape[1])
    if isinstance(include, str) and include == "all":
        if exclude is not None:
            raise ValueError("exclude must be None when include is 'all'")
        chosen = empty
    elif include is None and exclude is None:
        chosen = empty.select_dtypes([np.number, "datetime"])
        chosen = chosen if chosen.shape[1] else empty
    else:
        chosen = empty.select_dtypes(include, exclude)
    if not chosen.shape[1]:
        raise DataError(f"{where()}describe of {frame!r}: no columns are chosen")
    positions = list(chosen.columns)
    parts = _described(frame, positions, _levels(percentiles))
    # The order of rows is pandas': those of the shortest description first.
    names: list[Any] = []
    for part in sorted(parts, key=len):
        names.extend(name for name in part.index if name not in names)
    found = pd.concat([part.reindex(names) for part in parts], axis=1, sort=False)
    found.columns = frame.columns[positions]
    return found


def _described(frame: Any, positions: Sequence[int], levels: Sequence[float]) -> list[pd.Series]:
    dtypes = template(frame.facts).dtypes
    numeric = [position for position in positions if _has_spread(dtypes.iloc[position])]
    parts = {}
    if numeric:
        names = ["count", "mean", "std", "min", *_percents(levels), "max"]
        figures = described(frame._pick(numeric), levels)
        for place, position in enumerate(numeric):
            parts[position] = pd.Series(figures[:, place], index=names)
    for position in positions:
        if position not in parts:
            dtype = dtypes.iloc[position]
            if isinstance(dtype, np.dtype) and dtype.kind in "mM":
                raise UnsupportedError(
                    f"{where()}describe of column {frame.columns[position]!r}, which holds times: "
                    "choose other columns, or use min() and max()"
                )
            parts[position] = series_multiset(frame._pick(position)).describe()
    return [parts[position] for position in positions]


def _has_spread(dtype: Any) -> bool:
    return bool(pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype))


def _levels(percentiles: Any) -> list[float]:
    if percentiles is None:
        return list(_QUARTILES)
    given = [float(level) for level in percentiles]
    if int(pd.__version__.partition(".")[0]) < 3 and 0.5 not in given:
        given.append(0.5)
    return sorted(given)


def _percents(levels: Sequence[float]) -> list[str]:
    empty = pd.Series([0.0]).describe(percentiles=list(levels))
    return [str(name) for name in empty.index[4:-1]]


def info(
    rows: Any,
    verbose: bool | None = None,
    buf: Any = None,
    max_cols: int | None = None,
    memory_usage: Any = None,
    show_counts: bool | None = None,
) -> None:
    """``DataFrame.info``: columns, counts and dtypes, with the memory left to the parties."""
    counts = np.atleast_1d(np.asarray(rows.count()))
    stand_in = template(rows.facts)
    columns = [stand_in] if rows.ndim == 1 else [stand_in.iloc[:, n] for n in range(rows.shape[1])]
    filled = [
        _with_count(column.dtype, int(count), len(rows))
        for column, count in zip(columns, counts, strict=True)
    ]
    if rows.ndim == 1:
        told: Any = filled[0].rename(rows.name)
        options: dict[str, Any] = {}
    else:
        told = pd.DataFrame(dict(enumerate(filled)), index=pd.RangeIndex(len(rows)))
        told.columns = rows.columns
        options = {"max_cols": max_cols}
    out = buf or sys.stdout
    sized = memory_usage in (None, True) and _has_known_size(rows, columns)
    told.info(
        verbose=verbose,
        buf=out,
        memory_usage=None if sized else False,
        show_counts=show_counts,
        **options,
    )
    if not sized:
        out.write("\n" if memory_usage is False else "\nmemory usage: at the parties\n")


def _has_known_size(rows: Any, columns: Sequence[pd.Series]) -> bool:
    """Whether memory follows from the number of rows and the dtypes: of rows as they were loaded,
    and values of fixed width or behind pointers."""
    return rows.layout.source is None and all(
        isinstance(column.dtype, np.dtype) or getattr(column.dtype, "storage", "") == "python"
        for column in columns
    )


def _with_count(dtype: Any, count: int, rows: int) -> pd.Series:
    """A column of some dtype with so many values that are not missing."""
    if count == rows:
        return pd.Series(0, index=pd.RangeIndex(rows)).astype(dtype)
    filled = pd.Series(pd.NA, index=pd.RangeIndex(rows), dtype=object)
    filled[:count] = 0
    if pd.api.types.is_string_dtype(dtype):
        filled[:count] = ""
    if isinstance(dtype, np.dtype) and dtype.kind in "fO":
        filled = filled.where(filled.notna(), np.nan)
    if isinstance(dtype, pd.CategoricalDtype):  # which categories there are is not printed
        return filled.astype("category")
    return filled.astype(dtype)
