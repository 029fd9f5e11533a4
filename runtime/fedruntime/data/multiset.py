"""Public columns that hold what pooled columns hold, without telling which row has what: from the
distinct combinations and how often each comes. What pandas computes of values and counts alone it
computes of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from fedruntime.caller import where
from fedruntime.data.groups import Groups, key_columns
from fedruntime.data.handle import Handle
from fedruntime.data.take import align
from fedruntime.errors import DataError, UnsupportedError


def multiset(columns: Sequence[Any]) -> pd.DataFrame:
    """The distinct rows of some columns in the order in which they first appear in the pooled
    rows, each as often as it comes. The columns of the result are numbered.

    Parameters
    ----------
    columns : sequence of FedSeries

    Raises
    ------
    RevealError
        If the rows hardly repeat.
    """
    groups = Groups(tuple(columns))
    table = groups.table
    repeated = table.loc[table.index.repeat(groups.sizes)].reset_index(drop=True)
    repeated.columns = pd.RangeIndex(len(columns))
    return repeated


def series_multiset(series: Any) -> pd.Series:
    """The values of one column, under its name."""
    return multiset([series])[0].rename(series.facts.columns[0])


def mode(rows: Any, axis: Any = 0, numeric_only: bool = False, dropna: bool = True) -> Any:
    """``mode`` of a frame or series."""
    if rows.ndim == 1:
        return series_multiset(rows).mode(dropna=dropna)
    chosen = rows.select_dtypes("number") if numeric_only else rows
    columns = key_columns(chosen, range(chosen.shape[1]))
    found = {n: series_multiset(column).mode(dropna=dropna) for n, column in enumerate(columns)}
    modes = pd.DataFrame(found)
    modes.columns = chosen.columns
    return modes


def frame_value_counts(
    frame: Any,
    subset: Any = None,
    normalize: bool = False,
    sort: bool = True,
    ascending: bool = False,
    dropna: bool = True,
) -> pd.Series:
    """``DataFrame.value_counts``."""
    chosen = frame if subset is None else frame[list(subset)]
    told = multiset(key_columns(chosen, range(chosen.shape[1])))
    told.columns = chosen.columns
    return told.value_counts(normalize=normalize, sort=sort, ascending=ascending, dropna=dropna)


def crosstab(
    index: Any, columns: Any, values: Any = None, aggfunc: Any = None, **options: Any
) -> pd.DataFrame:
    """``pandas.crosstab`` of columns at the parties; with ``values``, a table of figures."""
    rows = list(index) if isinstance(index, list | tuple) else [index]
    across = list(columns) if isinstance(columns, list | tuple) else [columns]
    _require_columns([*rows, *across])
    if values is not None or aggfunc is not None:
        raise UnsupportedError(
            f"{where()}pd.crosstab with values: use pivot_table, or groupby(...).agg"
        )
    told = multiset([*rows, *across])
    names = [column.facts.columns[0] for column in (*rows, *across)]
    named = [told[place].rename(name) for place, name in enumerate(names)]
    return pd.crosstab(named[: len(rows)], named[len(rows) :], **options)


def _require_columns(given: Sequence[Any]) -> None:
    for column in given:
        if not isinstance(column, Handle) or column.facts.kind != "series":
            raise DataError(f"{where()}pd.crosstab takes columns at the parties, not {column!r}")
        align(given[0], column)


def pivot_table(
    frame: Any,
    values: Any = None,
    index: Any = None,
    columns: Any = None,
    aggfunc: Any = "mean",
    fill_value: Any = None,
    margins: bool = False,
    dropna: bool = True,
    observed: Any = None,
    sort: bool = True,
    **options: Any,
) -> pd.DataFrame:
    """``pandas.pivot_table`` of one figure.

    Raises
    ------
    UnsupportedError
        For margins, several figures, and keys that are no column labels.
    """
    if margins or options or isinstance(aggfunc, list | dict) or not dropna:
        raise UnsupportedError(
            f"{where()}pivot_table is carried for one figure, without margins; use groupby(...).agg"
        )
    keys = [
        label
        for given in (index, columns)
        if given is not None
        for label in (given if isinstance(given, list) else [given])
    ]
    grouped = frame.groupby(keys)
    if values is not None:
        grouped = grouped[values if isinstance(values, list) else [values]]
    elif aggfunc in ("mean", "sum", "median", "std", "var"):
        numeric = frame.drop(columns=keys).select_dtypes("number").columns
        grouped = grouped[list(numeric)]
    told = grouped.agg(aggfunc).reset_index()
    given: dict[str, Any] = {} if observed is None else {"observed": observed}
    return pd.pivot_table(
        told,
        values=values,
        index=index,
        columns=columns,
        aggfunc="first",
        fill_value=fill_value,
        sort=sort,
        **given,
    )
