"""Noting what a script does with its rows, as every expression passes by once it has a value.

Fits, predictions, scores and splits go into the history, with the rows they were given; the rows
that come out know where they come from. What it all amounts to is judged in ``traps.py``.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from fedmigrate.analysis.history import Columns, Fit, Use
from fedmigrate.analysis.imports import canonical
from fedmigrate.analysis.lineage import carried, split_parts
from fedmigrate.analysis.past import Past, Prediction
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import (
    Estimator,
    Imported,
    Method,
    Rows,
    Splitter,
    Value,
    constant_of,
    options,
)
from fedmigrate.catalog.functions import COUNTERPARTS, Role
from fedmigrate.catalog.randomness import DRAWING_SPLITTERS, MADE_UP
from fedmigrate.catalog.transformers import ENCODERS, LABEL_ENCODERS, MADE_OF_STEPS, PREPARING

_PLAIN = (ast.Name, ast.Constant)
_FITTING = frozenset(("fit", "fit_transform", "fit_predict", "partial_fit"))
_PREDICTING = frozenset(
    ("decision_function", "predict", "predict_log_proba", "predict_proba", "score_samples")
)
_TRANSFORMING = frozenset(("inverse_transform", "transform"))
_HARMLESS = frozenset(("builtins", "copy", "joblib", "numpy", "pandas", "pickle", "pprint"))
_SPLIT = "sklearn.model_selection.train_test_split"


def observe(state: State, node: ast.expr, value: Value) -> Value:
    """Note what an expression does, and give its value with what is known of its rows."""
    if not isinstance(node, _PLAIN):
        value = carried(state, node, value)
        if isinstance(node, ast.Call):
            value = _call(state, node, value)
    state.values[node] = value
    return value


def stored(state: State, target: ast.Subscript, owner: Rows, value: Value) -> None:
    """Note that columns of a table now hold what a transformer made of them."""
    place = target.value.value if isinstance(target.value, ast.Attribute) else target.value
    if not (isinstance(value, Rows) and value.past and owner.past and isinstance(place, ast.Name)):
        return
    single = isinstance(constant_of(state.values[target.slice]), str)
    fits = frozenset(
        fit
        for fit in value.past.fits
        if not (single and state.history.fitted_by[fit].name in ENCODERS)  # may be the label
    )
    if value.past.part == owner.past.part and not fits <= owner.past.fits:
        past = replace(owner.past, fits=owner.past.fits | fits)
        state.frame.set(place.id, replace(owner, past=past))


def _call(state: State, node: ast.Call, value: Value) -> Value:
    history = state.history
    for made in options(value):
        if isinstance(made, Estimator) and made.call is node:
            history.columns[made] = Columns(state.loops, state.frame)
    function = node.func
    callee = state.values.get(function)
    if isinstance(function, ast.Attribute):
        for receiver in options(state.values.get(function.value, value)):
            if isinstance(receiver, Estimator):
                value = _method(state, node, receiver, function.attr, value)
            elif isinstance(receiver, Splitter) and function.attr == "split":
                _take_test_rows(state, _rows(state, node, 0, "X"), receiver.name)
            elif isinstance(receiver, Imported):
                callee = Imported(canonical(f"{receiver.name}.{function.attr}"))
    for option in options(callee) if callee is not None else ():
        if isinstance(option, Imported):
            value = _function(state, node, option.name, value)
        elif isinstance(option, Method):
            value = _method(state, node, option.owner, option.name, value)
        elif isinstance(option, Estimator):
            history.elsewhere.add(option)
    return value


def _function(state: State, node: ast.Call, name: str, value: Value) -> Value:
    history = state.history
    if name.partition(".")[0] in _HARMLESS:
        history.seeded |= name == "numpy.random.seed" and bool(node.args)
        return value
    given = [state.values[one] for one in _given(node) if one in state.values]
    role = COUNTERPARTS.get(name)
    if name == _SPLIT:
        _take_test_rows(state, _rows(state, node, 0), name)
        if not _is_false(state, node, "shuffle") and not _is_seeded(state, node):
            history.unseeded[node] = name
        return split_parts(node, value)
    if name in DRAWING_SPLITTERS or (role is Role.FOLDS and _is_true(state, node, "shuffle")):
        if not _is_seeded(state, node):
            history.unseeded[node] = name
    elif name.startswith(MADE_UP) and not _is_seeded(state, node):
        if not _is_false(state, node, "shuffle") or _argument(node, "noise") is not None:
            history.unseeded[node] = name
    elif role in (Role.CROSS_VALIDATION, Role.PREDICTION, Role.PERMUTATION):
        _take_test_rows(state, _rows(state, node, 1, "X"), name)
    elif role in (Role.METRIC, Role.DISPLAY):
        for leaf in state.leaves(*given):
            if isinstance(leaf, Rows) and leaf.past is not None and leaf.past.predicted:
                said = leaf.past.predicted
                use = Use(node, said.part, leaf.origins, said.given, scored=True)
                history.uses.setdefault(said.model, []).append(use)
    models = (leaf for leaf in state.leaves(*given) if isinstance(leaf, Estimator))
    history.elsewhere.update(models)
    return value


def _method(state: State, node: ast.Call, model: Estimator, name: str, value: Value) -> Value:
    rows = _rows(state, node, 0, "X", "y", "raw_documents")
    if rows is None:
        return value
    part = None if rows.past is None else rows.past.part
    given = _meaning(state, node, 0)
    if name in _FITTING:
        return _fit(state, node, model, rows, value)
    uses = state.history.uses.setdefault(model, [])
    if name == "score" or name in _PREDICTING:
        uses.append(Use(node, part, rows.origins, given, scored=name == "score"))
        if isinstance(value, Rows) and part is not None:
            said = Prediction(model, part, given)
            return replace(value, past=Past(part, predicted=said))
    elif name in _TRANSFORMING:
        _apply(state, node, model, rows, name)
        if isinstance(value, Rows) and rows.past is not None:
            last = state.history.fits.get(model, [])[-1:]
            fits = {fit.node for fit in last if fit.part == part and _prepares(state, model)}
            return replace(value, past=Past(rows.past.part, rows.past.fits | fits))
    return value


def _fit(state: State, node: ast.Call, model: Estimator, rows: Rows, value: Value) -> Value:
    history = state.history
    past = rows.past
    labelled = _rows(state, node, 1, "y") is not None
    part = None if past is None else past.part
    prepares = _prepares(state, model)
    refits = prepares or model.name in LABEL_ENCODERS
    fit = Fit(node, part, rows.origins, _meaning(state, node, 0), labelled, refits)
    history.fits.setdefault(model, []).append(fit)
    history.fitted_by[node] = model
    columns = history.columns.get(model)
    if columns is not None:
        columns.fitted.append(_column(node, rows))
        again = columns.frame is state.frame and state.loops > columns.made_in_loop
        columns.varies = again and rows.column is None and bool(columns.fitted[-1])
    if model.name.endswith("SearchCV"):
        _take_test_rows(state, rows, model.name)
    if isinstance(value, Rows) and past is not None:
        fits = past.fits | ({node} if prepares else set())
        return replace(value, past=Past(past.part, fits))
    return value


def _apply(state: State, node: ast.Call, model: Estimator, rows: Rows, name: str) -> None:
    """Note a transformation of rows that others, or other columns, were fitted on."""
    history = state.history
    part = None if rows.past is None else rows.past.part
    for fit in history.fits.get(model, [])[-1:]:
        if (
            part is not None
            and part.side in ("train", "test")
            and fit.part is not None
            and fit.part != part
            and part.within(fit.part)
            and not fit.origins.isdisjoint(rows.origins)
            and _prepares(state, model)
        ):
            history.leaks.setdefault(fit.node, _SPLIT)
    columns = history.columns.get(model)
    if columns is None or not columns.fitted:
        return
    column, last = _column(node, rows), columns.fitted[-1]
    if column == last or not last:
        return
    several = len(set(columns.fitted)) > 1
    told = bool(column) and (several or columns.varies)
    if told or (columns.varies and name == "inverse_transform"):
        history.stale.setdefault(node, (model.name, name))


def _take_test_rows(state: State, rows: Rows | None, by: str) -> None:
    """Note that some of these rows are going to be test rows."""
    if rows is not None and rows.past is not None:
        for fit in rows.past.fits:
            state.history.leaks.setdefault(fit, by)


def _prepares(state: State, model: Estimator, depth: int = 4) -> bool:
    """Whether an estimator learns from rows how to transform others."""
    if model.name not in MADE_OF_STEPS or not depth:
        return model.name in PREPARING
    made = state.findings.constructions.get(model)
    return made is not None and any(
        isinstance(part, Estimator) and _prepares(state, part, depth - 1) for part in made.parts
    )


def _given(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(word.value for word in node.keywords)]


def _argument(node: ast.Call, *names: str) -> ast.expr | None:
    return next((word.value for word in node.keywords if word.arg in names), None)


def _first(node: ast.Call, position: int, *names: str) -> ast.expr | None:
    if position < len(node.args) and not isinstance(node.args[position], ast.Starred):
        return node.args[position]
    return _argument(node, *names)


def _rows(state: State, node: ast.Call, position: int, *names: str) -> Rows | None:
    """The rows that an argument is; none where it is something else."""
    argument = _first(node, position, *names)
    value = None if argument is None else state.values.get(argument)
    return value if isinstance(value, Rows) else None


def _meaning(state: State, node: ast.Call, position: int) -> str:
    """An argument as text; the same text again means the same rows."""
    argument = _first(node, position, "X")
    if argument is None:
        return ""
    names = {inner.id for inner in ast.walk(argument) if isinstance(inner, ast.Name)}
    return ast.dump(argument) + str([(name, state.history.bound[name]) for name in sorted(names)])


def _column(node: ast.Call, rows: Rows) -> str:
    """The column that a transformer is given, by name; empty for more than one."""
    if rows.column is not None:
        return rows.column
    argument = _first(node, 0, "X", "y")
    return ast.dump(argument.slice) if isinstance(argument, ast.Subscript) else ""


def _is_true(state: State, node: ast.Call, name: str) -> bool:
    given = _argument(node, name)
    return given is not None and constant_of(state.values[given]) is True


def _is_false(state: State, node: ast.Call, name: str) -> bool:
    given = _argument(node, name)
    return given is not None and constant_of(state.values[given]) is False


def _is_seeded(state: State, node: ast.Call) -> bool:
    """Whether a call is given a ``random_state``, or something that may hold one."""
    if any(word.arg is None for word in node.keywords):
        return True
    given = _argument(node, "random_state")
    return given is not None and constant_of(state.values[given]) is not None
