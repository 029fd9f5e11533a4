"""A script's syntax tree with every fit, score and load passed through the recorder, in memory.

Positions stay those of the user's file, so tracebacks and warnings name the user's lines.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from fedmigrate.catalog.functions import COUNTERPARTS, Role
from fedmigrate.source import Source, Span

RECORDER = "__fedmigrate__"  # what the recorder is called in the script's namespace
FITS = frozenset({"fit", "fit_predict", "fit_transform", "partial_fit"})
SCORES = frozenset(
    name.rpartition(".")[2]
    for name, role in COUNTERPARTS.items()
    if role in (Role.CROSS_VALIDATION, Role.METRIC)
)


def instrument(source: Source, loads: Collection[Span] = ()) -> ast.Module:
    """The tree to run: ``model.fit(X)`` records the model, ``accuracy_score(...)`` its value.

    Parameters
    ----------
    source : Source
    loads : collection of Span
        Calls whose rows are to be sampled.
    """
    tree = _Instrument(source, frozenset(loads)).visit(source.tree)
    return ast.fix_missing_locations(tree)  # type: ignore[no-any-return]


class _Instrument(ast.NodeTransformer):
    def __init__(self, source: Source, loads: frozenset[Span]) -> None:
        self._source = source
        self._loads = loads

    def visit_Call(self, node: ast.Call) -> ast.expr:
        span = self._source.span(node) if self._loads else None
        line = node.lineno
        self.generic_visit(node)
        name = _called(node)
        if isinstance(node.func, ast.Attribute) and name in FITS:
            node.func = self._through("fit", node.func, node.func.value, name, line)
            return node
        if name in SCORES:
            return self._through("score", node, node, name, line)
        return self._through("load", node, node) if span in self._loads else node

    def _through(self, method: str, at: ast.expr, value: ast.expr, *given: object) -> ast.Call:
        recorder = ast.Attribute(ast.Name(RECORDER, ast.Load()), method, ast.Load())
        call = ast.Call(recorder, [value, *map(ast.Constant, given)], [])  # type: ignore[arg-type]
        for made in ast.walk(call):
            if not hasattr(made, "lineno") and isinstance(made, ast.expr):
                ast.copy_location(made, at)
        return call


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
