"""Memory that numpy shares between arrays. Handles copy, so a change in place that numpy would show
under another name is a finding; here is told which names share.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import Rows, Tuple_, Value

_ARRAY_VIEWS = frozenset(("T", "ravel", "reshape", "squeeze", "transpose"))
_TABLE_VIEWS = frozenset(("to_numpy", "values"))


def shares_memory(node: ast.expr, rows: Rows, name: str) -> bool:
    """Whether ``node.name`` may be a view of rows that the script still has under a name."""
    if rows.kind in ("array", "stacked", "transposed"):
        reachable = rows.view or isinstance(node, ast.Name | ast.Attribute)
        return name in _ARRAY_VIEWS and reachable
    return name in _TABLE_VIEWS and isinstance(node, ast.Name)


def bind_view(state: State, target: ast.expr, expression: ast.expr, value: Value) -> Value:
    """The value that a name gets, and a note that another name has a view from now on.

    A view of what the name held before is reached by no other name.
    """
    if isinstance(value, Tuple_) and isinstance(target, ast.Tuple):
        counts = {len(target.elts), len(value.items)}
        if not isinstance(expression, ast.Tuple) or counts != {len(expression.elts)}:
            return value
        sides = zip(target.elts, expression.elts, value.items, strict=True)
        return Tuple_(tuple(bind_view(state, *side) for side in sides))
    if not isinstance(value, Rows) or not value.view:
        return value
    base = _base(expression)
    if base is None:
        return value
    if isinstance(target, ast.Name) and target.id == base:
        before = state.frame.get(base)
        return value if isinstance(before, Rows) and before.view else replace(value, view=False)
    state.viewed.add(base)
    return value


def is_shared(state: State, place: ast.expr, rows: Rows) -> bool:
    """Whether a change of rows in place would be seen under another name in numpy."""
    return rows.view or (isinstance(place, ast.Name) and place.id in state.viewed)


def _base(expression: ast.expr) -> str | None:
    """The name that a chain of subscripts, attributes and calls starts from."""
    while isinstance(expression, ast.Attribute | ast.Subscript | ast.Call):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else None
