"""Following statements in the order they run, with a join where ways part."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from fedmigrate.analysis import modules
from fedmigrate.analysis.aliasing import bind_view, is_shared
from fedmigrate.analysis.environment import Layer
from fedmigrate.analysis.expressions import CHANGED_VIEW, assign, evaluate, remember_defaults
from fedmigrate.analysis.imports import bindings
from fedmigrate.analysis.invocation import define_class
from fedmigrate.analysis.iteration import element_of
from fedmigrate.analysis.rows import arithmetic
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.values import NONE, Box, Function, Rows, Unknown, Value

MAX_REPEATED_LOOPS = 2
"""Loops nested deeper than this are followed once; each repetition doubles the work inside."""


def run(state: State, body: Sequence[ast.stmt]) -> bool:
    """Follow statements.

    Returns
    -------
    bool
        Whether the end of them may be reached.
    """
    return all(_RUNNERS.get(type(statement), _pass)(state, statement) for statement in body)


def _pass(state: State, node: ast.stmt) -> bool:
    return True


def _expression(state: State, node: ast.Expr) -> bool:
    value = evaluate(state, node.value)
    rows = state.rows_in(value) if node in state.displayed else None
    if rows is not None:
        state.mark_reveal(node.value, "FM301", rows, {"expression": text_of(node.value)})
    return True


def _assign(state: State, node: ast.Assign) -> bool:
    value = evaluate(state, node.value)
    for target in node.targets:
        assign(state, target, bind_view(state, target, node.value, value))
    return True


def _annotated(state: State, node: ast.AnnAssign) -> bool:
    if node.value is not None:
        assign(state, node.target, evaluate(state, node.value))
    return True


def _augmented(state: State, node: ast.AugAssign) -> bool:
    before = evaluate(state, node.target)
    added = evaluate(state, node.value)
    if isinstance(before, Box):
        if isinstance(node.op, ast.Add):
            state.heap.put(before.node, node, element_of(state, node.value, added))
        return True
    whole = not isinstance(node.target, ast.Subscript)  # of a part, its assignment decides
    if whole and isinstance(before, Rows) and is_shared(state, node.target, before):
        state.mark_operation(node, before, CHANGED_VIEW)
    if isinstance(node.target, ast.Subscript) and state.rows_in(before) is not None:
        assign(state, node.target, added)
        return True
    assign(state, node.target, arithmetic(state, node.value, [before, added], node.op))
    return True


def _import(state: State, node: ast.Import | ast.ImportFrom) -> bool:
    for name, imported in bindings(node):
        state.frame.set(name, imported)
    for name, value in modules.bindings(state, node):
        state.frame.set(name, value)
    return True


def _branches(state: State, bodies: Sequence[Sequence[ast.stmt]], *, complete: bool) -> bool:
    """Follow alternatives and join those whose end is reached."""
    reached: list[Layer] = []
    for body in bodies:
        state.frame.branch()
        falls = run(state, body)
        layer = state.frame.leave()
        if falls:
            reached.append(layer)
    if complete and not reached:
        return False
    state.frame.merge(reached, complete=complete)
    return True


def _if(state: State, node: ast.If) -> bool:
    evaluate(state, node.test)
    bodies = [node.body]
    rest = node.orelse
    while len(rest) == 1 and isinstance(rest[0], ast.If):  # elif: flat, however many there are
        evaluate(state, rest[0].test)
        bodies.append(rest[0].body)
        rest = rest[0].orelse
    bodies.append(rest)
    return _branches(state, bodies, complete=True)


def _for(state: State, node: ast.For | ast.AsyncFor) -> bool:
    iterated = evaluate(state, node.iter)
    element = element_of(state, node.iter, iterated)
    _loop(state, node.body, lambda: assign(state, node.target, element))
    return run(state, node.orelse)


def _while(state: State, node: ast.While) -> bool:
    _loop(state, node.body, lambda: evaluate(state, node.test))
    return run(state, node.orelse)


def _loop(state: State, body: Sequence[ast.stmt], begin: Callable[[], object]) -> None:
    state.loops += 1
    rounds = 2 if state.loops <= MAX_REPEATED_LOOPS else 1
    for _ in range(rounds):
        state.frame.branch()
        begin()
        run(state, body)
        if not state.frame.merge([state.frame.leave()], complete=False):
            break
    state.loops -= 1


def _with(state: State, node: ast.With | ast.AsyncWith) -> bool:
    for item in node.items:
        value = evaluate(state, item.context_expr)
        if item.optional_vars is not None:
            assign(state, item.optional_vars, value)
    return run(state, node.body)


def _try(state: State, node: Any) -> bool:
    state.frame.branch()
    falls = run(state, node.body) and run(state, node.orelse)
    tried = state.frame.leave()
    reached = [tried] if falls else []
    for handler in node.handlers:
        state.frame.branch()
        state.frame.merge([tried], complete=False)
        if handler.name:
            state.frame.set(handler.name, NONE)
        falls = run(state, handler.body)
        layer = state.frame.leave()
        if falls:
            reached.append(layer)
    if reached:
        state.frame.merge(reached, complete=True)
    return run(state, node.finalbody) and bool(reached)


def _function(state: State, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    remember_defaults(state, node)
    for decorator in node.decorator_list:
        evaluate(state, decorator)
    around = state.frame
    if around.of_class and around.around is not None:
        around = around.around  # methods do not see the names of their class
    function = Function(node, around)
    state.defined[node] = function
    state.frame.set(node.name, function)
    return True


def _class(state: State, node: ast.ClassDef) -> bool:
    bases: list[Value] = [evaluate(state, base) for base in node.bases]
    state.frame.set(node.name, define_class(state, node, bases))
    return True


def _return(state: State, node: ast.Return) -> bool:
    state.frame.returned.append(NONE if node.value is None else evaluate(state, node.value))
    return False


def _delete(state: State, node: ast.Delete) -> bool:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            rows = state.rows_in(evaluate(state, target.value))
            if rows is not None:
                state.mark_operation(node, rows, "del")
    return True


def _raise(state: State, node: ast.Raise) -> bool:
    if node.exc is not None:
        evaluate(state, node.exc)
    return False


def _assert(state: State, node: ast.Assert) -> bool:
    evaluate(state, node.test)
    return True


def _global(state: State, node: ast.Global) -> bool:
    module = state.frame.module
    if state.frame is not module:
        for name in node.names:
            state.frame.elsewhere[name] = module
    return True


def _nonlocal(state: State, node: ast.Nonlocal) -> bool:
    for name in node.names:
        frame = state.frame.around
        while frame is not None and frame.own(name) is None:
            frame = frame.around
        if frame is not None:
            state.frame.elsewhere[name] = frame
    return True


def _match(state: State, node: ast.Match) -> bool:
    evaluate(state, node.subject)
    for case in node.cases:
        for pattern in ast.walk(case.pattern):
            if isinstance(pattern, ast.MatchAs | ast.MatchStar) and pattern.name:
                state.frame.set(pattern.name, Unknown(pattern.name))
    return _branches(state, [*(case.body for case in node.cases), []], complete=True)


_RUNNERS: dict[type[ast.stmt], Callable[[State, Any], bool]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Delete: _delete,
    ast.Assert: _assert,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Match: _match,
}
if hasattr(ast, "TryStar"):
    _RUNNERS[ast.TryStar] = _try
