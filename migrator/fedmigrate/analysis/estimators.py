"""Estimators in expressions: how they are constructed, and what their methods give."""

from __future__ import annotations

import ast

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.findings import NO_ORIGINS
from fedmigrate.analysis.grids import note_grids
from fedmigrate.analysis.parts import parts_of
from fedmigrate.analysis.scoring import follow_scoring
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.values import (
    PUBLIC,
    Estimator,
    Foreign,
    Method,
    Rows,
    Splitter,
    Stream,
    Tuple_,
    Unknown,
    Value,
)
from fedmigrate.catalog.estimators import ESTIMATORS, FACTORIES, ROW_ATTRIBUTES
from fedmigrate.catalog.functions import COUNTERPARTS, OBJECT_LOADERS

FITS = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit"})
_METHODS = frozenset(
    """
    decision_function inverse_transform predict predict_log_proba predict_proba score
    score_samples set_params transform
    """.split()  # noqa: SIM905
)
_FITTING_METHODS = frozenset({"cost_complexity_pruning_path"})  # which give public figures
_PUBLIC_METHODS = frozenset(
    """
    aic bic error_norm get_feature_names_out get_metadata_routing
    get_params get_support score
    """.split()  # noqa: SIM905
)
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
    parts = list(parts_of(state, call, name))
    named: dict[str, list[Value]] = {}
    for part in parts:
        if part.name is not None:
            named.setdefault(part.name, []).append(part.value)
    values = [part.value for part in parts]
    constants = call.constants(positional)
    if entry is not None and not call.rest:
        absent = entry.defaults.keys() - call.keywords.keys()
        constants |= {name: (entry.defaults[name],) for name in absent}
    state.findings.construct(estimator, constants, values, named)
    state.findings.constructions[estimator].built_with.update(
        parameter
        for parameter, value in call.keywords.items()
        if entry is not None and parameter in entry.refuses and isinstance(value, Estimator)
    )
    if "scoring" in call.keywords:
        state.findings.constructions[estimator].scoring = call.keywords["scoring"]
    if class_name.endswith("SearchCV"):
        note_grids(state, call, estimator)
    return estimator


def attribute(state: State, estimator: Estimator, name: str) -> Value:
    """The value of ``estimator.name``.

    A fitted part is as good as the whole: it is wrapped with it, and takes rows as it does.
    """
    if name in FITS or name in _METHODS:
        return Method(estimator, name)
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
    if name.startswith("set_"):  # set_output, set_fit_request and the like
        return estimator
    if name in _FITTING_METHODS:
        _fit(state, call, estimator, name)
        return PUBLIC
    if name in _PUBLIC_METHODS:
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
    if rows is not None:
        made = state.findings.constructions.get(estimator)
        follow_scoring(state, call, None if made is None else made.scoring, estimator, rows)
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
        state.findings.fit_elsewhere(
            state.findings.untold,
            receiver,
            text_of(receiver),
            origins,
            loaded=isinstance(value, Unknown) and value.name in OBJECT_LOADERS,
        )
    if rows is not None:
        return Rows("lost", rows.origins)
    return value if isinstance(value, Foreign) else Unknown()
