"""What a search or a validation curve will set on its estimator: the values stand in the script.

A grid names a parameter as scikit-learn does, ``step__alpha``, and lists values for it. They are
noted as if the script had constructed the estimator with each of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import (
    Box,
    Constant,
    Estimator,
    Public,
    Stream,
    Subclassed,
    Tuple_,
    Value,
    constant_of,
    options,
)

GRIDS = ("param_grid", "param_distributions")
_MAX_NESTING = 8


def note_grids(state: State, call: Arguments, searched: Value) -> None:
    """Note the values of the grids that a search is constructed with."""
    given = [call.get(1, *GRIDS)] if len(call.positional) > 1 else []
    given += [call.keywords[name] for name in GRIDS if name in call.keywords]
    for grid in given:
        for node in _dictionaries(state, grid):
            for key, values in list(state.heap.entries(node.node).items()):
                if isinstance(key, str):
                    note_values(state, searched, key, values)


def note_values(state: State, target: Value, key: str, values: Value) -> None:
    """Note the values that a parameter named as scikit-learn does will take on."""
    constants = tuple(_constants(values))
    models = [leaf for leaf in state.leaves(values) if isinstance(leaf, Estimator | Subclassed)]
    for estimator in _reached(state, target, key.split("__")[:-1]):
        parameter = key.rpartition("__")[2]
        named = {parameter: models} if models else {}
        state.findings.construct(estimator, {parameter: constants}, models, named)


def _dictionaries(state: State, grid: Value | None) -> Iterator[Box]:
    """The dictionaries of a grid, which may be one or a list of them."""
    for option in () if grid is None else options(grid):
        if not isinstance(option, Box):
            continue
        entries = state.heap.entries(option.node)
        inner = [entry for entry in entries.values() if isinstance(entry, Box)]
        yield from inner if inner and all(isinstance(key, int) for key in entries) else [option]


def _constants(values: Value) -> Iterator[Constant]:
    for option in options(values):
        if isinstance(option, Public) and option.holds is not None:
            yield from option.holds
        elif isinstance(option, Public):
            return


def _reached(
    state: State, target: Value, path: list[str], depth: int = _MAX_NESTING
) -> Iterator[Estimator]:
    """The estimators that a path of step names leads to."""
    for estimator in state.leaves(target):
        if not isinstance(estimator, Estimator) or not depth:
            continue
        if not path:
            yield estimator
            continue
        made = state.findings.constructions.get(estimator)
        for part in () if made is None else made.named.get(path[0], ()):
            yield from _reached(state, part, path[1:], depth - 1)


def step_name(step: Value) -> str | None:
    """The name in a pair of a name and an estimator."""
    if isinstance(step, Tuple_) and step.items:
        name = constant_of(step.items[0])
        return name if isinstance(name, str) else None
    if isinstance(step, Stream):
        return step_name(step.element)
    return None
