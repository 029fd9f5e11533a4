"""Estimators in expressions: how they are constructed, and what their methods give."""

from __future__ import annotations

import ast

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.findings import NO_ORIGINS
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.values import (
    NONE,
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
from fedmigrate.catalog.entry import Entry
from fedmigrate.catalog.estimators import ESTIMATORS, FACTORIES, ROW_ATTRIBUTES
from fedmigrate.catalog.functions import COUNTERPARTS

FITS = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit"})
_PARTS = frozenset(
    ("best_estimator_", "estimator_", "final_estimator_", "regressor_", "transformer_")
)
_COLLECTIONS = frozenset(("estimators_", "named_estimators_", "named_steps", "named_transformers_"))
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
    """The estimators that one is built of; unknown ones stay in as such."""
    class_name = FACTORIES.get(name, name)
    entry = ESTIMATORS.get(class_name)
    parts: list[Value] = []
    if entry is None or not entry.parts:
        known: tuple[str, ...] = ()
    elif class_name != name:  # a factory is given the parts one by one, without names
        known = ()
        for step in (*call.positional, *call.rest):
            parts.extend(_estimators_of(state, step, 0))
    else:
        known = entry.parts
        for parameter in known:
            for step in _given(state, call, entry, parameter):
                parts.extend(_estimators_of(state, step, 1))
        if entry.default_part and call.get(0, known[0]) is None:
            parts.append(Estimator(entry.default_part, call.node))
    named = [value for key, value in call.keywords.items() if key not in known]
    parts.extend(
        leaf
        for leaf in state.leaves(*named)
        if isinstance(leaf, Estimator | Subclassed) and leaf not in parts
    )
    return parts


def _given(state: State, call: Arguments, entry: Entry, parameter: str) -> tuple[Value, ...]:
    """What a parameter is given: the elements of a list, or the one value."""
    value = call.keywords.get(parameter)
    if value is None and parameter in entry.positional:
        value = call.get(entry.positional.index(parameter))
    if value is None or value == NONE:
        return ()
    return value.items if isinstance(value, Tuple_) else tuple(_shallow(state, value))


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


def attribute(state: State, estimator: Estimator, name: str) -> Value:
    """The value of ``estimator.name``.

    A fitted part is as good as the whole: it is wrapped with it, and takes rows as it does.
    """
    if name in ("fit", "fit_transform", "predict"):
        return Unknown(name)
    if name in _PARTS:
        return estimator
    if name in _COLLECTIONS:
        return Stream(estimator)
    fits = state.findings.fits.get(estimator)
    if name in ROW_ATTRIBUTES and fits is not None and fits.origins:
        return Rows("array", fits.origins)
    return PUBLIC


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
