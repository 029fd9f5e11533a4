"""Calls of numpy on rows: what a function does depends on the axis it goes along."""

from __future__ import annotations

import ast

from fedmigrate.analysis import rows as rows_
from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.values import PUBLIC, Rows, Stream, Tuple_, Value, constant_of
from fedmigrate.catalog.numpy_functions import (
    AXIS_PLACE,
    COLUMN_AXES,
    COPIES,
    KEEPS_KIND,
    MIXES_ROWS,
    ORDERS_ROWS,
    ROWS_BELOW,
    WITHOUT_AXIS,
)
from fedmigrate.catalog.operations import AGGREGATE, REVEAL_CODES, REVEALS_ROWS, effect
from fedmigrate.catalog.operations import PUBLIC as PUBLIC_EFFECT

_INSTEAD = {
    "frame": " (write .to_numpy() for a handle to an array)",
    "series": " (write .to_numpy() for a handle to an array)",
    "array": " (the handle is an array already: leave it as it is)",
}


def call_numpy(state: State, call: Arguments, function: str, rows: Rows) -> Value:
    """The value of calling a function of numpy with rows among its arguments."""
    found = effect("numpy", function)
    place = None if function in WITHOUT_AXIS else AXIS_PLACE.get(function, 1)
    axis = PUBLIC.constant if place is None else constant_of(call.get(place, "axis") or PUBLIC)
    along_columns = axis in COLUMN_AXES and not isinstance(axis, bool)
    array = Rows("array", rows.origins)
    if function in ("dot", "matmul") and len(call.positional) > 1:
        return rows_.product(state, call.node, call.positional[0], call.positional[1])
    shown = function in ORDERS_ROWS and not along_columns
    shown |= function == "where" and len(call.values) == 1
    shown |= function == "unique" and _is_set(call, 1, "return_index")
    if found == REVEALS_ROWS or shown:
        code = REVEAL_CODES.get(function, "FM304")
        text = text_of(call.node)
        instead = _INSTEAD.get(rows.kind, "") if function in COPIES else ""
        state.mark_reveal(call.node, code, rows, {"call": text, "expression": text + instead})
        return Rows("lost", rows.origins)
    if _of_rows(call, function):
        state.mark_operation(call.node, rows, f"numpy.{function}")
        return PUBLIC
    mixed = function in MIXES_ROWS and not along_columns
    looked_up = function == "take" and not isinstance(call.get(0, "a"), Rows)
    if found is None or mixed or looked_up:
        state.mark_operation(call.node, rows, f"numpy.{function}")
        return array
    if function == "unique":
        return _unique(call, array)
    if found == PUBLIC_EFFECT or (found == AGGREGATE and not along_columns):
        return PUBLIC
    if function == "transpose":
        return rows_.transposed(rows)
    if function in ("split", "array_split"):
        return Stream(array)
    if function in ROWS_BELOW and not along_columns:
        return Rows("transposed" if rows.kind == "series" else "stacked", rows.origins)
    return Rows(rows.kind, rows.origins) if function in KEEPS_KIND else array


def stack(state: State, node: ast.Subscript, name: str, rows: Rows, index: Value) -> Value:
    """The value of ``np.c_[...]`` and ``np.r_[...]``: ways to write functions that handles know."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if any(isinstance(part, ast.Slice | ast.Constant | ast.Starred) for part in parts):
        state.mark_operation(node, rows, name)
    elif rows.kind != "lost":
        state.findings.stack(node, name, rows.origins)
    return Rows("array", rows.origins)


def _is_set(call: Arguments, place: int, name: str) -> bool:
    given = call.get(place, name)
    return given is not None and constant_of(given) is not False


def _unique(call: Arguments, inverse: Rows) -> Value:
    """The distinct values, and what was asked for with them."""
    found: list[Value] = [PUBLIC]
    if _is_set(call, 2, "return_inverse"):
        found.append(inverse)
    if _is_set(call, 3, "return_counts"):
        found.append(PUBLIC)
    return Tuple_(tuple(found)) if len(found) > 1 else PUBLIC


def _of_rows(call: Arguments, function: str) -> bool:
    """Whether a covariance would be of rows with rows: that of a matrix, by default."""
    if function not in ("cov", "corrcoef"):
        return False
    first = call.get(0, "m", "x")
    by_column = constant_of(call.get(2, "rowvar") or PUBLIC) in (False, 0)
    paired = call.get(1, "y") is not None
    return (
        isinstance(first, Rows) and first.kind in ("frame", "array") and not (by_column or paired)
    )
