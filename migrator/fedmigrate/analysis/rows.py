"""Rows in expressions: their attributes, subscripts, methods, arithmetic and iteration."""

from __future__ import annotations

import ast
from dataclasses import replace

from fedmigrate.analysis.aliasing import shares_memory
from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.tables import refused_argument
from fedmigrate.analysis.values import (
    PUBLIC,
    Public,
    Rows,
    Stream,
    Tuple_,
    Unknown,
    Value,
    constant_of,
    constants_of,
    is_position,
)
from fedmigrate.catalog.functions import BUNCH_PUBLIC
from fedmigrate.catalog.numpy_functions import COLUMN_AXES, ORDERS_ROWS, TRANSPOSED
from fedmigrate.catalog.operations import (
    ACCESSORS,
    AGGREGATE,
    GROUPED_ROWS,
    RESULT_KIND,
    REVEAL_CODES,
    REVEALS_ROWS,
    ROW_LOCAL,
    SELECTORS,
    effect,
)
from fedmigrate.catalog.operations import PUBLIC as PUBLIC_EFFECT

BUNCHES = ("bunch", "any bunch")
_TYPE_NAMES = {
    "frame": "DataFrame",
    "series": "Series",
    "array": "ndarray",
    "str": "str",
    "dt": "dt",
    "cat": "cat",
    "labels": "index",
    "groups": "groupby",
}


def operation_name(rows: Rows, name: str) -> str:
    """How an operation is named in messages, such as ``DataFrame.groupby``."""
    return f"{_TYPE_NAMES.get(rows.kind, 'data')}.{name}"


def attribute(state: State, node: ast.Attribute, rows: Rows) -> Value:
    """The value of ``rows.name``."""
    name = node.attr
    if rows.kind == "lost":
        return rows
    if rows.kind in BUNCHES:
        return bunch_entry(rows, name)
    found = effect(rows.kind, name)
    if found == PUBLIC_EFFECT:
        return PUBLIC
    if name == "T" and found == ROW_LOCAL:
        return transposed(rows)
    if name in ACCESSORS and found is not None:
        return replace(rows, kind=name)
    if found == REVEALS_ROWS:
        return _reveal(state, node, rows, name)
    if found is not None:
        kind = "series" if rows.kind in ACCESSORS else RESULT_KIND.get(name, rows.kind)
        view = shares_memory(node.value, rows, name)
        return rows if kind == rows.kind else Rows(kind, rows.origins, rows.column, view)
    if rows.kind in ("frame", "any"):
        return Rows("series", rows.origins, name)
    if rows.kind == "groups" and name not in GROUPED_ROWS:
        return rows  # a column of the groups
    state.mark_operation(node, rows, operation_name(rows, name))
    return rows


def _reveal(state: State, node: ast.expr, rows: Rows, name: str) -> Rows:
    code = REVEAL_CODES.get(name, "FM304")
    shown = node.func if isinstance(node, ast.Call) else node
    facts = {"library": "pandas"} if code == "FM302" else {"expression": text_of(shown)}
    state.mark_reveal(node, code, rows, facts)
    return Rows("lost", rows.origins)


def transposed(rows: Rows) -> Rows:
    """The value of ``rows.T``."""
    return Rows(TRANSPOSED.get(rows.kind, "any"), rows.origins, view=rows.view)


def product(state: State, node: ast.expr, left: Value, right: Value) -> Value:
    """The value of ``left @ right``: row by row with a public matrix, or a sum over rows."""
    ours, theirs = state.rows_in(left), state.rows_in(right)
    rows = ours or theirs
    if rows is None:
        return Unknown() if state.is_unknown(left, right) else PUBLIC
    if ours is not None and ours.kind in ("transposed", "any") and theirs is not None:
        return PUBLIC
    if ours is not None and theirs is not None and {ours.kind, theirs.kind} == {"series"}:
        return PUBLIC
    if ours is None or theirs is not None or ours.kind == "transposed":
        state.mark_operation(node, rows, "@")
    return Rows("array" if rows.kind == "transposed" else rows.kind, rows.origins)


def bunch_entry(rows: Rows, name: str) -> Value:
    """An entry of scikit-learn's Bunch, by attribute or by key."""
    if name in BUNCH_PUBLIC:
        return PUBLIC
    if name == "frame":
        return Rows("frame", rows.origins)
    array = rows.kind == "bunch" and name in ("data", "images")
    return Rows("array" if array else "any", rows.origins)


def subscript(state: State, node: ast.Subscript, rows: Rows, index: Value) -> Value:
    """The value of ``rows[index]``, also behind ``loc`` and ``iloc``."""
    if rows.kind == "lost":
        return rows
    constant = constant_of(index)
    if rows.kind == "groups":
        return rows
    if rows.kind in BUNCHES:
        return bunch_entry(rows, constant) if isinstance(constant, str) else _whole(rows)
    selector = node.value.attr if isinstance(node.value, ast.Attribute) else ""
    if selector in SELECTORS:
        return _select(state, node, rows, index)
    if isinstance(constant, str):
        if rows.kind == "array":  # an archive of arrays
            return rows
        return Rows("any" if rows.kind == "any" else "series", rows.origins, constant)
    if isinstance(node.slice, ast.Tuple):
        if rows.kind == "transposed":
            state.mark_operation(node, rows, "rows of a transpose")
        return _select(state, node, rows, index)
    if isinstance(node.slice, ast.Slice):
        view = rows.kind == "array"
        return _slice(state, node, node.slice, replace(rows, view=view))
    if rows.kind == "transposed":
        return replace(rows, kind="array") if is_position(index) else rows
    if rows.kind != "frame" and is_position(index):
        return _one_row(state, node, rows)
    if rows.kind == "frame" and isinstance(index, Public):
        labels = constants_of(index)
        if labels:
            return Rows("series", rows.origins)
        if index.element:  # a label or a list of them
            return Rows("any", rows.origins)
    return _whole(rows)


def _select(state: State, node: ast.Subscript, rows: Rows, index: Value) -> Value:
    """``rows[which, columns]`` and what ``loc`` and ``iloc`` take."""
    parts = (node.slice.elts if isinstance(node.slice, ast.Tuple) else []) or [node.slice]
    columns = parts[1] if len(parts) > 1 else None
    kind = rows.kind
    column = None
    if isinstance(columns, ast.Constant | ast.UnaryOp):
        kind = "series" if rows.kind == "frame" else rows.kind
        if isinstance(columns, ast.Constant) and isinstance(columns.value, str):
            column = columns.value
    view = rows.kind == "array" and not isinstance(columns, ast.List)
    selected = Rows(kind, rows.origins, column, view)
    if isinstance(parts[0], ast.Slice):
        return _slice(state, node, parts[0], selected)
    first = index.items[0] if isinstance(index, Tuple_) and index.items else index
    if is_position(first) or isinstance(constant_of(first), str):
        return _one_row(state, node, selected)
    return replace(selected, view=False)


def _slice(state: State, node: ast.Subscript, piece: ast.Slice, rows: Rows) -> Value:
    """A range of rows is carried by position, not by index label."""
    named = isinstance(node.value, ast.Attribute) and node.value.attr == "loc"
    if named and (piece.lower is not None or piece.upper is not None):
        state.mark_operation(node, rows, "a range of index labels")
    return rows


def _one_row(state: State, node: ast.Subscript, rows: Rows) -> Value:
    state.mark_reveal(node, "FM304", rows, {"expression": text_of(node)})
    return Rows("lost", rows.origins)


def _whole(rows: Rows) -> Rows:
    return replace(rows, column=None)


def element(state: State, node: ast.expr, rows: Rows) -> Value:
    """What iterating over rows gives: single rows, which is a finding."""
    if rows.kind == "transposed":  # column by column
        return Rows("array", rows.origins)
    if rows.kind not in (*BUNCHES, "lost"):
        state.mark_reveal(node, "FM304", rows, {"expression": text_of(node)})
        return Rows("lost", rows.origins)
    return rows


def method(state: State, call: Arguments, rows: Rows, name: str) -> Value:
    """The value of ``rows.name(...)``."""
    if rows.kind == "lost":
        return rows
    if rows.kind in BUNCHES:
        return PUBLIC if name == "keys" else rows
    others = state.rows_in(*call.values)
    origins = rows.origins if others is None else rows.origins | others.origins
    found = effect(rows.kind, name)
    obstacle = refused_argument(call, name)
    if found is None or obstacle:
        suffix = f"({obstacle})" if obstacle else ""
        state.mark_operation(call.node, rows, operation_name(rows, name) + suffix)
        return Rows(rows.kind, origins)
    axis = constant_of(call.get(0, "axis") or PUBLIC)
    over_rows = name in ORDERS_ROWS and axis not in COLUMN_AXES
    if found == REVEALS_ROWS or (over_rows and rows.kind in ("array", "stacked")):
        return _reveal(state, call.node, rows, name)
    if name == "dot" and call.positional:
        return product(state, call.node, rows, call.positional[0])
    if found == PUBLIC_EFFECT:
        return _columns(rows, name)
    if found == AGGREGATE:
        along_columns = axis in (*COLUMN_AXES, "columns")
        kind = {"frame": "series", "series": "series", "any": "any"}.get(rows.kind, "array")
        return Rows(kind, origins) if along_columns else PUBLIC
    column = rows.column
    if name in ("pop", "get") and call.positional:
        label = constant_of(call.positional[0])
        column = label if isinstance(label, str) else None
    kind = "series" if rows.kind in ACCESSORS else RESULT_KIND.get(name, rows.kind)
    owner = call.node.func.value if isinstance(call.node.func, ast.Attribute) else call.node
    return Rows(kind, origins, column, shares_memory(owner, rows, name))


def _columns(rows: Rows, name: str) -> Value:
    """Methods that are about the columns and not about rows."""
    if name == "items":
        return Stream(Tuple_((PUBLIC, Rows("series", rows.origins))))
    return rows if name in ("add_prefix", "add_suffix") else PUBLIC


def arithmetic(state: State, node: ast.expr, operands: list[Value], operator: ast.AST) -> Value:
    """The value of an operator on operands of which at least one may hold rows."""
    rows = state.rows_in(*operands)
    if rows is None:
        return Unknown() if state.is_unknown(*operands) else PUBLIC
    if isinstance(operator, ast.MatMult):
        return product(state, node, operands[0], operands[-1])
    if rows.kind == "transposed":
        state.mark_operation(node, rows, "arithmetic with a transpose")
        return Rows("array", rows.origins)
    if isinstance(operator, ast.Mod) and isinstance(constant_of(operands[0]), str):
        state.mark_reveal(node, "FM301", rows, {"expression": "string formatting"})
        return PUBLIC
    return Rows(rows.kind, rows.origins)
