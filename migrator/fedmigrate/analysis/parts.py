"""The estimators that an estimator is built of: steps of a pipeline, members of a committee.

They decide, with the whole, how exact a fit is; and they have names, by which a grid of a search
reaches their parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import (
    NONE,
    Box,
    Estimator,
    Foreign,
    Instance,
    Options,
    Stream,
    Subclassed,
    Tuple_,
    Unknown,
    Value,
    constant_of,
)
from fedmigrate.catalog.entry import Entry
from fedmigrate.catalog.estimators import ESTIMATORS, FACTORIES


@dataclass(frozen=True)
class Part:
    """A value that is built into an estimator, under the name that reaches it, if any."""

    name: str | None
    value: Value


def parts_of(state: State, call: Arguments, name: str) -> Iterator[Part]:
    """The parts that a call of a class or a factory of scikit-learn is given.

    Unknown ones stay in as such where a part is expected; elsewhere only estimators count.
    """
    class_name = FACTORIES.get(name, name)
    entry = ESTIMATORS.get(class_name)
    known: tuple[str, ...] = ()
    if entry is not None and entry.parts and class_name != name:
        for step in (*call.positional, *call.rest):
            yield from _made(state, step)
    elif entry is not None and entry.parts:
        known = entry.parts
        for parameter in known:
            for step in _given(state, call, entry, parameter):
                yield from _steps(state, step, parameter)
        if entry.default_part and call.get(0, known[0]) is None:
            yield Part(known[0], Estimator(entry.default_part, call.node))
    others = [value for key, value in call.keywords.items() if key not in known]
    for leaf in state.leaves(*others):
        if isinstance(leaf, Estimator | Subclassed):
            yield Part(None, leaf)


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


def _made(state: State, step: Value) -> Iterator[Part]:
    """The parts that a factory names itself, after their classes."""
    for option in [step] if isinstance(step, Tuple_) else _shallow(state, step):
        pair = isinstance(option, Tuple_) and option.items
        for value in _estimators(state, option.items[0] if pair else option):  # type: ignore[union-attr]
            named = isinstance(value, Estimator)
            yield Part(value.name.rpartition(".")[2].lower() if named else None, value)  # type: ignore[union-attr]


def _steps(state: State, step: Value, parameter: str) -> Iterator[Part]:
    """The parts in one element of a list of steps, or in the one value of a parameter."""
    for option in [step] if isinstance(step, Tuple_) else _shallow(state, step):
        if isinstance(option, Tuple_) and len(option.items) > 1:
            name = constant_of(option.items[0])
            for value in _estimators(state, option.items[1]):
                yield Part(name if isinstance(name, str) else None, value)
        else:
            for value in _estimators(state, option):
                yield Part(parameter, value)


def _estimators(state: State, value: Value) -> Iterator[Value]:
    for leaf in state.leaves(value):
        if isinstance(leaf, Estimator | Subclassed | Unknown | Foreign | Instance):
            yield leaf
