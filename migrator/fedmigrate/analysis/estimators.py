"""Estimators in expressions: how they are constructed, and what their methods give."""

from __future__ import annotations

import ast

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.findings import NO_ORIGINS
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.values import (
    PUBLIC,
    Box,
    Estimator,
    Foreign,
    Instance,
    Options,
    Rows,
    Splitter,
    Stream,
    Subclassed,
    Tuple_,
    Unknown,
    Value,
)
from fedmigrate.catalog.estimators import ESTIMATORS, FACTORIES
from fedmigrate.catalog.functions import COUNTERPARTS

FITS = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit"})
_STEPS = ("steps", "transformers", "transformer_list")
_KEEPS_COLUMN = frozenset({"LabelEncoder"})


def construct(state: State, call: Arguments, name: str) -> Value:
    """The estimator that calling a class or a factory of scikit-learn gives."""
    class_name = FACTORIES.get(name, name)
    entry = ESTIMATORS.get(class_name)
    positional = entry.positional if entry is not None and class_name == name else ()
    estimator = Estimator(class_name, call.node)
    state.findings.construct(estimator, call.constants(positional), _parts(state, call, name))
    return estimator


def _parts(state: State, call: Arguments, name: str) -> list[Value]:
    """The estimators that a composite is built of; unknown ones stay in as such."""
    class_name = FACTORIES.get(name, name)
    entry = ESTIMATORS.get(class_name)
    parts: list[Value] = []
    if entry is not None and entry.composite:
        if class_name != name:
            given: tuple[Value, ...] = (*call.positional, *call.rest)
            place = 0
        else:
            steps = call.get(0, *_STEPS)
            given = () if steps is None else _elements(state, steps)
            place = 1
        for step in given:
            parts.extend(_estimators_of(state, step, place))
    named = [value for key, value in call.keywords.items() if key not in _STEPS]
    parts.extend(
        leaf
        for leaf in state.leaves(*named)
        if isinstance(leaf, Estimator | Subclassed) and leaf not in parts
    )
    return parts


def _elements(state: State, value: Value) -> tuple[Value, ...]:
    if isinstance(value, Tuple_):
        return value.items
    return tuple(_shallow(state, value))


def _shallow(state: State, value: Value) -> list[Value]:
    if isinstance(value, Options):
        return [entry for option in value.values for entry in _shallow(state, option)]
    if isinstance(value, Box):
        return list(state.heap.entries(value.node).values())
    if isinstance(value, Stream):
        return [value.element]
    return [value]


def _estimators_of(state: State, step: Value, place: int) -> list[Value]:
    candidates: list[Value] = []
    for option in _shallow(state, step) if not isinstance(step, Tuple_) else [step]:
        if isinstance(option, Tuple_) and len(option.items) > place:
            candidates.append(option.items[place])
        else:
            candidates.append(option)
    return [
        leaf
        for leaf in state.leaves(*candidates)
        if isinstance(leaf, Estimator | Subclassed | Unknown | Foreign | Instance)
    ]


def method(state: State, call: Arguments, estimator: Estimator, name: str) -> Value:
    """The value of ``estimator.name(...)``."""
    if name in FITS:
        return _fit(state, call, estimator, name)
    if name == "set_params":
        parts = [leaf for leaf in state.leaves(*call.values) if isinstance(leaf, Estimator)]
        state.findings.construct(estimator, call.constants(), parts)
        return estimator
    if name == "score":
        return PUBLIC
    rows = state.rows_in(*call.values)
    if rows is not None:
        return Rows("array", rows.origins)
    return Unknown() if state.is_unknown(*call.values) else PUBLIC


def _fit(state: State, call: Arguments, estimator: Estimator, name: str) -> Value:
    rows = state.rows_in(*call.values)
    data = [call.get(0, "X", "y", "raw_documents"), call.get(1, "y")]
    unknown = [
        text_of(call.expression(value))
        for value in data
        if value is not None and state.is_unknown(value)
    ]
    if rows is None and not call.values:
        return estimator
    if rows is None and call.rest and not call.positional:
        unknown.append(text_of(call.node))
    origins = NO_ORIGINS if rows is None else rows.origins
    state.findings.fit(estimator, origins, unknown, public=rows is None and not unknown)
    label = data[1]
    if isinstance(label, Rows) and label.column and state.findings.label is None:
        state.findings.label = label.column
    if rows is not None and name == "partial_fit":
        state.mark_operation(call.node, rows, "partial_fit")
    if name in ("fit", "partial_fit"):
        return estimator
    if rows is None:
        return Unknown() if unknown else PUBLIC
    column = None
    if estimator.name.rpartition(".")[2] in _KEEPS_COLUMN and isinstance(data[0], Rows):
        column = data[0].column
    return Rows("array", rows.origins, column)


def splitter_method(state: State, call: Arguments, splitter: Splitter, name: str) -> Value:
    """The value of ``splitter.name(...)``: row numbers are public."""
    rows = state.rows_in(*call.values)
    if rows is not None:
        use_splitter(state, splitter, rows)
    if name == "split":
        return Stream(Tuple_((PUBLIC, PUBLIC)))
    return PUBLIC


def use_splitter(state: State, splitter: Splitter, rows: Rows) -> None:
    state.findings.use(
        splitter.expression,
        splitter.name,
        rows.origins,
        supported=splitter.name in COUNTERPARTS,
        estimators=[],
    )


def fit_elsewhere(state: State, call: Arguments, receiver: ast.expr, value: Value) -> Value:
    """A fit-like call whose receiver is no estimator of scikit-learn, or not known to be one."""
    rows = state.rows_in(*call.values)
    origins = NO_ORIGINS if rows is None else rows.origins
    if isinstance(value, Foreign):
        state.findings.fit_elsewhere(state.findings.foreign, receiver, value.name, origins)
    elif rows is not None or state.is_unknown(*call.values):
        state.findings.fit_elsewhere(state.findings.untold, receiver, text_of(receiver), origins)
    if rows is not None:
        return Rows("lost", rows.origins)
    return value if isinstance(value, Foreign) else Unknown()
