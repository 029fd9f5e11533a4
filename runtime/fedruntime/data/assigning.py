"""Setting values of an array handle: under a mask, at public positions, or in whole columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.public_rows import deal_like
from fedruntime.data.row_operations import assign_cells
from fedruntime.data.rows import is_mask
from fedruntime.data.selection import RowSelection
from fedruntime.data.take import align, filter_rows
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Array
from fedruntime.operations import row_op


def assign(array: Handle, key: Any, columns: Sequence[Any], value: Any) -> Handle:
    """The rows after ``array[key, *columns] = value``.

    Parameters
    ----------
    array : FedArray
    key : slice, int, array-like, or Handle
        Public positions, or a mask; a mask may be public, and may have the shape of the array.
    columns : sequence
        Subscripts for the other axes; one list of columns is paired with a list of rows.
    value : scalar, array-like, or Handle
        One for all, one a column, or one for every row that is set. Rows have to lie where those
        lie that are set: ``X[mask] = np.log(X[mask])``.

    Raises
    ------
    DataError
        If the value does not fit.
    UnsupportedError
        If the subscript is none of these.
    """
    if isinstance(key, RowSelection):
        raise UnsupportedError(f"{where()}rows of {array!r} cannot be set at {key!r}: use a mask")
    if not isinstance(key, slice | Handle) and np.asarray(key).dtype.kind == "b":
        key = deal_like(array, _mask(array, np.asarray(key)))
    if isinstance(key, Handle):
        return _under_mask(array, key, columns, value)
    if isinstance(key, slice) and key == slice(None):
        return _whole_columns(array, columns, value)
    return _at_positions(array, key, columns, value)


def _mask(array: Handle, mask: Array) -> Array:
    if mask.shape != array.shape[: mask.ndim]:
        raise DataError(f"{where()}a mask of shape {mask.shape} meets {array!r}")
    return mask


def _whole_columns(array: Handle, columns: Sequence[Any], value: Any) -> Handle:
    ndim = _ndim(array, columns)
    if isinstance(value, Handle):
        align(array, value)
    elif np.ndim(value) > ndim or (np.ndim(value) == ndim and len(value) not in (1, len(array))):
        raise DataError(
            f"{where()}values of shape {np.shape(value)} do not fit the {len(array)} rows of "
            f"{array!r}"
        )
    elif np.ndim(value) == ndim and len(value) == len(array):
        value = deal_like(array, value)
    return array.federation.map(
        assign_cells, rows=array, mask=None, columns=list(columns), value=value
    )


def _under_mask(array: Handle, mask: Any, columns: Sequence[Any], value: Any) -> Handle:
    if not is_mask(mask):
        raise UnsupportedError(
            f"{where()}rows of {array!r} are set under one boolean a row or at public positions, "
            f"not at {mask!r}"
        )
    align(array, mask)
    if isinstance(value, Handle):
        if mask.ndim != 1 or not filter_rows(mask, mask).layout.same_as(value.layout):
            raise UnsupportedError(
                f"{where()}under a mask only values of the rows that it chooses can be set, as in "
                "X[mask] = np.log(X[mask]); for values from other rows use np.where(mask, a, b)"
            )
    elif np.ndim(value) and np.ndim(value) >= _ndim(array, columns):
        raise UnsupportedError(
            f"{where()}a public array of an entry a row cannot be set under a mask that stays at "
            "the parties: which entry would be whose? Use np.where(mask, a, b)"
        )
    # A value's rows lie where those lie that are set, which are fewer.
    return array.federation.map(
        assign_cells,
        layout=array.layout,
        rows=array,
        mask=mask,
        columns=list(columns),
        value=value,
    )


def _at_positions(array: Handle, key: Any, columns: Sequence[Any], value: Any) -> Handle:
    positions = np.arange(len(array))[key]
    rows = np.atleast_1d(positions)
    if rows.ndim != 1:
        raise UnsupportedError(f"{where()}rows of {array!r} are set at one list of positions")
    paired = [] if isinstance(key, slice) else [c for c in columns if np.ndim(c)]
    if paired and (len(columns) > 1 or np.shape(columns[0]) not in ((len(rows),), (1,))):
        raise DataError(
            f"{where()}numpy pairs a list of {len(rows)} rows with a list of as many columns; "
            "set X[rows][:, columns] of a copy, or one column at a time"
        )
    ndim = 1 if paired else _ndim(array, columns) - (np.ndim(positions) == 0)
    held = isinstance(value, Handle)
    entries = None if held or not ndim or np.ndim(value) < ndim else np.asarray(value)
    if entries is not None and (np.ndim(positions) == 0 or len(entries) == 1):
        entries = None  # one value, or one row of values, for all that is set
    if entries is not None and (entries.ndim > ndim or len(entries) != len(rows)):
        raise DataError(
            f"{where()}{len(rows)} rows of {array!r} cannot take values of shape {entries.shape}"
        )
    chosen, picked = array.layout.take(rows)
    if held and not chosen.same_as(value.layout):
        raise DataError(
            f"{where()}{value!r} does not lie where the {len(rows)} rows lie that it is set to"
        )
    each = {}
    for number, party in enumerate(array.layout.parties):
        own = chosen.owner == number
        each[party] = {
            "positions": picked[party],
            "columns": [
                np.asarray(c)[own] if np.shape(c) == (len(rows),) and paired else c for c in columns
            ],
        }
        if not held:
            each[party]["value"] = value if entries is None else entries[own]
    shared = {"value": value} if held else {}
    return array.federation.map(set_rows, layout=array.layout, each=each, rows=array, **shared)


def _ndim(array: Handle, columns: Sequence[Any]) -> int:
    """How many axes what is chosen by some columns has, with all rows."""
    return array.ndim - sum(isinstance(column, int | np.integer) for column in columns)


@row_op("rows.set")
def set_rows(rows: Any, positions: Any, columns: Any, value: Any) -> Any:
    """An array with values set at some of its rows."""
    changed = rows.copy()
    if len(positions):
        index = (positions, *columns)
        changed[index] = value
    return changed
