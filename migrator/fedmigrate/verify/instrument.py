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

    Every call is still made by the script's own frame, so that warnings and errors which look for
    their caller find the script::

        model.fit(X)                   recorder.fit(recorder.depth(), recorder.hold(model).fit(X))
        accuracy_score(y, p)           recorder.score(accuracy_score(y, p))

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
            at = node.func.value
            node.func.value = _recorder("hold", at, at)
            return _recorder("fit", node, _recorder("depth", at), node, name, line)
        if name in SCORES:
            return _recorder("score", node, node, name, line)
        return _recorder("load", node, node) if span in self._loads else node


def _recorder(method: str, at: ast.expr, *given: object) -> ast.Call:
    called = ast.Attribute(ast.Name(RECORDER, ast.Load()), method, ast.Load())
    arguments = [one if isinstance(one, ast.expr) else _constant(one) for one in given]
    call = ast.Call(called, arguments, [])
    for made in (call, called, called.value, *arguments):
        if not hasattr(made, "lineno"):
            ast.copy_location(made, at)
    return call


def _constant(value: object) -> ast.Constant:
    return ast.Constant(value)  # type: ignore[arg-type]


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
