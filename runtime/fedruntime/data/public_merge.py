"""``merge`` and ``join`` of rows at the parties with a table that everyone knows: each party looks
its own rows up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.public_values import from_message, to_message
from fedruntime.data.row_labels import require_unique_labels
from fedruntime.data.row_operations import reindex, require_one_index
from fedruntime.data.take import align
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.operations import Statistics, party_op, row_op

_KEEPS_ORDER = tuple(int(part) for part in pd.__version__.split(".")[:2]) >= (2, 2)
_RUN = "\0run"  # no column is called so


def merge(
    left: Any,
    right: Any,
    how: str = "inner",
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    sort: bool = False,
    suffixes: Any = ("_x", "_y"),
    copy: Any = None,
    indicator: Any = False,
    validate: Any = None,
) -> Any:
    """``pandas.merge`` of a frame at the parties with a public one.

    The pooled rows keep their order; each party tells how many rows each of its runs becomes.

    Raises
    ------
    UnsupportedError
        If both sides are at the parties, or the rows of the public one would come first.
    """
    if not isinstance(left, Handle) or isinstance(right, Handle):
        raise UnsupportedError(
            f"{where()}merge of {left!r} with {right!r} would look for rows among rows that lie at "
            "several parties; merge with a public table, or before the rows are loaded"
        )
    if how not in ("left", "inner") or sort or left_index or right_index or validate is not None:
        raise UnsupportedError(
            f"{where()}merge is carried for how='left' and how='inner' on key columns, without "
            "sort, validate and index keys"
        )
    if how == "inner" and not _KEEPS_ORDER:
        raise UnsupportedError(
            f"{where()}an inner merge in pandas {pd.__version__} does not keep the order of rows; "
            "use how='left' and dropna, or pandas 2.2 or newer"
        )
    if on is None and left_on is None:
        on = [label for label in left.facts.columns or () if label in right.columns]
    table = _named(right)
    options = {
        "how": how,
        "on": on,
        "left_on": left_on,
        "right_on": right_on,
        "suffixes": suffixes,
        "indicator": indicator,
    }
    public = {"table": _to_columns(table), "options": to_message(options)}
    layout = left.layout
    runs = {party: {"runs": layout.split_runs(party)} for party in layout.parties}
    found = left.federation.collect(merged_in_runs, each=runs, rows=left, purpose="merge", **public)
    grown = layout.keep({party: part["rows"] for party, part in found.items()})
    merged = left.federation.map(merge_rows, layout=grown, rows=left, purpose="merge", **public)
    each = {party: {"positions": grown.positions[party]} for party in grown.parties}
    return left.federation.map(reindex, each=each, rows=merged, drop=True)


def join(
    left: Any, other: Any, on: Any = None, how: str = "left", lsuffix: str = "", rsuffix: str = ""
) -> Any:
    """``DataFrame.join``: with rows that lie at the same places, or with a public table by a key.

    Raises
    ------
    UnsupportedError
        For other kinds of join, and where a label may name several rows.
    """
    if how != "left":
        raise UnsupportedError(f"{where()}join(how={how!r}) has no counterpart; use how='left'")
    suffixes = {"lsuffix": lsuffix, "rsuffix": rsuffix}
    if isinstance(other, Handle):
        if on is not None:
            raise UnsupportedError(f"{where()}join(on=...) takes a public table")
        align(left, other)
        require_unique_labels(left, "join")
        return left.federation.map(join_rows, purpose="join", rows=left, other=other, **suffixes)
    table = _named(other)
    if on is None or not table.index.is_unique:
        raise UnsupportedError(
            f"{where()}join with a public table needs on= and distinct row labels in the table; "
            "use merge"
        )
    return left.federation.map(
        look_up,
        purpose="join",
        rows=left,
        table=_to_columns(table),
        labels=list(table.index),
        on=on,
        **suffixes,
    )


def _named(table: Any) -> pd.DataFrame:
    named = table.to_frame() if isinstance(table, pd.Series) else table
    if not isinstance(named, pd.DataFrame) or not named.columns.is_unique:
        raise DataError(f"{where()}a public table is a DataFrame of distinct columns")
    return named


def _to_columns(table: pd.DataFrame) -> dict[Any, Any]:
    return {label: to_message(column.reset_index(drop=True)) for label, column in table.items()}


# -- at the parties -------------------------------------------------------------------------


def _merged(rows: pd.DataFrame, table: Any, options: Any) -> pd.DataFrame:
    public = pd.DataFrame(from_message(table))
    if not len(rows):  # of no rows, old versions of pandas put the columns in another order
        return rows.reindex([0]).merge(public, **{**from_message(options), "how": "left"}).iloc[:0]
    return rows.merge(public, **from_message(options))


@row_op("rows.merge")
def merge_rows(rows: pd.DataFrame, table: Any, options: Any) -> pd.DataFrame:
    """Rows with the columns of a public table."""
    return _merged(rows, table, options)


@party_op(
    "rows.merged",
    reveals="how many rows each run becomes in a merge with a public table",
    counts=("rows",),
)
def merged_in_runs(rows: pd.DataFrame, runs: Any, table: Any, options: Any) -> Statistics:
    """How many rows each run becomes."""
    numbered = rows.assign(**{_RUN: np.repeat(np.arange(len(runs)), runs)})
    found = _merged(numbered, table, options)[_RUN]
    return {"rows": np.bincount(found.to_numpy(dtype=np.intp), minlength=len(runs))}


@row_op("rows.join")
def join_rows(rows: pd.DataFrame, other: Any, lsuffix: str, rsuffix: str) -> pd.DataFrame:
    """Two tables with the same distinct row labels, side by side."""
    require_one_index([rows, other])
    return rows.join(other, lsuffix=lsuffix, rsuffix=rsuffix)


@row_op("rows.look_up")
def look_up(
    rows: pd.DataFrame, table: Any, labels: Any, on: Any, lsuffix: str, rsuffix: str
) -> pd.DataFrame:
    """Rows with the columns of the public row that a key names."""
    public = pd.DataFrame(from_message(table))
    public.index = pd.Index(labels)
    return rows.join(public, on=on, lsuffix=lsuffix, rsuffix=rsuffix)
