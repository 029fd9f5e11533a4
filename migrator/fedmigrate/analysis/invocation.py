"""Calling functions and classes of the script itself: their bodies are followed with the values
they are given.

A function is followed anew for other values, up to a limit; beyond it all further values are
joined, so that the work stays in proportion to the length of the script.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.environment import Frame
from fedmigrate.analysis.imports import canonical
from fedmigrate.analysis.state import ClassBody, State
from fedmigrate.analysis.values import (
    NONE,
    Box,
    Class,
    Foreign,
    Function,
    FunctionNode,
    Imported,
    Instance,
    Stream,
    Subclassed,
    Super,
    Tuple_,
    Unknown,
    Value,
    join,
    join_all,
)
from fedmigrate.catalog.sklearn_names import ESTIMATOR_NAMES

MAX_VISITS = 24
"""How often a function is followed with values told apart."""

MAX_DEPTH = 12
"""How deep calls are followed into calls."""


def invoke(state: State, function: Function, call: Arguments | None) -> Value:
    """The value of calling a function of the script; without ``call`` nothing is known of it."""
    node = function.node
    if node in state.active or len(state.active) >= MAX_DEPTH:
        return Unknown()
    given = _bind(state, function, call)
    visits = state.visits.get(node, 0)
    key: tuple[object, ...]
    if visits < MAX_VISITS:
        key = (node, tuple(given.items()), state.version)
    else:
        widened = state.widened.setdefault(node, {})
        for name, value in given.items():
            widened[name] = join(widened[name], value) if name in widened else value
        given = dict(widened)
        key = (node, tuple(given.items()))
    if key in state.results:
        return state.results[key]
    state.visits[node] = visits + 1
    result = _follow(state, function, given)
    state.results[key] = result
    return result


def _follow(state: State, function: Function, given: dict[str, Value]) -> Value:
    node = function.node
    frame = Frame(function.frame)
    for name, value in given.items():
        frame.set(name, value)
    outer, loops = state.frame, state.loops
    state.frame, state.loops = frame, 0
    state.active.append(node)
    try:
        if isinstance(node, ast.Lambda):
            return state.evaluate(node.body)
        if state.run(state, node.body):
            frame.returned.append(NONE)
    finally:
        state.active.pop()
        state.frame, state.loops = outer, loops
    if frame.yielded:
        return Stream(join_all(frame.yielded))
    return join_all(frame.returned)


def _bind(state: State, function: Function, call: Arguments | None) -> dict[str, Value]:
    node = function.node
    arguments = node.args
    defaults = state.defaults.get(node, {})
    places = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    given: dict[str, Value] = {}
    if function.receiver is not None and places:
        given[places.pop(0)] = function.receiver
    positional = call.positional if call is not None else ()
    given.update(zip(places, positional, strict=False))
    named = {*places, *(argument.arg for argument in arguments.kwonlyargs)}
    rest = None if call is None or not call.rest else join_all(list(call.rest))
    extra: dict[str, Value] = {}
    for name, value in (call.keywords if call is not None else {}).items():
        (given if name in named else extra)[name] = value
    for name in (*places, *(argument.arg for argument in arguments.kwonlyargs)):
        if name in given:
            continue
        if call is None or rest is not None or name not in defaults:
            default = defaults.get(name)
            unknown = Unknown(name)
            given[name] = unknown if default is None else join(default, unknown)
        else:
            given[name] = defaults[name]
    if arguments.vararg is not None:
        surplus = positional[len(places) :]
        given[arguments.vararg.arg] = (
            Stream(Unknown()) if call is None or rest is not None else Tuple_(tuple(surplus))
        )
    if arguments.kwarg is not None:
        box = Box(arguments.kwarg)
        for name, value in extra.items():
            state.heap.put(box.node, name, value)
        given[arguments.kwarg.arg] = box
    return given


def define_class(state: State, node: ast.ClassDef, bases: list[Value]) -> Class:
    """Follow a class body and remember what it binds."""
    frame = Frame(state.frame, of_class=True)
    outer, state.frame = state.frame, frame
    try:
        state.run(state, node.body)
    finally:
        state.frame = outer
    state.classes[node] = ClassBody(bases, frame)
    for layer in frame.layers:
        for value in layer.values():
            if isinstance(value, Function):
                state.owners.setdefault(value.node, node)
    return Class(node)


def base_name(state: State, node: ast.ClassDef, library: str) -> str | None:
    """The qualified name of a base, near or far, that a library provides."""
    for base in _imported_bases(state, node):
        if base.partition(".")[0] == library:
            return base
    return None


def _imported_bases(state: State, node: ast.ClassDef, depth: int = 8) -> Iterator[str]:
    body = state.classes.get(node)
    if body is None or not depth:
        return
    for base in body.bases:
        if isinstance(base, Imported):
            yield canonical(base.name)
        elif isinstance(base, Class):
            yield from _imported_bases(state, base.node, depth - 1)


def sklearn_base(state: State, node: ast.ClassDef) -> str | None:
    """The scikit-learn estimator, or mixin, that a class of the script subclasses."""
    base = base_name(state, node, "sklearn")
    if base is None:
        return None
    return base if base in ESTIMATOR_NAMES or base.startswith("sklearn.base.") else None


def instantiate(state: State, node: ast.ClassDef, call: Arguments) -> Value:
    """The value of calling a class of the script."""
    base = sklearn_base(state, node)
    if base is not None:
        return Subclassed(node.name, base, call.node)
    instance = Instance(node)
    constructor = member(state, node, "__init__")
    if isinstance(constructor, Function):
        invoke(state, Function(constructor.node, constructor.frame, instance), call)
    else:  # a dataclass or the like: its fields are what it is given
        given = dict(zip(_fields(state, node), call.positional, strict=False)) | call.keywords
        for name, value in given.items():
            state.heap.set_attribute(node, name, value)
    return instance


def _fields(state: State, node: ast.ClassDef, depth: int = 8) -> list[str]:
    """The annotated names of a class and its bases, in the order of a dataclass's parameters."""
    body = state.classes.get(node)
    names: list[str] = []
    for base in () if body is None or not depth else body.bases:
        if isinstance(base, Class):
            names += _fields(state, base.node, depth - 1)
    names += [
        statement.target.id
        for statement in node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    return list(dict.fromkeys(names))


def member(state: State, node: ast.ClassDef, name: str, depth: int = 8) -> Value | None:
    """What a class, or a base of it in the script, binds under a name."""
    body = state.classes.get(node)
    if body is None or not depth:
        return None
    value = body.frame.own(name)
    if value is not None:
        return value
    for base in body.bases:
        if isinstance(base, Class):
            value = member(state, base.node, name, depth - 1)
            if value is not None:
                return value
    return None


def bound(state: State, instance: Instance, name: str) -> Value:
    """The value of ``instance.name``."""
    value = state.heap.attribute(instance.node, name)
    if value is not None:
        return value
    value = member(state, instance.node, name)
    if not isinstance(value, Function):
        return Unknown(name) if value is None else value
    decorators = _decorators(value.node)
    if "staticmethod" in decorators:
        return value
    if "classmethod" in decorators:
        return Function(value.node, value.frame, Class(instance.node))
    method = Function(value.node, value.frame, instance)
    if "property" in decorators or "cached_property" in decorators:
        return invoke(state, method, None)
    return method


def enclosing_super(state: State) -> Super | None:
    """What ``super()`` is in the method being followed; None outside of one."""
    frame: Frame | None = state.frame
    for node in reversed(state.active):
        owner = state.owners.get(node)
        places = (*node.args.posonlyargs, *node.args.args)
        if owner is None or not places or frame is None:
            return None
        receiver = frame.own(places[0].arg)
        return Super(receiver, owner) if isinstance(receiver, Instance) else None
    return None


def of_super(state: State, base: Super, name: str) -> Value:
    """The value of ``super().name``."""
    body = state.classes.get(base.node)
    for option in () if body is None else body.bases:
        if isinstance(option, Class):
            value = member(state, option.node, name)
            if isinstance(value, Function):
                return Function(value.node, value.frame, base.instance)
            if value is not None:
                return value
    return Unknown(name)


def of_class(state: State, cls: Class, name: str) -> Value:
    """The value of ``Class.name``."""
    value = member(state, cls.node, name)
    if isinstance(value, Function) and "classmethod" in _decorators(value.node):
        return Function(value.node, value.frame, cls)
    return Unknown(name) if value is None else value


def foreign_base(state: State, node: ast.ClassDef) -> Foreign | None:
    """The object of another library that a class of the script extends."""
    for base in _imported_bases(state, node):
        if not base.startswith(("builtins.", "sklearn.", "abc.", "typing.", "enum.")):
            return Foreign(base)
    return None


def _decorators(node: FunctionNode) -> set[str]:
    if isinstance(node, ast.Lambda):
        return set()
    names = set()
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Name):
            names.add(decorator.id)
        elif isinstance(decorator, ast.Attribute):
            names.add(decorator.attr)
    return names
