"""Joins of tables as they are written: which tables, by which columns. Only syntax is looked at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_FUNCTION = "merge"
_PLAIN = {"how": "inner", "sort": False}
"""Arguments that a plain join may have, with the one value that they may have."""


@dataclass(frozen=True)
class Join:
    """An inner join of tables by columns of the same name in each.

    Parameters
    ----------
    tables : tuple of ast.expr
        In the order in which they are joined.
    key : ast.expr
        The columns, as they are written.
    on : tuple of str
        The same as values.
    """

    tables: tuple[ast.expr, ...]
    key: ast.expr
    on: tuple[str, ...]


def join_of(node: ast.expr) -> Join | None:
    """The join that a call of ``merge`` is, together with those of the same columns in it.

    None for other expressions, and for joins that are not plain.
    """
    if not isinstance(node, ast.Call):
        return None
    tables = _tables(node)
    given = {word.arg: word.value for word in node.keywords}
    key = given.pop("on", None)
    on = _columns(key)
    if (
        tables is None
        or key is None
        or not on
        or not all(_is_plain(*word) for word in given.items())
    ):
        return None
    left, right = tables
    inner = join_of(left)
    first = inner.tables if inner is not None and inner.on == on else (left,)
    return Join((*first, right), key, on)


def _tables(node: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """Left and right of ``left.merge(right)`` or ``merge(left, right)``."""
    function, given = node.func, node.args
    if any(isinstance(one, ast.Starred) for one in given):
        return None
    named = function.attr if isinstance(function, ast.Attribute) else None
    named = function.id if isinstance(function, ast.Name) else named
    if named != _FUNCTION:
        return None
    if len(given) == 2:
        return given[0], given[1]
    if len(given) == 1 and isinstance(function, ast.Attribute):
        return function.value, given[0]
    return None


def _columns(key: ast.expr | None) -> tuple[str, ...]:
    parts = key.elts if isinstance(key, ast.List | ast.Tuple) else [key]
    names = [part.value for part in parts if isinstance(part, ast.Constant)]
    if len(names) < len(parts):
        return ()
    return tuple(name for name in names if isinstance(name, str))


def _is_plain(name: str | None, value: ast.expr) -> bool:
    return name in _PLAIN and isinstance(value, ast.Constant) and value.value == _PLAIN[name]


def inner_joins(join: Join, node: ast.expr) -> Iterator[ast.expr]:
    """The joins inside of one that it takes the place of."""
    for inner in ast.walk(node):
        if inner is not node and isinstance(inner, ast.Call):
            found = join_of(inner)
            if found is not None and found.tables == join.tables[: len(found.tables)]:
                yield inner
