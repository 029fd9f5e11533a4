"""``query`` and ``eval``: expressions over columns that give a value a row.

An expression may name columns and constants, compare, combine and calculate; a function or method
in it could look at all rows of a party at once, so there are none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from fedruntime.caller import calling_names, where
from fedruntime.data.handle import Handle
from fedruntime.data.public_values import from_message, to_message
from fedruntime.errors import ProtocolError, UnsupportedError
from fedruntime.operations import row_op

_QUOTED = re.compile(r"`([^`]*)`")
_VARIABLE = re.compile(r"@(\w+)")
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Invert, ast.USub,
    ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow,
    ast.BitAnd, ast.BitOr, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
    ast.In, ast.NotIn, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple,
)  # fmt: skip


def evaluate(frame: Handle, expression: str) -> Any:
    """The value of an expression in every row.

    Parameters
    ----------
    frame : FedFrame
    expression : str
        As pandas takes it; ``@name`` is a public variable of the calling code.

    Raises
    ------
    UnsupportedError
        For functions, methods, and names that are no columns.
    """
    labels = frame.facts.columns or ()
    foreign = _foreign_part(expression, labels)
    if foreign is not None:
        raise UnsupportedError(
            f"{where()}{expression!r}: {foreign} has no counterpart in an expression over rows; "
            "use columns, constants and operators, or a mask"
        )
    variables = {name: _variable(name) for name in _VARIABLE.findall(expression)}
    return frame.federation.map(
        evaluate_rows,
        purpose="eval",
        rows=frame,
        expression=expression,
        variables=to_message(variables),
    )


def _variable(name: str) -> Any:
    found = calling_names()
    if name not in found:
        raise UnsupportedError(f"{where()}@{name} is not defined")
    value = found[name]
    if isinstance(value, Handle):
        raise UnsupportedError(f"{where()}@{name} holds rows; use a mask")
    return value


def _foreign_part(expression: str, labels: Any) -> str | None:
    """What in an expression is neither column, constant nor operator."""
    quoted = _QUOTED.findall(expression)
    if missing := [name for name in quoted if name not in labels]:
        return f"column {missing[0]!r}"
    plain = _VARIABLE.sub("0", _QUOTED.sub("0", expression))
    try:
        tree = ast.parse(plain.strip(), mode="eval")
    except SyntaxError:
        return "this form"
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            return f"{ast.unparse(node)!r}"
        if isinstance(node, ast.Name) and node.id not in labels:
            return f"{node.id!r}"
    return None


@row_op("rows.evaluate")
def evaluate_rows(rows: pd.DataFrame, expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression in every row."""
    if _foreign_part(expression, tuple(rows.columns)) is not None:
        raise ProtocolError(f"{expression!r} is no expression over rows")
    known = from_message(variables)
    value = rows.eval(expression, local_dict=known, global_dict={})
    return value if isinstance(value, pd.Series) else pd.Series(value, index=rows.index)
