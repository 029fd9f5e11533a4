"""Calls: what is called decides, so each kind of receiver has its own file; this one tells them
apart."""

from __future__ import annotations

import ast
from dataclasses import replace

from fedmigrate.analysis import estimators, libraries, modules
from fedmigrate.analysis import rows as rows_
from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.findings import NO_ORIGINS
from fedmigrate.analysis.imports import canonical
from fedmigrate.analysis.invocation import (
    bound,
    enclosing_super,
    foreign_base,
    instantiate,
    invoke,
    of_class,
    of_super,
)
from fedmigrate.analysis.iteration import element_of
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.values import (
    NONE,
    PUBLIC,
    Box,
    Class,
    Estimator,
    Foreign,
    Function,
    Imported,
    Instance,
    Method,
    Module,
    Options,
    Partial,
    Public,
    Record,
    Rows,
    Splitter,
    Stream,
    Subclassed,
    Super,
    Tuple_,
    Unknown,
    Value,
    constant_of,
    join_all,
    options,
)
from fedmigrate.catalog.functions import OBJECT_LOADERS
from fedmigrate.plan import SiteKind

_PRINTING_METHODS = frozenset(("critical", "debug", "error", "exception", "format", "info"))
_PRINTING_METHODS |= {"log", "print", "warning"}
_WRITING_METHODS = frozenset(("write", "writelines", "writerow", "writerows", "write_text"))
_READING_METHODS = frozenset(("open", "read_bytes", "read_text", "iterdir", "glob", "rglob"))
_ADDING_METHODS = frozenset(("add", "append", "extend", "insert", "setdefault", "update"))


def call(state: State, node: ast.Call) -> Value:
    """The value of a call."""
    function = node.func
    if isinstance(function, ast.Attribute):
        receiver = state.evaluate(function.value)
        arguments = _arguments(state, node)
        taken = options(receiver)
        if len(taken) > 1:
            taken = tuple(option for option in taken if option != NONE)
        return join_all([_method(state, arguments, option, function) for option in taken])
    callee = state.evaluate(function)
    if callee == Imported("builtins.super") and (inner := enclosing_super(state)) is not None:
        return inner
    arguments = _arguments(state, node)
    values = [call_value(state, arguments, option) for option in options(callee)]
    if len(values) > 1:
        _note_mixture(state, node, values)
    return join_all(values)


def _note_mixture(state: State, node: ast.Call, values: list[Value]) -> None:
    """A call that constructs an estimator of scikit-learn, or else something other."""
    ours = [isinstance(value, Estimator) for value in values]
    if any(ours) and not all(ours):
        state.findings.mixed.add(node)


def call_value(state: State, arguments: Arguments, callee: Value) -> Value:
    """The value of calling a value."""
    if isinstance(callee, Imported):
        if callee.name == "builtins.getattr":
            return _getattr(state, arguments)
        if callee.name == "builtins.map" and len(arguments.positional) > 1:
            return _map(state, arguments)
        if callee.name == "functools.partial" and arguments.positional:
            state.partials[arguments.node] = arguments
            return Partial(arguments.positional[0], arguments.node)
        return libraries.call_imported(state, arguments, callee)
    if isinstance(callee, Function):
        return invoke(state, callee, arguments)
    if isinstance(callee, Class):
        return instantiate(state, callee.node, arguments)
    if isinstance(callee, Foreign):
        return libraries.call_foreign(state, arguments, callee)
    if isinstance(callee, Rows):
        return callee
    if isinstance(callee, Method):
        return estimators.method(state, arguments, callee.owner, callee.name)
    if isinstance(callee, Partial):
        return _complete(state, callee, arguments)
    if isinstance(callee, Record):
        return _record(state, callee, arguments)
    if isinstance(callee, Instance):
        method = bound(state, callee, "__call__")
        if isinstance(method, Function):
            return invoke(state, method, arguments)
    rows = state.rows_in(*arguments.values)
    if isinstance(callee, Public) and rows is not None:
        state.mark_operation(arguments.node, rows, text_of(arguments.node.func))
        return Rows("lost", rows.origins)
    return libraries.call_untold(state, arguments)


def _complete(state: State, callee: Partial, arguments: Arguments) -> Value:
    """The value of calling what ``functools.partial`` gave."""
    bound_before = state.partials[callee.call]
    given = Arguments(
        arguments.node,
        (*bound_before.positional[1:], *arguments.positional),
        bound_before.keywords | arguments.keywords,
        (*bound_before.rest, *arguments.rest),
    )
    return join_all([call_value(state, given, option) for option in options(callee.callee)])


def _record(state: State, callee: Record, arguments: Arguments) -> Value:
    """An object of a named tuple: a box with its fields."""
    given = dict(zip(callee.fields, arguments.positional, strict=False)) | arguments.keywords
    for name, value in given.items():
        state.heap.put(arguments.node, name, value)
    for value in arguments.rest:
        state.heap.put(arguments.node, arguments.node, value)
    return Box(arguments.node)


def _map(state: State, arguments: Arguments) -> Value:
    """``map(function, values)``: the function is called on one element for all of them."""
    function, *iterated = arguments.positional
    elements = [element_of(state, arguments.expression(value), value) for value in iterated]
    given = Arguments(arguments.node, tuple(elements), {})
    return Stream(join_all([call_value(state, given, option) for option in options(function)]))


def _arguments(state: State, node: ast.Call) -> Arguments:
    positional: list[Value] = []
    rest: list[Value] = []
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            value = state.evaluate(argument)
            (rest if rest else positional).append(value)
            continue
        value = state.evaluate(argument.value)
        if isinstance(value, Tuple_) and not rest:
            positional.extend(value.items)
        else:
            rest.append(element_of(state, argument.value, value))
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = state.evaluate(keyword.value)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, Box):
            for key, entry in state.heap.entries(value.node).items():
                if isinstance(key, str):
                    keywords[key] = entry
                else:
                    rest.append(entry)
        else:
            rest.append(value)
    return Arguments(node, tuple(positional), keywords, tuple(rest))


def _method(state: State, arguments: Arguments, receiver: Value, function: ast.Attribute) -> Value:
    name = function.attr
    if isinstance(receiver, Imported):
        return _imported_method(state, arguments, receiver, function)
    if isinstance(receiver, Rows):
        return rows_.method(state, arguments, receiver, name)
    if isinstance(receiver, Estimator):
        return estimators.method(state, arguments, receiver, name)
    if isinstance(receiver, Subclassed):
        return _subclassed_method(state, arguments, receiver, name)
    if isinstance(receiver, Splitter):
        return estimators.splitter_method(state, arguments, receiver, name)
    if isinstance(receiver, Instance):
        return _instance_method(state, arguments, receiver, function)
    if isinstance(receiver, Class):
        return call_value(state, arguments, of_class(state, receiver, name))
    if isinstance(receiver, Super):
        return call_value(state, arguments, of_super(state, receiver, name))
    if isinstance(receiver, Module):
        named = modules.attribute(state, receiver, name)
        return join_all([call_value(state, arguments, option) for option in options(named)])
    if isinstance(receiver, Foreign):
        if name in estimators.FITS:
            return estimators.fit_elsewhere(state, arguments, function.value, receiver)
        return libraries.call_foreign(state, arguments, receiver)
    if isinstance(receiver, Box | Stream | Tuple_):
        return _container_method(state, arguments, receiver, function)
    return _public_method(state, arguments, receiver, function)


def _imported_method(
    state: State, arguments: Arguments, receiver: Imported, function: ast.Attribute
) -> Value:
    name = canonical(f"{receiver.name}.{function.attr}")
    if function.attr in estimators.FITS and not receiver.name.startswith("sklearn"):
        foreign = Foreign(receiver.name)
        return estimators.fit_elsewhere(state, arguments, function.value, foreign)
    return call_value(state, arguments, Imported(name))


def _subclassed_method(
    state: State, arguments: Arguments, receiver: Subclassed, name: str
) -> Value:
    rows = state.rows_in(*arguments.values)
    if name in estimators.FITS and (rows is not None or state.is_unknown(*arguments.values)):
        origins = NO_ORIGINS if rows is None else rows.origins
        state.findings.fit_subclassed(receiver, origins)
    if name in ("fit", "partial_fit", "set_params"):
        return receiver
    if rows is not None:
        return Rows("lost", rows.origins)
    return Unknown() if state.is_unknown(*arguments.values) else PUBLIC


def _instance_method(
    state: State, arguments: Arguments, receiver: Instance, function: ast.Attribute
) -> Value:
    method = bound(state, receiver, function.attr)
    foreign = foreign_base(state, receiver.node)
    if function.attr in estimators.FITS:
        if not isinstance(method, Function):
            told = foreign or Foreign(receiver.node.name)
            return estimators.fit_elsewhere(state, arguments, function.value, told)
        state.findings.fit_elsewhere(
            state.findings.foreign, function.value, receiver.node.name, frozenset()
        )
    if isinstance(method, Unknown) and foreign is not None:
        return libraries.call_foreign(state, arguments, foreign)
    return join_all([call_value(state, arguments, option) for option in options(method)])


def _container_method(
    state: State,
    arguments: Arguments,
    receiver: Box | Stream | Tuple_,
    function: ast.Attribute,
) -> Value:
    name = function.attr
    if isinstance(receiver, Box):
        node = receiver.node
        if name in _ADDING_METHODS:
            for value in arguments.values:
                added = element_of(state, arguments.node, value) if name == "extend" else value
                state.heap.put(node, arguments.node, added)
            return state.heap.content(node) if name == "setdefault" else NONE
        if name == "items":
            return Stream(Tuple_((PUBLIC, state.heap.content(node))))
        if name == "values":
            return Stream(state.heap.content(node))
        if name == "get" and arguments.positional:
            entries = state.heap.entries(node)
            key = constant_of(arguments.positional[0])
            if key in entries:
                return entries[key]
            return join_all([*entries.values(), *arguments.positional[1:]])
        if name == "keys":
            return PUBLIC
        if name == "copy":
            return receiver
        if name in ("pop", "popitem"):
            return state.heap.content(node)
    return PUBLIC


def _public_method(
    state: State, arguments: Arguments, receiver: Value, function: ast.Attribute
) -> Value:
    """A method of a public object, or of one that was not followed."""
    name = function.attr
    if name in estimators.FITS:
        return estimators.fit_elsewhere(state, arguments, function.value, receiver)
    rows = state.rows_in(*arguments.values)
    if rows is not None:
        if name in _ADDING_METHODS and isinstance(receiver, Public):
            return _outgrow(state, arguments, function)
        if name in _PRINTING_METHODS:
            shown = next(v for v in arguments.values if state.rows_in(v) is not None)
            facts = {"expression": text_of(arguments.expression(shown))}
            state.mark_reveal(arguments.node, "FM301", rows, facts)
            return PUBLIC
        if name in _WRITING_METHODS:
            facts = {"expression": text_of(function)}
            state.mark_reveal(arguments.node, "FM303", rows, facts)
            return PUBLIC
        if isinstance(receiver, Unknown) and receiver.name in OBJECT_LOADERS:
            state.findings.fit_elsewhere(
                state.findings.untold,
                function.value,
                text_of(function.value),
                rows.origins,
                loaded=True,
            )
            return Rows("lost", rows.origins)
        if isinstance(receiver, Public):
            state.mark_operation(arguments.node, rows, name)
            return Rows("lost", rows.origins)
        return libraries.call_untold(state, arguments)
    if name in _ADDING_METHODS and isinstance(receiver, Public) and not _plain(state, arguments):
        return _outgrow(state, arguments, function)
    if isinstance(receiver, Public) and name not in _READING_METHODS:
        return Unknown() if state.is_unknown(*arguments.values) else PUBLIC
    return Unknown()


def _plain(state: State, arguments: Arguments) -> bool:
    return all(isinstance(leaf, Public | Imported) for leaf in state.leaves(*arguments.values))


def _outgrow(state: State, arguments: Arguments, function: ast.Attribute) -> Value:
    """A list known to be public is given something that is not: from here on it is a box."""
    if isinstance(function.value, ast.Name):
        box = libraries.container(state, Arguments(arguments.node, (), {}))
        assert isinstance(box, Box)
        for value in arguments.values:
            state.heap.put(box.node, arguments.node, value)
        state.frame.set(function.value.id, box)
    return NONE


def _getattr(state: State, arguments: Arguments) -> Value:
    if len(arguments.positional) < 2:
        return Unknown()
    owner, attribute = arguments.positional[:2]
    name = constant_of(attribute)
    if isinstance(owner, Public):
        return PUBLIC
    if isinstance(name, str) and isinstance(owner, Imported):
        return Imported(canonical(f"{owner.name}.{name}"))
    if isinstance(name, str) and isinstance(owner, Instance):
        return bound(state, owner, name)
    if isinstance(name, str) and isinstance(owner, Estimator):
        return estimators.attribute(state, owner, name)
    if isinstance(owner, Options):
        told = Arguments(arguments.node, (), {})
        values = [
            _getattr(state, replace(told, positional=(option, *arguments.positional[1:])))
            for option in owner.values
        ]
        return join_all(values)
    followed = isinstance(owner, Estimator | Rows | Imported)
    if followed:
        rows = state.rows_in(owner)
        state.findings.mark(
            arguments.node,
            SiteKind.OPERATION,
            "FM207",
            "getattr",
            {"construct": "getattr()"},
            rows,
        )
    return Unknown("getattr")
