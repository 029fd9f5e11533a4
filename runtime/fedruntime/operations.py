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
BeyondFacts = Callable[[Mapping[str, Any]], str]
Sensitivity = Callable[[Mapping[str, Any]], "float | Mapping[str, Any]"]


class Columns(str, Enum):
    """What the columns of a row operation's result hold of the columns of its first argument."""

    MIXED = "mixed"  # any may hold something of all
    KEPT = "kept"  # each is made of the one at its place
    PICKED = "picked"  # each is one of them as it was, or made of the other arguments
    OWN = "own"  # each is one of a table as it was loaded


ColumnsOf = Callable[[Mapping[str, Any]], Columns]


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
    sensitivity : callable, optional
        What one row contributes at most, of which a privacy budget sizes its noise; see
        ``party_op``.
    facts : bool
        Whether what it reveals are facts: row counts, names of columns, dtypes. These are public,
        under a privacy budget too.
    beyond_facts : callable, optional
        Names what a result tells beyond facts after all.
    counts : tuple of str
        Names, or patterns of names, of the statistics that are numbers of rows by category or
        cell: the smallest that a party lets out is a matter of its policy.
    cells : callable, optional
        For sums by cell that leave without such numbers: gives these, for some of its arguments.
    selects : bool
        Of a row operation: whether its rows are some of those of its first argument.
    columns : Columns or callable
        Of a row operation: what becomes of columns, if need be as told by its arguments.
    loads : bool
        Of a row operation: whether its rows may come from outside, as a loader's do.
    protection : str
        Of a session operation: what the ledger says of how its answer is protected.
    keeps : bool
        Of a session operation: whether what it gives is rows, which stay.
    """

    name: str
    kind: OperationKind
    function: Callable[..., Any]
    reveals: str = ""
    sensitivity: Sensitivity | None = None
    facts: bool = False
    beyond_facts: BeyondFacts | None = None
    counts: tuple[str, ...] = ()
    cells: Callable[..., Any] | None = None
    selects: bool = False
    columns: Columns | ColumnsOf = Columns.MIXED
    loads: bool = False
    protection: str = ""
    keeps: bool = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @cached_property
    def what(self) -> str:
        """What it computes, in the first paragraph of the function's docstring."""
        paragraph = (inspect.getdoc(self.function) or "").partition("\n\n")[0]
        return " ".join(paragraph.replace("``", "").split()).removesuffix(".")

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of the function's parameters: which rows and arguments it wants."""
        return frozenset(inspect.signature(self.function).parameters)

    @cached_property
    def first(self) -> str:
        """The name of the function's first parameter."""
        return next(iter(inspect.signature(self.function).parameters))


_OPERATIONS: dict[str, Operation] = {}
_SEALED = "sealed for "
BLINDED = "blinded"  # how a session operation names what is equal or not, and tells no more


def _register(
    name: str, kind: OperationKind, **declared: Any
) -> Callable[[Callable[..., Any]], Operation]:
    def register(function: Callable[..., Any]) -> Operation:
        if name in _OPERATIONS:
            raise ValueError(f"two party operations are named {name!r}")
        _OPERATIONS[name] = Operation(name, kind, function, **declared)
        return _OPERATIONS[name]

    return register


def party_op(
    name: str,
    *,
    reveals: str = "",
    sensitivity: Sensitivity | None = None,
    facts: bool = False,
    beyond_facts: BeyondFacts | None = None,
    counts: tuple[str, ...] = (),
    cells: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Statistics]], Operation]:
    """Register a statistic: ``(rows, public arguments) -> {name: array}``.

    Parameters
    ----------
    name : str
    reveals : str
        Declares that it may leave a party in the clear, and what it tells of it. Without this a
        party lets the statistic out in sums only.
    sensitivity : callable, optional
        For a statistic that adds up what each row contributes, with all contributions bounded:
        ``public arguments -> scale``. A number is the largest Euclidean norm of one row's
        contribution, all statistics taken together. A mapping has a scale a statistic (a number
        or an array that broadcasts to it): for any one row the squares of
        ``contribution / scale``, added up over all entries, are at most 1.
    facts : bool
        Declares that what it reveals are facts only: row counts, names of columns, dtypes.
    beyond_facts : callable, optional
        ``result -> text``: names what a result tells beyond facts after all, and is empty for
        most; a privacy budget does not let that out.
    counts : tuple of str
        Declares which of its statistics are numbers of rows by category or cell; ``*`` in a name
        stands for anything.
    cells : callable
        For sums by category or cell that leave without the numbers of their rows: takes any of
        the operation's arguments, by name, and gives these numbers.
    """
    return _register(
        name,
        OperationKind.STATISTIC,
        reveals=reveals,
        sensitivity=sensitivity,
        beyond_facts=beyond_facts,
        facts=facts,
        counts=counts,
        cells=cells,
    )


def row_op(
    name: str,
    *,
    selects: bool = False,
    columns: Columns | ColumnsOf = Columns.MIXED,
    loads: bool = False,
) -> Callable[[Callable[..., Any]], Operation]:
    """Register a row operation: ``(rows, public arguments) -> rows``.

    Parameters
    ----------
    name : str
    selects : bool
        Declares that it gives some rows of its first argument, in any order and as often as it
        likes, and does the same to a plain vector there: so a party knows which rows these are.
    columns : Columns or callable
        Declares what becomes of columns. ``PICKED`` operations do the same to a table of one row.
    loads : bool
        Declares that without rows among its arguments it brings in new ones.
    """
    return _register(name, OperationKind.ROWS, selects=selects, columns=columns, loads=loads)


def session_op(
    name: str, *, protection: str = "", reveals: str = "", keeps: bool = False
) -> Callable[[Callable[..., Any]], Operation]:
    """Register a session operation: ``(session, public arguments) -> {name: array}``.

    Parameters
    ----------
    name : str
    protection : str
        What the ledger says of how its answer is protected, such as ``"public keys"``.
    reveals : str
        For one that rows take part in, or what was made of them: what its answer tells of them,
        and whom. The party's policy is asked for it, and a privacy budget refuses it.
    keeps : bool
        Declares that it gives rows, which stay at the party, instead of an answer.
    """
    return _register(
        name, OperationKind.SESSION, protection=protection, reveals=reveals, keeps=keeps
    )


def sealed_for(party: str) -> str:
    """The name in a session operation's answer of what only another party can read."""
    return f"{_SEALED}{party}"


def is_sealed(name: str) -> bool:
    """Whether an entry of a session operation's answer is no figure that the coordinator can read:
    it is for another party's eyes, or blinded."""
    return name == BLINDED or name.startswith(_SEALED)


def registered() -> list[Operation]:
    """All registered operations, by name."""
    return [_OPERATIONS[name] for name in sorted(_OPERATIONS)]


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
    return [known for known in registered() if known.reveals]
