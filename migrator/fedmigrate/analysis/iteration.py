"""What iterating over a value gives, and how a value is taken apart into several names."""

from __future__ import annotations

import ast

from fedmigrate.analysis import rows as rows_
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import (
    MAX_CONSTANTS,
    PUBLIC,
    Box,
    Foreign,
    Imported,
    Options,
    Public,
    Rows,
    Stream,
    Tuple_,
    Unknown,
    Value,
    join_all,
)


def element_of(state: State, node: ast.expr, value: Value) -> Value:
    """The value of any one element; iterating over rows is a finding at ``node``."""
    if isinstance(value, Options):
        return join_all([element_of(state, node, option) for option in value.values])
    if isinstance(value, Tuple_):
        return join_all(list(value.items))
    if isinstance(value, Stream):
        return value.element
    if isinstance(value, Box):
        if isinstance(value.node, ast.Dict | ast.DictComp):
            return PUBLIC
        return state.heap.content(value.node)
    if isinstance(value, Rows):
        return rows_.element(state, node, value)
    if isinstance(value, Foreign | Unknown):
        return value
    if isinstance(value, Imported) and state.is_unknown(value):
        return Unknown(value.name)
    if isinstance(value, Public) and value.holds and len(value.holds) <= MAX_CONSTANTS:
        return Public(among=tuple(dict.fromkeys(value.holds)), element=True)
    return Public(element=True)


def unpack(state: State, node: ast.expr, value: Value, count: int) -> list[Value]:
    """The values of ``count`` names that a value is assigned to at once."""
    if isinstance(value, Tuple_) and len(value.items) == count:
        return list(value.items)
    if isinstance(value, Box):
        entries = state.heap.entries(value.node)
        if list(entries) == list(range(count)):
            return list(entries.values())
    if isinstance(value, Options):
        parts = [unpack(state, node, option, count) for option in value.values]
        return [join_all(list(column)) for column in zip(*parts, strict=True)]
    if isinstance(value, Rows) and value.kind == "any":
        return [value] * count  # a loader that gives X and y at once, on a condition
    return [element_of(state, node, value)] * count
