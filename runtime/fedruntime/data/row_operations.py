"""The party side of handles: the registered operations that make new rows from rows.

Parties look every method and function up in the table of operations, so a message can name what
works row by row and nothing else. No operation changes rows in place: other handles may stand
for the same memory.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special

from fedruntime.data.along_columns import FUNCTIONS as ALONG_COLUMNS
from fedruntime.data.facts import facts_of
from fedruntime.data.numbers import numbers
from fedruntime.data.operations import OF_HANDLES, ROW_LOCAL, effect
from fedruntime.data.public_values import from_message
from fedruntime.errors import DataError, ProtocolError
from fedruntime.operations import Columns, row_op

IN_PLACE = {
    "iadd", "iand", "ifloordiv", "imod", "imul", "ior", "ipow", "isub", "itruediv", "ixor",
}  # fmt: skip
OPERATORS = IN_PLACE | {
    "abs", "add", "and_", "eq", "floordiv", "ge", "gt", "invert", "le", "lt", "matmul", "mod",
    "mul", "ne", "neg", "or_", "pos", "pow", "sub", "truediv", "xor",
}  # fmt: skip
REDUCTIONS = {
    "all", "any", "argmax", "argmin", "count", "idxmax", "idxmin", "max", "mean", "min",
    "nunique", "std", "sum", "var",
}  # fmt: skip
COLUMN_WISE = frozenset({
    "abs", "add_prefix", "add_suffix", "applymap", "astype", "clip", "copy", "fillna", "isin",
    "isna", "isnull", "map", "notna", "notnull", "replace", "round", "to_numpy",
})  # fmt: skip
"""Methods that make each column of the one at its place."""
SPECIAL = frozenset({"expit", "logit", "log1p", "xlogy"})
"""Row-local functions of ``scipy.special``."""


def _columns_of_method(arguments: Mapping[str, Any]) -> Columns:
    across = "axis" in arguments["kwargs"]  # such as fillna along columns
    return Columns.KEPT if arguments["method"] in COLUMN_WISE and not across else Columns.MIXED


@row_op("rows.same", columns=Columns.KEPT)
def same(rows: Any) -> Any:
    """The same rows under another name."""
    return rows


@row_op("rows.method", columns=_columns_of_method)
def run_method(rows: Any, method: str, args: Any, kwargs: Any) -> Any:
    """A row-local method of the rows' own class."""
    _require(facts_of(rows)["kind"], method)
    require_one_index((rows, args, kwargs))
    return getattr(rows, method)(*from_message(args), **from_message(kwargs))


@row_op("rows.accessor")
def run_accessor(rows: Any, accessor: str, name: str, args: Any, kwargs: Any) -> Any:
    """A row-local method or property of the ``str`` or ``dt`` accessor."""
    _require(accessor, name)
    found = getattr(getattr(rows, accessor), name)
    return found(*from_message(args), **from_message(kwargs)) if callable(found) else found


@row_op("rows.operator")
def run_operator(name: str, operands: Any) -> Any:
    """A Python operator; in-place ones change a copy and keep its dtype as numpy does."""
    if name not in OPERATORS:
        raise ProtocolError(f"{name!r} is no operator on rows")
    require_one_index(operands)
    first, *others = from_message(operands)
    if name in IN_PLACE:
        first = first.copy()
    return getattr(operator, name)(first, *others)


@row_op("rows.numpy")
def run_numpy(function: str, args: Any, kwargs: Any) -> Any:
    """A row-local function of numpy or of ``scipy.special``."""
    library, _, name = function.rpartition(".")
    if library == "scipy.special" and name in SPECIAL:
        found: Callable[..., Any] = getattr(special, name)
    else:
        _require("numpy", function)
        if function in ALONG_COLUMNS:
            raise ProtocolError(f"{function!r} is no row-local operation without an axis")
        found = getattr(np, function)
    require_one_index((args, kwargs))
    return found(*from_message(args), **from_message(kwargs))


@row_op("rows.columns", columns=Columns.PICKED)
def pick_columns(rows: Any, key: Any) -> Any:
    """Columns: positions of a table (an integer gives a vector), trailing axes of an array."""
    if isinstance(rows, pd.DataFrame):
        return rows.iloc[:, key]
    return rows[_key(slice(None), key)]


@row_op("rows.reshape")
def reshape_rows(rows: Any, tail: Any) -> Any:
    """Each row in another shape."""
    return rows.reshape((len(rows), *tail))


@row_op("rows.reduce")
def reduce_row_wise(rows: Any, name: str, axis: Any, options: Any) -> Any:
    """A reduction along columns: one result a row."""
    if name not in REDUCTIONS:
        raise ProtocolError(f"{name!r} is no reduction along columns")
    if len(rows) or not isinstance(rows, pd.DataFrame):
        return getattr(rows, name)(axis=axis, **options)
    return pd.Series(index=rows.index, dtype=object)


@row_op("rows.matrix")
def as_matrix(rows: Any, columns: Any) -> Any:
    """Columns as a float matrix; missing values are NaN."""
    values = numbers(rows, columns, "float64")
    return values if values.ndim == 2 else values[:, np.newaxis]


@row_op("rows.rename", columns=Columns.KEPT)
def rename(rows: Any, columns: Any) -> Any:
    """The same table under other column labels; a column under another name."""
    renamed = rows.copy(deep=False)
    if isinstance(rows, pd.Series):
        renamed.name = columns
    else:
        renamed.columns = pd.Index(columns)
    return renamed


@row_op("rows.reindex", columns=Columns.KEPT)
def reindex(rows: Any, positions: Any, drop: bool) -> Any:
    """Row labels that are the pooled row numbers; the old ones become columns unless dropped."""
    fresh = rows.reset_index(drop=drop)
    fresh.index = pd.Index(positions)
    return fresh


@row_op("rows.apply")
def apply_to_rows(rows: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """A function of the script on every row of a table."""
    if not len(rows):  # pandas cannot know what the function would give
        return pd.Series(index=rows.index, dtype=object)
    return rows.apply(function, axis=1, args=tuple(from_message(args)), **from_message(kwargs))


@row_op("rows.insert", columns=Columns.PICKED)
def insert(rows: Any, location: int, columns: Any, value: Any) -> Any:
    """A table with columns set; a new one goes to ``location`` (-1: the end)."""
    require_one_index((rows, value))
    changed, given = rows.copy(), from_message(value)
    if location < 0:
        changed[columns] = given
    else:
        changed.insert(location, columns, given)
    return changed


@row_op("rows.assign", columns=Columns.KEPT)
def assign_cells(rows: Any, mask: Any, columns: Any, value: Any) -> Any:
    """Cells set to a value: at masked rows (``None``: all), in columns by position or key."""
    require_one_index((rows, mask, value))
    changed, given = rows.copy(), from_message(value)
    chosen = slice(None) if mask is None else np.asarray(mask)
    if isinstance(rows, np.ndarray):
        changed[_key(chosen, columns)] = given
        return changed
    if isinstance(rows, pd.Series):
        changed.loc[chosen] = given
    elif not len(rows) and isinstance(columns, str) and columns not in rows.columns:
        changed[columns] = np.nan  # pandas sets no new column of an empty table by loc
    else:
        changed.loc[chosen, columns] = given
    return changed


@row_op("rows.take", selects=True, columns=Columns.KEPT)
def take_rows(rows: Any, positions: Any) -> Any:
    """The rows with these numbers, in this order."""
    if isinstance(rows, pd.DataFrame | pd.Series):
        return rows.iloc[positions]
    return (rows.tocsr() if sparse.issparse(rows) else rows)[positions]


@row_op("rows.filter", selects=True, columns=Columns.KEPT)
def filter_masked(rows: Any, mask: Any) -> Any:
    """The rows at which the mask is true."""
    return take_rows(rows, np.flatnonzero(np.asarray(mask)))


@row_op("rows.complete")
def complete_rows(rows: Any, columns: Any, how: str, thresh: Any) -> Any:
    """A mask of the rows that ``dropna`` keeps; ``columns`` are positions."""
    if isinstance(rows, pd.Series):
        return rows.notna().to_numpy()
    present = rows.iloc[:, list(columns)].notna().to_numpy()
    if thresh is not None:
        return present.sum(axis=1) >= thresh
    return present.all(axis=1) if how == "any" else present.any(axis=1)


def _key(rows: Any, others: Sequence[Any]) -> tuple[Any, ...]:
    return (rows, *others)


def _require(kind: str, name: str) -> None:
    if effect(kind, name) != ROW_LOCAL or name in OF_HANDLES:
        raise ProtocolError(f"{name!r} is no row-local operation on a {kind}")


def require_one_index(value: Any) -> None:
    """Refuse what pandas would align by labels: at a party, rows meet by position.

    Raises
    ------
    DataError
        If tables or columns with different row labels meet.
    """
    first: pd.Index | None = None
    for labels in _indexes(value):
        if first is None:
            first = labels
        elif first is not labels and not first.equals(labels):
            raise DataError(
                "the two sides have different row labels, and pandas would pair rows by label: "
                "give both the same history, or call reset_index(drop=True) on both"
            )


def _indexes(value: Any) -> Iterator[pd.Index]:
    if isinstance(value, pd.DataFrame | pd.Series):
        yield value.index
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _indexes(entry)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for entry in value:
            yield from _indexes(entry)
