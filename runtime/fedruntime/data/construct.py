"""Tables out of handles: what ``pandas.DataFrame(...)``, ``pandas.Series(...)`` and
``pandas.concat(...)`` give where their data lies at the parties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.handle import AlignedRows, Handle
from fedruntime.data.layout import RowLayout
from fedruntime.data.public_rows import deal_like
from fedruntime.data.row_labels import RowLabels, with_labels
from fedruntime.data.row_operations import require_one_index
from fedruntime.data.take import align
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.operations import row_op


def holds_rows(value: Any) -> bool:
    """Whether a value is a handle, or a list or mapping with one in it."""
    if isinstance(value, Mapping):
        return any(map(holds_rows, value.values()))
    if isinstance(value, list | tuple):
        return any(map(holds_rows, value))
    return isinstance(value, Handle | AlignedRows)


def new_frame(
    data: Any, index: Any = None, columns: Any = None, dtype: Any = None, copy: Any = None
) -> Any:
    """``pandas.DataFrame`` of a handle, or of a dict with handles in it.

    Rows of arrays are numbered as they are pooled; ``index`` may be the ``.index`` of a handle
    whose rows lie at the same places.

    Raises
    ------
    UnsupportedError
        For public row labels, and data that is a list of handles.
    """
    _require_labels(data, index)
    labels = None if columns is None else list(columns)
    if isinstance(data, Mapping):
        frame = _from_columns(data, labels)
    elif isinstance(data, AlignedRows):
        frame = data.to_frame(labels)
    elif not isinstance(data, Handle):
        raise UnsupportedError(
            f"{where()}pd.DataFrame of a list of handles would make rows of columns; pass a dict "
            "of columns"
        )
    elif data.facts.kind == "sparse":
        raise UnsupportedError(f"{where()}pd.DataFrame of {data!r}: use .toarray() first")
    elif data.facts.columns is not None:
        frame = _from_table(data, labels)
    else:
        width = data.shape[1] if data.ndim == 2 else 1
        if data.ndim > 2 or (labels is not None and len(labels) != width):
            raise DataError(
                f"{where()}pd.DataFrame of {data!r} with {len(labels or ())} column labels"
            )
        frame = _at_parties(data, array_to_frame, columns=labels)
    if index is not None:
        frame = with_labels(frame, index)
    return frame if dtype is None else frame.astype(dtype)


def new_series(
    data: Any,
    index: Any = None,
    dtype: Any = None,
    name: Any = None,
    copy: Any = None,
    fastpath: Any = None,
) -> Any:
    """``pandas.Series`` of a handle to a vector.

    Raises
    ------
    DataError
        For a handle with several columns.
    """
    _require_labels(data, index)
    if not isinstance(data, Handle) or data.ndim != 1:
        raise DataError(f"{where()}pd.Series takes one value a row, not {data!r}")
    if data.facts.columns is None:
        series = _at_parties(data, array_to_series, name=name)
    else:
        series = data.copy() if name is None else data.rename(name)  # type: ignore[attr-defined]
    if index is not None:
        series = with_labels(series, index)
    return series if dtype is None else series.astype(dtype)


def concat(
    objs: Any,
    *,
    axis: Any = 0,
    join: str = "outer",
    ignore_index: bool = False,
    keys: Any = None,
    sort: bool = False,
    **options: Any,
) -> Any:
    """``pandas.concat`` of frames and series at the parties.

    Side by side their rows must have the same labels and lie at the same places. One after
    another, the first one's rows come first in the pooled order, wherever each of them lies.

    Raises
    ------
    DataError
        If one of them is a local table.
    UnsupportedError
        For ``keys`` along the rows.
    """
    given = objs.values() if isinstance(objs, Mapping) else objs
    tables = [table for table in given if table is not None]
    if isinstance(objs, Mapping) and keys is None:
        keys = list(objs)
    for table in tables:
        if not isinstance(table, Handle) or table.facts.columns is None:
            raise DataError(
                f"{where()}pd.concat of rows at the parties with {type(table).__name__}: wrap "
                "arrays in pd.DataFrame(...), and load local tables with fed.load"
            )
    if axis in (1, "columns"):
        for table in tables[1:]:
            align(tables[0], table)
        names = None if keys is None else list(keys)
        public = {"join": join, "ignore_index": ignore_index, "keys": names, "sort": sort}
        return tables[0].federation.map(
            side_by_side, purpose="concat", tables=tables, options=public
        )
    if keys is not None:
        raise UnsupportedError(
            f"{where()}pd.concat(keys=...) along the rows labels them by origin; set a column "
            "before"
        )
    owner = np.concatenate([table.layout.owner for table in tables])
    layout = RowLayout(tables[0].layout.parties, owner)
    stacked = tables[0].federation.map(
        one_after_another,
        layout=layout,
        purpose="concat",
        tables=tables,
        options={"join": join, "sort": sort},
    )
    return stacked.reset_index(drop=True) if ignore_index else stacked


def _require_labels(data: Any, index: Any) -> None:
    if index is not None and not isinstance(index, RowLabels):
        raise UnsupportedError(
            f"{where()}row labels of rows at the parties are the .index of another handle, or "
            "left out"
        )


def _from_table(data: Any, labels: list[Any] | None) -> Any:
    frame = data if data.ndim == 2 else data.to_frame()
    if labels is None:
        return frame.copy()
    if missing := [label for label in labels if label not in frame.columns]:
        raise DataError(
            f"{where()}pd.DataFrame of {data!r} would give empty columns {missing}; use "
            ".columns = [...] to rename"
        )
    return frame[labels]


def _from_columns(data: Mapping[Any, Any], labels: list[Any] | None) -> Any:
    handles = [value for value in data.values() if isinstance(value, Handle)]
    first = handles[0]
    columns: dict[Any, Any] = {}
    for label, value in data.items():
        if isinstance(value, Handle):
            align(first, value)
        elif isinstance(value, pd.Series):
            raise DataError(f"{where()}pd.DataFrame pairs the local column {label!r} by row label")
        elif np.ndim(value):
            if len(value) != len(first):
                raise DataError(
                    f"{where()}column {label!r} has {len(value)} entries for {len(first)} rows"
                )
            value = deal_like(first, value)
        columns[label] = value
    if labels is not None:
        if missing := [label for label in labels if label not in columns]:
            raise DataError(f"{where()}pd.DataFrame would give empty columns {missing}")
        columns = {label: columns[label] for label in labels}
    return _at_parties(first, columns_to_frame, columns=columns)


def _at_parties(rows: Any, operation: Any, **arguments: Any) -> Any:
    positions = rows.layout.positions
    each = {party: {"positions": positions[party]} for party in rows.layout.parties}
    if operation is not columns_to_frame:
        arguments["rows"] = rows
    return rows.federation.map(operation, layout=rows.layout, each=each, **arguments)


# -- at the parties -------------------------------------------------------------------------


@row_op("rows.frame")
def array_to_frame(rows: Any, positions: Any, columns: Any) -> Any:
    """A frame of an array's columns."""
    return pd.DataFrame(rows, index=pd.Index(positions), columns=columns)


@row_op("rows.series")
def array_to_series(rows: Any, positions: Any, name: Any) -> Any:
    """A series of a vector."""
    return pd.Series(rows, index=pd.Index(positions), name=name)


@row_op("rows.columns_to_frame")
def columns_to_frame(columns: Any, positions: Any) -> Any:
    """A frame of single columns, which keep their labels where they have any."""
    require_one_index(columns)
    labelled = any(isinstance(column, pd.Series) for column in columns.values())
    return pd.DataFrame(columns, index=None if labelled else pd.Index(positions))


@row_op("rows.side_by_side")
def side_by_side(tables: Sequence[Any], options: Any) -> Any:
    """Tables with the same row labels, as one table."""
    require_one_index(tables)
    return pd.concat(tables, axis=1, **options)


@row_op("rows.one_after_another")
def one_after_another(tables: Sequence[Any], options: Any) -> Any:
    """The rows of several tables as one table."""
    return pd.concat(tables, **options)
