"""What a script does with the key by which rows of several parties are matched: the key has to be
in what is loaded, and is in no table any more once rows are matched.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from fedmigrate.analysis.assessment import Finding
from fedmigrate.analysis.holders import Holders
from fedmigrate.analysis.placing import Placing
from fedmigrate.analysis.state import text_of
from fedmigrate.analysis.traps import Trap
from fedmigrate.analysis.values import Public, Rows, Value, constant_of
from fedmigrate.catalog.operations import SELECTORS
from fedmigrate.plan import SiteKind

_NOT_KEPT = "aligned tables do not keep it"
_NO_TABLE = "it gives no table with named columns"
_AS_INDEX = "index_col takes a column out of the table"
_LEFT_OUT = "usecols leaves it out"


def note_keys(holders: Holders, placing: Placing) -> Iterator[Trap]:
    """Mark where the key is missed, and tell where it would be a feature of the pooled script."""
    state, on = holders.state, holders.vertical.on
    joined = {name for join in placing.joins.values() for name in join.on}
    keys = joined.union(on)
    if not keys:
        return
    inside = {inner for join in placing.joins.values() for inner in ast.walk(join.key)}
    names_key = selects = False
    for node, value in state.values.items():
        if isinstance(node, ast.Constant):
            names_key |= node.value in keys and node not in inside
        elif isinstance(node, ast.Subscript) and (rows := holders.table(node.value)) is not None:
            index = state.values.get(node.slice)
            selects |= isinstance(index, Public) and index.holds is not None
            if _holds(index, keys):
                _miss(holders, node, text_of(node.value), _NOT_KEPT, rows)
        elif isinstance(node, ast.Attribute) and node.attr in SELECTORS:
            selects |= isinstance(value, Rows) and holders.table(node.value) is not None
    for node, rows in _sources(holders):
        if reason := _why_not(holders, node, rows, frozenset(on)):
            _miss(holders, node, text_of(node.func), reason, rows)
        elif not names_key and not selects and holders.concerns(rows):
            yield node, Finding("FM143", {"name": text_of(node.func)})


def _sources(holders: Holders) -> Iterator[tuple[ast.Call, Rows]]:
    """Every loader's call with the first rows that it gives."""
    state = holders.state
    for node in state.findings.sources:
        for leaf in state.leaves(state.values.get(node, Public())):
            if isinstance(leaf, Rows):
                yield node, leaf
                break


def _why_not(holders: Holders, node: ast.Call, rows: Rows, on: Set[str]) -> str:
    """Why what a loader gives has no key to align it by; empty if it may have one."""
    if not on or holders.placed(rows) is not None:  # the join that it is for names its columns
        return ""
    if rows.kind != "frame":
        return _NO_TABLE
    given = {word.arg: holders.state.values.get(word.value) for word in node.keywords}
    if given.get("index_col", Public(None)) != Public(None):
        return _AS_INDEX
    columns = given.get("usecols")
    named = columns.holds if isinstance(columns, Public) else None
    return "" if named is None or on <= set(named) else _LEFT_OUT


def _holds(value: Value | None, keys: Set[str]) -> bool:
    if not isinstance(value, Public):
        return False
    return not {constant_of(value), *(value.holds or ())}.isdisjoint(keys)


def _miss(holders: Holders, node: ast.expr, name: str, reason: str, rows: Rows) -> None:
    facts = {"name": name, "reason": reason}
    holders.state.findings.mark(node, SiteKind.OPERATION, "FM215", name, facts, rows)
