"""Who runs which lines of a script where parties have other columns of the same rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fedmigrate.analysis.across import across_of
from fedmigrate.analysis.estimators import FITS
from fedmigrate.analysis.holders import UNTOLD, Holders, called, given_to
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import PUBLIC, Estimator, Rows, options
from fedmigrate.catalog.functions import COUNTERPARTS, Role
from fedmigrate.catalog.vertical import AT_LABEL, Where
from fedmigrate.plan import Share, Vertical

COORDINATOR = "coordinator"
_EVERYONE = frozenset((UNTOLD,))
_TOGETHER = frozenset((UNTOLD, COORDINATOR))
_NOBODY = frozenset[str]()
_OPERATIONS = ast.Attribute | ast.BinOp | ast.Call | ast.Compare | ast.Subscript | ast.UnaryOp
_LIBRARIES = ("numpy.", "pandas.")
_MAX_NESTING = 8
_FITTING = frozenset((Role.CROSS_VALIDATION, Role.PREDICTION))


def find_shares(
    state: State, tree: ast.Module, vertical: Vertical, parties: tuple[str, ...]
) -> tuple[Share, ...]:
    """What every party, and the coordinator, has to do for one file.

    Parameters
    ----------
    tree : ast.Module
        The file; what it holds was followed.
    parties : tuple of str
        All of them.
    """
    reader = _Reader(state, vertical)
    lines: dict[str, set[int]] = {party: set() for party in (*parties, COORDINATOR)}
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.stmt):
            continue
        for place in reader.places(statement):
            for party in parties if place == UNTOLD else (place,):
                lines.setdefault(party, set()).add(statement.lineno)
    roles = {COORDINATOR: "aggregator", vertical.label_party: "label holder"}
    return tuple(
        Share(party, roles.get(party, "client"), tuple(sorted(found)))
        for party, found in lines.items()
    )


class _Reader:
    def __init__(self, state: State, vertical: Vertical) -> None:
        self._state = state
        self._label = frozenset((vertical.label_party,))
        self._holders = Holders(state, vertical)

    def places(self, statement: ast.stmt) -> frozenset[str]:
        """Where a statement runs, without those inside of it."""
        found = _NOBODY
        for node in _own_expressions(statement):
            found |= self._of_call(node) if isinstance(node, ast.Call) else _NOBODY
            for rows in self._computed_from(node):
                found |= {held.party for held in self._holders.held(rows)}
        return found

    def _computed_from(self, node: ast.expr) -> Iterator[ast.expr]:
        """The rows that an operation gives or, where it gives none, those that it looks at."""
        if not isinstance(node, _OPERATIONS):
            return
        if self._is_federated(node):
            yield node
        elif isinstance(node, ast.Call):
            receiver = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            aggregates = any(name.startswith(_LIBRARIES) for name in called(self._state, node))
            looked_at = [receiver, *(given_to(node) if aggregates else ())]
            yield from filter(self._is_federated, looked_at)

    def _is_federated(self, node: ast.expr) -> bool:
        rows = self._holders.rows(node)
        return rows is not None and self._holders.concerns(rows)

    def _of_call(self, node: ast.Call) -> frozenset[str]:
        found = _NOBODY
        if not self._gets_rows(node):
            return found
        if isinstance(node.func, ast.Attribute):
            for receiver in options(self._state.values.get(node.func.value, PUBLIC)):
                if isinstance(receiver, Estimator):
                    found |= self._of_estimator(receiver, node.func.attr)
        return found.union(*map(self._of_function, called(self._state, node)))

    def _gets_rows(self, node: ast.Call) -> bool:
        given = given_to(node)
        values = [self._state.values[one] for one in given if one in self._state.values]
        leaves = self._state.leaves(*values)
        return any(isinstance(leaf, Rows) and self._holders.concerns(leaf) for leaf in leaves)

    def _of_estimator(
        self, estimator: Estimator, method: str, depth: int = _MAX_NESTING
    ) -> frozenset[str]:
        across = across_of(estimator.name)
        if across is None or not depth:
            return _NOBODY
        if across.where is Where.LABEL:
            return self._label
        if across.where is not Where.PARTS:
            together = across.where is Where.TOGETHER and method in FITS
            return _TOGETHER if together else _EVERYONE
        made = self._state.findings.constructions.get(estimator)
        parts = [part for part in made.parts if isinstance(part, Estimator)] if made else []
        return _EVERYONE.union(*(self._of_estimator(part, method, depth - 1) for part in parts))

    def _of_function(self, name: str) -> frozenset[str]:
        if name in AT_LABEL:
            return self._label
        role = COUNTERPARTS.get(name)
        if role is None:
            return _NOBODY
        return _TOGETHER if role in _FITTING else _EVERYONE


def _own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement, without those of statements and lambdas inside of it."""
    pending: list[ast.AST] = [statement]
    while pending:
        for inner in ast.iter_child_nodes(pending.pop()):
            if isinstance(inner, ast.stmt | ast.Lambda):
                continue
            if isinstance(inner, ast.expr):
                yield inner
            pending.append(inner)
