"""A party operation on rows that are read in chunks: row operations give a recipe, statistics one
pass through the chunks, whose results are merged as declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.data.chunks.chunked import Chunked, Derived, chunked_in, passes, replaced
from fedruntime.data.chunks.declared import (
    ADDED,
    BY_EXAMPLE,
    MERGES,
    ON_PLACES,
    ROW_WISE,
    ROW_WISE_FUNCTIONS,
    ROW_WISE_METHODS,
)
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.operations import Operation, OperationKind

_EACH: Mapping[str, tuple[str, frozenset[str]]] = {
    "rows.method": ("method", ROW_WISE_METHODS),
    "rows.numpy": ("function", ROW_WISE_FUNCTIONS),
}


def run(operation: Operation, arguments: Mapping[str, Any]) -> Any:
    """Run an operation, on rows in memory or in chunks.

    Raises
    ------
    UnsupportedError
        If there are rows in chunks, and it is not declared what becomes of them.
    DataError
        If the rows among the arguments are read from different tables, or change between passes.
    """
    rows = list(chunked_in(arguments))
    if not rows or operation.name in ON_PLACES:
        return operation(**arguments)
    if operation.name in BY_EXAMPLE:
        return operation(**replaced(arguments, lambda one: one.example))
    first, *others = rows
    if not all(first.places.same_as(other.places) for other in others):
        raise DataError(
            f"{operation.name!r} needs rows side by side that are read in chunks from different "
            "tables, or chosen differently: load them as one table"
        )
    if operation.kind is OperationKind.ROWS:
        _require_row_wise(operation, arguments)
        return Derived(operation, arguments, first.places)
    if operation.name in ADDED:
        return added(operation, arguments)
    if operation.name in MERGES:
        return MERGES[operation.name](list(_each(operation, arguments, rows)))
    raise _refusal(operation.name)


def cells(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """The numbers of rows by cell, of rows in memory or in chunks."""
    rows = list(chunked_in(arguments))
    if not rows:
        return function(**arguments)
    return sum(np.asarray(part) for part in _each(function, arguments, rows))


def added(operation: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The sums over chunks of an operation's statistics, floats with compensation: the rounding
    of a sum does not grow with the number of chunks (Neumaier 1974)."""
    totals: dict[str, _Total] = {}
    for part in _each(operation, arguments, list(chunked_in(arguments))):
        for name, value in part.items():
            if name in totals:
                totals[name].add(np.asarray(value))
            else:
                totals[name] = _Total(np.asarray(value))
    return {name: total.value for name, total in totals.items()}


class _Total:
    """A sum of arrays."""

    def __init__(self, value: npt.NDArray[Any]) -> None:
        self._sum = value
        self._lost: Any = 0

    @property
    def value(self) -> Any:
        # What is not finite has no lost part that means anything.
        lost = np.where(np.isfinite(self._lost), self._lost, 0)
        return self._sum + lost.astype(self._sum.dtype)

    def add(self, value: npt.NDArray[Any]) -> None:
        with np.errstate(invalid="ignore", over="ignore"):
            total = self._sum + value
            if total.dtype.kind == "f":
                larger = np.abs(self._sum) >= np.abs(value)
                behind = np.where(larger, (self._sum - total) + value, (value - total) + self._sum)
                self._lost = self._lost + behind
        self._sum = total


def _each(
    operation: Callable[..., Any], arguments: Mapping[str, Any], rows: Sequence[Chunked]
) -> Iterator[Any]:
    """What an operation gives for each chunk; for no rows if there are none."""
    if not len(rows[0]):
        yield operation(**replaced(arguments, lambda one: one.example[:0]))
        return
    for chunk in passes(rows[0].places):
        made: dict[int, Any] = {}
        yield operation(**replaced(arguments, lambda one, c=chunk, m=made: one.part(c, m)))


def _require_row_wise(operation: Operation, arguments: Mapping[str, Any]) -> None:
    name = operation.name
    if name not in ROW_WISE:
        raise _refusal(name)
    if name in _EACH:
        which, known = _EACH[name]
        called = arguments[which]
        named_axis = called == "fillna" and {"method", "limit"} & set(arguments["kwargs"])
        drops_rows = called == "drop" and "columns" not in arguments["kwargs"]
        if called.rpartition(".")[2] not in known or named_axis or drops_rows:
            raise _refusal(f"{name} {called}")


def _refusal(name: str) -> UnsupportedError:
    return UnsupportedError(
        f"{name!r} has no form for rows that are read in chunks: load this table without "
        "chunksize=, or leave the step out (docs/out-of-core.md lists what runs)"
    )
