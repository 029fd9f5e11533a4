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
SCORE = "score"  # the method of a model; functions that score are in SCORES


def _named(*roles: Role) -> frozenset[str]:
    return frozenset(
        name.rpartition(".")[2] for name, role in COUNTERPARTS.items() if role in roles
    )


SCORES = _named(Role.CROSS_VALIDATION, Role.METRIC)
PREDICTIONS = _named(Role.PREDICTION)
_FITTING = _named(Role.CROSS_VALIDATION, Role.PREDICTION, Role.PERMUTATION)


def instrument(
    source: Source, loads: Collection[Span] = (), dropped: Collection[Span] = ()
) -> ast.Module:
    """The tree to run: ``model.fit(X)`` records the model, ``accuracy_score(...)`` its value.

    Every call is still made by the script's own frame, so that warnings and errors which look for
    their caller find the script::

        model.fit(X)                   recorder.fit(recorder.depth(), recorder.hold(model).fit(X))
        accuracy_score(y, p)           recorder.score(accuracy_score(y, p))
        cross_val_score(model, X)      recorder.score(cross_val_score(recorder.draws(model), X))

    Parameters
    ----------
    source : Source
    loads : collection of Span
        Calls whose rows are to be sampled.
    dropped : collection of Span
        Statements that only show rows, and that the conversion therefore does without.
    """
    tree = _Instrument(source, frozenset(loads), frozenset(dropped)).visit(source.tree)
    return ast.fix_missing_locations(tree)  # type: ignore[no-any-return]


class _Instrument(ast.NodeTransformer):
    def __init__(self, source: Source, loads: frozenset[Span], dropped: frozenset[Span]) -> None:
        self._source = source
        self._loads = loads
        self._dropped = dropped

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if self._dropped and self._source.span(node) in self._dropped:
            return ast.copy_location(ast.Pass(), node)
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        span = self._source.span(node) if self._loads else None
        line = node.lineno
        self.generic_visit(node)
        name = _called(node)
        if isinstance(node.func, ast.Attribute) and name in (*FITS, SCORE):
            at = node.func.value
            node.func.value = _recorder("hold", at, at)
            return _recorder("fit", node, _recorder("depth", at), node, name, line)
        if name in _FITTING and node.args and not isinstance(node.args[0], ast.Starred):
            node.args[0] = _recorder("draws", node.args[0], node.args[0])
        if name in SCORES:
            return _recorder("score", node, node, name, line)
        if name in PREDICTIONS:
            return _recorder("predicted", node, node, name, line)
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
