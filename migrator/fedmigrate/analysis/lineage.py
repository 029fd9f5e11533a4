"""How expressions pass on what is known of rows: which part of a split they are, what saw them.

An operation on columns leaves the rows what they were, a selection makes them others, and where
that cannot be told nothing is known any more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from fedmigrate.analysis.past import Part, Past, together
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import (
    Imported,
    Public,
    Rows,
    Tuple_,
    Value,
    constant_of,
)
from fedmigrate.catalog.operations import SELECTORS

_PICKING = frozenset(
    """
    drop drop_duplicates dropna filter head nlargest nsmallest query sample tail truncate
    """.split()  # noqa: SIM905
)
_COLUMN_AXES = (1, "columns")


def carried(state: State, node: ast.expr, value: Value) -> Value:
    """The value of an expression, with what is known of the rows in it."""
    if not isinstance(value, Rows | Tuple_):
        return value
    if isinstance(node, ast.Call) and node in state.findings.sources:
        return _loaded(value)
    if isinstance(value, Tuple_):
        return value
    inputs = list(_inputs(state, node))
    if not inputs:
        return value
    past = together([rows.past for rows in inputs])
    if past is not None and _picks(state, node, inputs[0]):
        past = replace(past, part=past.part.picked(node))
    return replace(value, past=past)


def _loaded(value: Value) -> Value:
    if isinstance(value, Tuple_):
        return Tuple_(tuple(_loaded(item) for item in value.items))
    return replace(value, past=Past()) if isinstance(value, Rows) else value


def _inputs(state: State, node: ast.expr) -> Iterator[Rows]:
    """The rows that an expression computes with; none if it is no operation on rows."""
    values = state.values
    if isinstance(node, ast.Attribute | ast.Subscript):
        owner = values.get(node.value)
        if isinstance(owner, Rows):
            yield owner
    elif isinstance(node, ast.Call):
        function = node.func
        receiver = values.get(function.value if isinstance(function, ast.Attribute) else function)
        if isinstance(receiver, Rows | Imported):
            given = [receiver, *(values[one] for one in _arguments(node) if one in values)]
            yield from (leaf for leaf in state.leaves(*given) if isinstance(leaf, Rows))
    elif isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare):
        operands = [values[one] for one in _operands(node) if one in values]
        yield from (leaf for leaf in operands if isinstance(leaf, Rows))


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    for argument in node.args:
        yield argument.value if isinstance(argument, ast.Starred) else argument
    for keyword in node.keywords:
        yield keyword.value


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """The operands of an operator; those of a chain of them, which is evaluated as one."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    while isinstance(node, ast.BinOp):
        yield node.right
        node = node.left
        if not isinstance(node, ast.BinOp):
            yield node


def _picks(state: State, node: ast.expr, rows: Rows) -> bool:
    """Whether an operation on rows gives fewer of them, or may."""
    if isinstance(node, ast.Subscript):
        return not _is_bunch(rows) and _picks_by_index(state, node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name == "drop":
            axis = next((word.value for word in node.keywords if word.arg == "axis"), None)
            axis = node.args[1] if axis is None and len(node.args) > 1 else axis
            by_column = axis is not None and constant_of(state.values[axis]) in _COLUMN_AXES
            return not by_column and not any(word.arg == "columns" for word in node.keywords)
        if name == "dropna":
            return not any(
                word.arg == "axis" and constant_of(state.values[word.value]) in _COLUMN_AXES
                for word in node.keywords
            )
        return name in _PICKING
    return False


def _is_bunch(rows: Rows) -> bool:
    return "bunch" in rows.kind


def _picks_by_index(state: State, node: ast.Subscript) -> bool:
    which = node.slice
    if isinstance(which, ast.Tuple) and which.elts:
        which = which.elts[0]
    elif not (isinstance(node.value, ast.Attribute) and node.value.attr in SELECTORS):
        index = state.values.get(which)
        if isinstance(index, Public):
            named = index.among or index.holds or (index.constant,)
            return not all(isinstance(name, str) for name in named)
    return not _is_everything(which)


def _is_everything(which: ast.expr) -> bool:
    if isinstance(which, ast.Constant):
        return which.value is Ellipsis or which.value is None
    return isinstance(which, ast.Slice) and which.lower is None and which.upper is None


def split_parts(node: ast.Call, value: Value) -> Value:
    """The result of ``train_test_split``, with each item the part that it is."""
    if not isinstance(value, Tuple_):
        return value
    sides = ("train", "test")
    return Tuple_(
        tuple(
            replace(item, past=Past(_picked(item, node, sides[place % 2])))
            if isinstance(item, Rows)
            else item
            for place, item in enumerate(value.items)
        )
    )


def _picked(rows: Rows, node: ast.Call, side: str) -> Part:
    return Part(node, side) if rows.past is None else rows.past.part.picked(node, side)
