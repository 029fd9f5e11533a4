"""Which party has what an expression is computed from, as far as the script and the federation's
settings tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from fedmigrate.analysis.imports import canonical
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import PUBLIC, Imported, Rows, options
from fedmigrate.plan import Vertical

UNTOLD = ""
"""In place of a party: it is not known which."""

_Operator = ast.BinOp | ast.UnaryOp | ast.Compare


@dataclass(frozen=True)
class Held:
    """One thing that rows are computed from.

    Parameters
    ----------
    party : str
        Who has it.
    column : str, optional
        The column that it is, where it is one with a name.
    """

    party: str
    column: str | None = None


@dataclass(frozen=True)
class Holders:
    """Who has which columns of a script that was followed."""

    state: State
    vertical: Vertical

    def rows(self, node: ast.expr) -> Rows | None:
        """The rows that an expression is."""
        value = self.state.values.get(node)
        return value if isinstance(value, Rows) else None

    def concerns(self, rows: Rows) -> bool:
        """Whether rows stay at the parties."""
        return not self.state.findings.trained_on.isdisjoint(rows.origins)

    def placed(self, rows: Rows) -> str | None:
        """The one party that rows are of, where they come from a table of its own."""
        placed = self.state.findings.placed
        parties = {placed.get(origin) for origin in rows.origins}
        return parties.pop() if len(parties) == 1 else None

    def table(self, node: ast.expr) -> Rows | None:
        """The table that an expression is, if its columns may lie at several parties."""
        rows = self.rows(node)
        if rows is None or rows.kind != "frame" or self.placed(rows) is not None:
            return None
        return rows

    def held(self, node: ast.expr) -> Iterator[Held]:
        """What the rows of an expression are computed from."""
        rows = self.rows(node)
        if rows is not None and (party := self.placed(rows)) is not None:
            yield Held(party)
        elif rows is not None and rows.past is not None and rows.past.predicted:
            yield Held(self.vertical.label_party)
        elif rows is not None and rows.column is not None:
            yield Held(self._party(rows.column), rows.column)
        else:
            within = [inner for inner in _within(node) if self.rows(inner) is not None]
            for inner in within:
                yield from self.held(inner)
            if not within:
                yield Held(UNTOLD)

    def _party(self, column: str) -> str:
        if column == self.state.findings.label:
            return self.vertical.label_party
        if not self.vertical.columns:
            return UNTOLD
        return dict(self.vertical.columns).get(column, self.vertical.label_party)


def operands_of(node: _Operator) -> Iterator[ast.expr]:
    """The operands of an operator; those of a chain of them, which is evaluated as one."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    else:
        inner: ast.expr = node
        while isinstance(inner, ast.BinOp):
            yield inner.right
            inner = inner.left
        yield inner


def called(state: State, node: ast.Call) -> Iterator[str]:
    """The imported functions that a call may be of."""
    named, end = node.func, ""
    if isinstance(node.func, ast.Attribute):  # which is no value of its own where it is called
        named, end = node.func.value, f".{node.func.attr}"
    for value in options(state.values.get(named, PUBLIC)):
        if isinstance(value, Imported):
            yield canonical(value.name + end)


def given_to(node: ast.Call) -> list[ast.expr]:
    """The arguments of a call."""
    return [*node.args, *(word.value for word in node.keywords)]


def _within(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that an operation is done on."""
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare):
        yield from operands_of(node)
    elif isinstance(node, ast.Attribute | ast.Subscript):
        yield node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
        yield from given_to(node)
