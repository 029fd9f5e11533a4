"""The registry of operations that parties execute: named, plain functions.

A statistic takes rows and public arguments and gives named arrays, which may leave the party. A
row operation gives new rows, which stay there. A session operation talks to the party's half of
an aggregation protocol. A party runs what is registered here and nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from fedruntime.errors import ProtocolError

Statistics = Mapping[str, Any]


class OperationKind(str, Enum):
    STATISTIC = "statistic"
    ROWS = "rows"
    SESSION = "session"


@dataclass(frozen=True)
class Operation:
    """A registered party operation; calling it runs the plain function on local arguments.

    Parameters
    ----------
    name : str
    kind : OperationKind
    function : callable
    reveals : str
        What it tells of a party where it leaves in the clear; empty for what leaves in sums only.
    """

    name: str
    kind: OperationKind
    function: Callable[..., Any]
    reveals: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of the function's parameters: which rows and arguments it wants."""
        return frozenset(inspect.signature(self.function).parameters)


_OPERATIONS: dict[str, Operation] = {}


def _register(
    name: str, kind: OperationKind, reveals: str = ""
) -> Callable[[Callable[..., Any]], Operation]:
    def register(function: Callable[..., Any]) -> Operation:
        if name in _OPERATIONS:
            raise ValueError(f"two party operations are named {name!r}")
        _OPERATIONS[name] = Operation(name, kind, function, reveals)
        return _OPERATIONS[name]

    return register


def party_op(name: str, *, reveals: str = "") -> Callable[[Callable[..., Statistics]], Operation]:
    """Register a statistic: ``(rows, public arguments) -> {name: array}``.

    Parameters
    ----------
    name : str
    reveals : str
        Declares that it may leave a party in the clear, and what it tells of it. Without this a
        party lets the statistic out in sums only.
    """
    return _register(name, OperationKind.STATISTIC, reveals)


def row_op(name: str) -> Callable[[Callable[..., Any]], Operation]:
    """Register a row operation: ``(rows, public arguments) -> rows``."""
    return _register(name, OperationKind.ROWS)


def session_op(name: str) -> Callable[[Callable[..., Statistics]], Operation]:
    """Register a session operation: ``(session, public arguments) -> {name: array}``."""
    return _register(name, OperationKind.SESSION)


def operation(name: str) -> Operation:
    """The operation registered under a name.

    Raises
    ------
    ProtocolError
        If there is none: a party never runs what it does not know.
    """
    try:
        return _OPERATIONS[name]
    except KeyError:
        raise ProtocolError(f"no party operation is named {name!r}") from None


def revealing() -> list[Operation]:
    """The registered operations that may let a statistic out in the clear, by name."""
    return [_OPERATIONS[name] for name in sorted(_OPERATIONS) if _OPERATIONS[name].reveals]
