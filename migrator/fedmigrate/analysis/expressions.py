"""The value of every kind of expression."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from fedmigrate.analysis import arrays, calls, estimators, modules, observation
from fedmigrate.analysis import rows as rows_
from fedmigrate.analysis.aliasing import is_shared
from fedmigrate.analysis.imports import canonical
from fedmigrate.analysis.invocation import bound, of_class, of_super
from fedmigrate.analysis.iteration import element_of, unpack
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.values import (
    MAX_CONSTANTS,
    NONE,
    PUBLIC,
    Box,
    Class,
    Constant,
    Estimator,
    Foreign,
    Function,
    Imported,
    Instance,
    Module,
    Public,
    Rows,
    Stream,
    Super,
    Tuple_,
    Unknown,
    Value,
    constant_of,
    constants_of,
    join,
    join_all,
    options,
)
from fedmigrate.catalog.functions import COUNTERPARTS
from fedmigrate.catalog.operations import SELECTORS

CHANGED_VIEW = "in-place change of a part of an array"
_BUILTINS = frozenset(dir(builtins))
_SESSION_NAMES = frozenset(("display", "get_ipython"))  # what a notebook has without an import
_MODULE_NAMES = frozenset(("__name__", "__file__", "__doc__"))


def evaluate(state: State, node: ast.expr) -> Value:
    """The abstract value of an expression; findings on the way are noted."""
    evaluator = _EVALUATORS.get(type(node))
    value = Unknown() if evaluator is None else evaluator(state, node)
    return observation.observe(state, node, value)


def assign(state: State, target: ast.expr, value: Value) -> None:
    """Bind a target, which may be a name, an attribute, a subscript or several of these."""
    if isinstance(target, ast.Name):
        state.frame.set(target.id, value)
        state.viewed.discard(target.id)
        state.history.bound[target.id] += 1
    elif isinstance(target, ast.Starred):
        assign(state, target.value, Stream(element_of(state, target, value)))
    elif isinstance(target, ast.Tuple | ast.List):
        if any(isinstance(inner, ast.Starred) for inner in target.elts):
            element = element_of(state, target, value)
            for inner in target.elts:
                assign(state, inner, Stream(element) if isinstance(inner, ast.Starred) else element)
        else:
            parts = unpack(state, target, value, len(target.elts))
            for inner, part in zip(target.elts, parts, strict=True):
                assign(state, inner, part)
    elif isinstance(target, ast.Attribute):
        for owner in options(evaluate(state, target.value)):
            _assign_attribute(state, target, owner, value)
    elif isinstance(target, ast.Subscript):
        index = evaluate(state, target.slice)
        for owner in options(evaluate(state, target.value)):
            _assign_entry(state, target, owner, index, value)


def _assign_attribute(state: State, target: ast.Attribute, owner: Value, value: Value) -> None:
    if isinstance(owner, Instance | Class):
        state.heap.set_attribute(owner.node, target.attr, value)
    elif isinstance(owner, Rows):
        state.mark_operation(
            target, owner, f"{rows_.operation_name(owner, target.attr)} assignment"
        )
    elif isinstance(owner, Estimator):
        state.findings.construct(owner, {target.attr: constants_of(value)}, [])


def _assign_entry(
    state: State, target: ast.Subscript, owner: Value, index: Value, value: Value
) -> None:
    if isinstance(owner, Box):
        key = constant_of(index)
        state.heap.put(owner.node, key if isinstance(key, str | int) else target, value)
        return
    if isinstance(owner, Rows):
        _assign_rows(state, target, owner, index)
        observation.stored(state, target, owner, value)
        return
    rows = state.rows_in(value, index)
    if rows is not None and isinstance(owner, Public):
        state.mark_operation(target, rows, "assignment into a public array")
        if isinstance(target.value, ast.Name):
            state.frame.set(target.value.id, Rows("lost", rows.origins))
    elif (
        isinstance(target.value, ast.Name)
        and isinstance(owner, Public)
        and not isinstance(value, Public)
    ):
        state.heap.put(target, target, value)
        state.frame.set(target.value.id, Box(target))


def _assign_rows(state: State, target: ast.Subscript, owner: Rows, index: Value) -> None:
    """Whole columns, masks, and public positions of arrays are carried; parts of a part are not."""
    which = index.items[0] if isinstance(index, Tuple_) and index.items else index
    parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
    place = target.value
    piece = parts[0]
    selecting = isinstance(place, ast.Attribute) and place.attr in SELECTORS
    if isinstance(place, ast.Attribute) and selecting:
        place = place.value
    if isinstance(which, Rows):
        whole = True
    elif owner.kind in ("array", "stacked") and not selecting:
        whole = isinstance(piece, ast.Slice) or not state.is_unknown(which)
    elif selecting:
        whole = isinstance(piece, ast.Slice) and piece.lower is None and piece.upper is None
    else:
        whole = owner.kind in ("frame", "any") and not isinstance(piece, ast.Slice)
    if not whole or not isinstance(place, ast.Name | ast.Attribute):
        state.mark_operation(target, owner, "assignment to single entries")
    elif is_shared(state, place, owner):
        state.mark_operation(target, owner, CHANGED_VIEW)


def _constant(state: State, node: ast.Constant) -> Value:
    return Public(node.value)


def _name(state: State, node: ast.Name) -> Value:
    value = state.frame.get(node.id)
    if isinstance(value, Imported) and value.at is None and value.name in COUNTERPARTS:
        return Imported(value.name, node)
    if value is not None:
        return value
    if node.id in _MODULE_NAMES:
        return PUBLIC
    if node.id in _BUILTINS:
        return Imported(f"builtins.{node.id}")
    if node.id in _SESSION_NAMES:
        return Imported(f"IPython.{node.id}")
    return Unknown(node.id)


def _attribute(state: State, node: ast.Attribute) -> Value:
    return join_all(
        [_attribute_of(state, node, owner) for owner in options(evaluate(state, node.value))]
    )


def _attribute_of(state: State, node: ast.Attribute, owner: Value) -> Value:
    if isinstance(owner, Imported):
        name = canonical(f"{owner.name}.{node.attr}")
        return Imported(name, node if name in COUNTERPARTS else None)
    if isinstance(owner, Module):
        return modules.attribute(state, owner, node.attr)
    if isinstance(owner, Rows):
        return rows_.attribute(state, node, owner)
    if isinstance(owner, Instance):
        return bound(state, owner, node.attr)
    if isinstance(owner, Class):
        return of_class(state, owner, node.attr)
    if isinstance(owner, Foreign):
        return owner
    if isinstance(owner, Unknown):
        return Unknown()
    if isinstance(owner, Estimator):
        return estimators.attribute(state, owner, node.attr)
    if isinstance(owner, Box):
        return state.heap.entries(owner.node).get(node.attr, PUBLIC)
    if isinstance(owner, Super):
        return of_super(state, owner, node.attr)
    return PUBLIC


def _subscript(state: State, node: ast.Subscript) -> Value:
    owner = evaluate(state, node.value)
    index = evaluate(state, node.slice)
    return join_all([_entry(state, node, option, index) for option in options(owner)])


def _entry(state: State, node: ast.Subscript, owner: Value, index: Value) -> Value:
    key = constant_of(index)
    if isinstance(owner, Rows):
        return rows_.subscript(state, node, owner, index)
    if isinstance(owner, Tuple_):
        if isinstance(key, int) and -len(owner.items) <= key < len(owner.items):
            return owner.items[key]
        return owner if isinstance(node.slice, ast.Slice) else join_all(list(owner.items))
    if isinstance(owner, Box):
        if isinstance(node.slice, ast.Slice):
            return owner
        entries = state.heap.entries(owner.node)
        if isinstance(key, str | int) and key in entries:
            return entries[key]
        return state.heap.content(owner.node)
    if isinstance(owner, Stream):
        return owner if isinstance(node.slice, ast.Slice) else owner.element
    if isinstance(owner, Estimator):  # a step of a pipeline, which is wrapped with the pipeline
        return owner
    if isinstance(owner, Foreign | Unknown):
        return owner
    if isinstance(owner, Imported):
        rows = state.rows_in(index)
        if rows is not None and owner.name in ("numpy.c_", "numpy.r_"):
            return arrays.stack(state, node, owner.name, rows, index)
        if rows is not None:
            state.mark_operation(node, rows, owner.name)
            return Rows("array", rows.origins)
        return Unknown() if state.is_unknown(owner) else PUBLIC
    rows = state.rows_in(index)
    if rows is not None and isinstance(owner, Public):
        state.mark_operation(node, rows, "subscript of a public object")
        return Rows("array", rows.origins)
    return PUBLIC


def _binary(state: State, node: ast.BinOp) -> Value:
    # Long sums lean to the left; walking down their spine keeps Python's stack out of it.
    spine: list[ast.BinOp] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        spine.append(left)
        left = left.left
    value = evaluate(state, left)
    for step in reversed(spine):
        right = evaluate(state, step.right)
        value = _operate(state, step, value, right)
    return value


def _operate(state: State, node: ast.BinOp, left: Value, right: Value) -> Value:
    for side in (left, right):
        if isinstance(side, Box):
            for other in (left, right):
                if isinstance(other, Box):
                    for key, entry in list(state.heap.entries(other.node).items()):
                        state.heap.put(node, (other.node, key), entry)
                elif isinstance(other, Stream | Tuple_):
                    state.heap.put(node, other, element_of(state, node, other))
            return Box(node)
    if isinstance(left, Tuple_) and isinstance(right, Tuple_):
        return Tuple_((*left.items, *right.items))
    return rows_.arithmetic(state, node, [left, right], node.op)


def _unary(state: State, node: ast.UnaryOp) -> Value:
    value = evaluate(state, node.operand)
    constant = constant_of(value)
    if isinstance(node.op, ast.USub) and isinstance(constant, int | float):
        return Public(-constant)
    return rows_.arithmetic(state, node, [value], node.op)


def _boolean(state: State, node: ast.BoolOp) -> Value:
    return join_all([evaluate(state, operand) for operand in node.values])


def _compare(state: State, node: ast.Compare) -> Value:
    operands = [evaluate(state, operand) for operand in (node.left, *node.comparators)]
    if all(isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops):
        return PUBLIC
    rows = state.rows_in(*operands)
    if rows is None:
        return Unknown() if state.is_unknown(*operands) else PUBLIC
    if isinstance(node.ops[0], ast.In | ast.NotIn):
        return PUBLIC
    return Rows(rows.kind, rows.origins)


def _choice(state: State, node: ast.IfExp) -> Value:
    evaluate(state, node.test)
    return join(evaluate(state, node.body), evaluate(state, node.orelse))


def _lambda(state: State, node: ast.Lambda) -> Value:
    remember_defaults(state, node)
    return Function(node, state.frame)


def remember_defaults(
    state: State, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
) -> None:
    """Keep the values that a function's defaults have where it is defined."""
    arguments = node.args
    places = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    defaults = {
        name: evaluate(state, default)
        for name, default in zip(reversed(places), reversed(arguments.defaults), strict=False)
    }
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            defaults[argument.arg] = evaluate(state, default)
    state.defaults[node] = defaults


def _format(state: State, node: ast.JoinedStr) -> Value:
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = evaluate(state, part.value)
            rows = state.rows_in(value)
            if rows is not None:
                facts = {"expression": text_of(part.value)}
                state.mark_reveal(part.value, "FM301", rows, facts)
    return PUBLIC


def _tuple(state: State, node: ast.Tuple) -> Value:
    items: list[Value] = []
    for element in node.elts:
        value = evaluate(state, element)
        if isinstance(element, ast.Starred):
            if not isinstance(value, Tuple_):
                return Stream(join_all([element_of(state, element, value), *items]))
            items.extend(value.items)
        else:
            items.append(value)
    return Tuple_(tuple(items))


def _list(state: State, node: ast.List | ast.Set) -> Value:
    values = [evaluate(state, element) for element in node.elts]
    if values and all(isinstance(value, Public) and value != NONE for value in values):
        return Public(holds=_constants(values))
    box = Box(node)
    for position, (element, value) in enumerate(zip(node.elts, values, strict=True)):
        if isinstance(element, ast.Starred):
            state.heap.put(node, element, element_of(state, element, value))
        else:
            state.heap.put(node, position, value)
    return box


def _constants(values: list[Value]) -> tuple[Constant, ...] | None:
    """The constants in a list, where each is known."""
    held = [constants_of(value) for value in values[: MAX_CONSTANTS + 1]]
    if len(held) > MAX_CONSTANTS or not all(held):
        return None
    return tuple(constant for constants in held for constant in constants)


def _dict(state: State, node: ast.Dict) -> Value:
    for key, entry in zip(node.keys, node.values, strict=True):
        value = evaluate(state, entry)
        if key is None:
            if isinstance(value, Box):
                for inner, held in list(state.heap.entries(value.node).items()):
                    state.heap.put(node, inner, held)
            else:
                state.heap.put(node, entry, value)
            continue
        constant = constant_of(evaluate(state, key))
        state.heap.put(node, constant if isinstance(constant, str | int) else key, value)
    return Box(node)


def _comprehension(
    state: State, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
) -> Value:
    state.frame.branch()
    try:
        for generator in node.generators:
            source = evaluate(state, generator.iter)
            assign(state, generator.target, element_of(state, generator.iter, source))
            for condition in generator.ifs:
                evaluate(state, condition)
        if isinstance(node, ast.DictComp):
            evaluate(state, node.key)
            value = evaluate(state, node.value)
        else:
            value = evaluate(state, node.elt)
    finally:
        state.frame.leave()
    if isinstance(node, ast.GeneratorExp):
        return Stream(value)
    if isinstance(value, Public):
        return PUBLIC
    state.heap.put(node, node, value)
    return Box(node)


def _walrus(state: State, node: ast.NamedExpr) -> Value:
    value = evaluate(state, node.value)
    assign(state, node.target, value)
    return value


def _starred(state: State, node: ast.Starred) -> Value:
    return evaluate(state, node.value)


def _slice(state: State, node: ast.Slice) -> Value:
    parts = [part for part in (node.lower, node.upper, node.step) if part is not None]
    values = [evaluate(state, part) for part in parts]
    return Unknown() if state.is_unknown(*values) else PUBLIC


def _await(state: State, node: ast.Await) -> Value:
    return evaluate(state, node.value)


def _yield(state: State, node: ast.Yield) -> Value:
    value = PUBLIC if node.value is None else evaluate(state, node.value)
    state.frame.yielded.append(value)
    return Unknown()


def _yield_from(state: State, node: ast.YieldFrom) -> Value:
    value = evaluate(state, node.value)
    state.frame.yielded.append(element_of(state, node.value, value))
    return Unknown()


def _call(state: State, node: ast.Call) -> Value:
    return calls.call(state, node)


_EVALUATORS: dict[type[ast.expr], Callable[[State, Any], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Lambda: _lambda,
    ast.JoinedStr: _format,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _list,
    ast.Dict: _dict,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.NamedExpr: _walrus,
    ast.Starred: _starred,
    ast.Slice: _slice,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
