"""Scoring functions of the script: they are followed with what they will be called with."""

from __future__ import annotations

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.invocation import invoke
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import Estimator, Function, Rows, Scorer, Value


def follow_scoring(
    state: State, call: Arguments, scoring: Value | None, model: Value | None, rows: Rows
) -> None:
    """Follow the functions that a ``scoring`` argument holds.

    ``make_scorer(function)`` calls it with the true and the predicted values, a function that is
    given as it is gets the model and its rows.
    """
    if scoring is None:
        return
    labels = Rows("series", rows.origins)
    predicted = Rows("array", rows.origins)
    for leaf in state.leaves(scoring):
        if isinstance(leaf, Scorer) and isinstance(leaf.function, Function):
            invoke(state, leaf.function, Arguments(call.node, (labels, predicted), {}))
        elif isinstance(leaf, Function) and isinstance(model, Estimator):
            whole = Rows(rows.kind, rows.origins)
            invoke(state, leaf, Arguments(call.node, (model, whole, labels), {}))
