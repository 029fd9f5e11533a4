"""Calls of pandas' functions on rows: their names move to the runtime's counterpart of pandas."""

from __future__ import annotations

import ast

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import NONE, PUBLIC, Public, Rows, Tuple_, Value, constant_of
from fedmigrate.catalog.operations import AGGREGATE, CARRIED_WITH, effect

_KINDS = {
    "DataFrame": "frame",
    "Series": "series",
    "cut": "series",
    "factorize": "array",
    "get_dummies": "frame",
    "merge": "frame",
    "qcut": "series",
    "to_datetime": "series",
    "to_numeric": "series",
}
_ALONG_COLUMNS = (1, "columns")


def call_pandas(state: State, call: Arguments, at: ast.expr, function: str, rows: Rows) -> Value:
    """The value of ``pandas.function(...)`` with rows among its arguments."""
    name = f"pandas.{function}"
    found = effect("pandas", function)
    kind = _KINDS.get(function, rows.kind)
    if function == "concat" and constant_of(call.keywords.get("axis", PUBLIC)) in _ALONG_COLUMNS:
        kind = "frame"
    obstacle = refused_argument(call, function)
    if found is None or obstacle or not isinstance(at, ast.Name | ast.Attribute):
        state.mark_operation(call.node, rows, f"{name}({obstacle})" if obstacle else name)
        return Rows(kind, rows.origins)
    if function == "merge" and _meets_rows(state, call):
        state.mark_operation(call.node, rows, "pandas.merge of rows with rows")
        return Rows(kind, rows.origins)
    if function == "concat" and _holds_public_tables(state, call):
        state.mark_operation(call.node, rows, "pandas.concat of rows with a table of the script")
        return Rows(kind, rows.origins)
    state.findings.use(at, name, rows.origins, supported=True, estimators=[])
    if found == AGGREGATE:
        return PUBLIC
    result = Rows(kind, rows.origins)
    told = constant_of(call.keywords.get("retbins", PUBLIC)) is True
    return Tuple_((result, PUBLIC)) if told or function == "factorize" else result


def refused_argument(call: Arguments, operation: str) -> str:
    """An argument of an operation on rows with which it has no counterpart; empty for none."""
    for keyword, carried in CARRIED_WITH.get(operation, {}).items():
        given = call.keywords.get(keyword)
        constant = PUBLIC.constant if given is None else constant_of(given)
        if constant is not PUBLIC.constant and constant not in carried:
            return f"{keyword}={constant!r}"
    return ""


def _holds_public_tables(state: State, call: Arguments) -> bool:
    tables = [leaf for leaf in state.leaves(*call.positional[:1]) if leaf != NONE]
    return any(isinstance(table, Public) for table in tables)


def _meets_rows(state: State, call: Arguments) -> bool:
    left, right = call.get(0, "left"), call.get(1, "right")
    return (
        left is None
        or right is None
        or state.rows_in(left) is None
        or state.rows_in(right) is not None
    )
