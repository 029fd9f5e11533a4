"""Abstract values: what the analysis knows of an expression without running it, and their join.

A placement (public, rows, unknown) is part of a value, because estimators, containers and
functions of the script have to be told apart as well. How expressions get their values is
written elsewhere.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import EllipsisType
from typing import TYPE_CHECKING, Union

from fedmigrate.analysis.past import Past, either

if TYPE_CHECKING:
    from fedmigrate.analysis.environment import Frame

MAX_OPTIONS = 64
"""A name that may be more things than this is taken to be unknown."""

MAX_CONSTANTS = 32
"""Constants that a name may be are told apart up to this many."""


class _NoConstant:
    def __repr__(self) -> str:
        return "NO_CONSTANT"


NO_CONSTANT = _NoConstant()
Constant = Union[str, int, float, complex, bytes, bool, EllipsisType, None, _NoConstant]  # noqa: UP007
FunctionNode = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda]  # noqa: UP007


@dataclass(frozen=True)
class Public:
    """Known to everyone: constants, parameters, fitted attributes, aggregates."""

    constant: Constant = NO_CONSTANT
    position: bool = False  # an integer that can only serve as a position
    among: tuple[Constant, ...] = ()  # the constants that it may be, where they are few
    holds: tuple[Constant, ...] | None = None  # the constants in it, if it is a list of them
    element: bool = False  # one element of something public


@dataclass(frozen=True)
class Rows:
    """Rows of a source, or computed from them row by row.

    Parameters
    ----------
    kind : str
        ``frame``, ``series``, ``array``, ``bunch`` (of arrays), ``any bunch``, ``any``, or
        ``lost`` after a finding that makes further ones on the same rows pointless; ``str`` and
        ``dt`` for the accessors of a series.
    origins : frozenset of ast.Call
        The loader calls they come from.
    column : str, optional
        The one column they are, where it is named.
    view : bool
        Whether numpy would let a change in place reach the array they were taken from.
    past : Past, optional
        How they came to be; none where that is not known.
    """

    kind: str
    origins: frozenset[ast.Call]
    column: str | None = None
    view: bool = False
    past: Past | None = None


@dataclass(frozen=True)
class Unknown:
    """Not followed; may be rows or may be an estimator."""

    name: str = ""


@dataclass(frozen=True)
class Module:
    """A module of the same project, by what its file binds."""

    frame: Frame


@dataclass(frozen=True)
class Imported:
    """A module, class or function under its qualified name.

    ``at`` is the expression that names it where an import has to move for it.
    """

    name: str
    at: ast.expr | None = None


@dataclass(frozen=True)
class Foreign:
    """An object made by a library that the catalogue does not know."""

    name: str


@dataclass(frozen=True)
class Estimator:
    """A scikit-learn estimator, by the call that constructs it."""

    name: str
    call: ast.Call


@dataclass(frozen=True)
class Subclassed:
    """An instance of a class of the script that subclasses a scikit-learn estimator."""

    name: str
    base: str
    call: ast.Call


@dataclass(frozen=True)
class Splitter:
    """An object that draws folds, by the expression that names its class."""

    name: str
    expression: ast.expr


@dataclass(frozen=True)
class Method:
    """A method of an estimator that is taken from it and called later: ``fit = model.fit``."""

    owner: Estimator
    name: str


@dataclass(frozen=True)
class Scorer:
    """What ``sklearn.metrics.make_scorer`` makes of a function."""

    function: Value


@dataclass(frozen=True)
class Partial:
    """A callable with some of its arguments, by the ``functools.partial`` that binds them."""

    callee: Value
    call: ast.Call


@dataclass(frozen=True)
class Record:
    """A class made by ``collections.namedtuple``."""

    fields: tuple[str, ...]


@dataclass(frozen=True)
class Super:
    """What ``super()`` is in a method: an object, seen as one of the bases of a class."""

    instance: Instance
    node: ast.ClassDef


@dataclass(frozen=True)
class Tuple_:
    items: tuple[Value, ...]


@dataclass(frozen=True)
class Box:
    """A list, set or dictionary; what it holds is in the heap, under the node that made it."""

    node: ast.AST


@dataclass(frozen=True)
class Stream:
    """Something to iterate over, with one value for all its elements."""

    element: Value


@dataclass(frozen=True)
class Function:
    """A function or lambda of the script, with the frame it was defined in."""

    node: FunctionNode
    frame: Frame
    receiver: Value | None = None


@dataclass(frozen=True)
class Class:
    node: ast.ClassDef


@dataclass(frozen=True)
class Instance:
    """An object of a class of the script; all objects of a class share their attributes here."""

    node: ast.ClassDef


@dataclass(frozen=True)
class Options:
    """One of several values, in the order in which they were met.

    Their order is no part of what they are, but it decides what is named first.
    """

    members: frozenset[Value]
    values: tuple[Value, ...] = field(compare=False)


Value = Union[  # noqa: UP007
    Public,
    Rows,
    Unknown,
    Module,
    Imported,
    Foreign,
    Estimator,
    Subclassed,
    Splitter,
    Method,
    Scorer,
    Partial,
    Record,
    Super,
    Tuple_,
    Box,
    Stream,
    Function,
    Class,
    Instance,
    Options,
]

MANY = Unknown("one of too many things")
"""Where alternatives are no longer told apart; stays so, whatever joins it."""

PUBLIC = Public()
NONE = Public(None)


def options(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value; itself where there are none."""
    return value.values if isinstance(value, Options) else (value,)


def join(left: Value, right: Value) -> Value:
    """The value of something that is the one or the other."""
    if left is right or left == right:
        return left
    if MANY in (left, right):
        return MANY
    if isinstance(left, Options) and right in left.members:
        return left
    merged: list[Value] = list(options(left))
    for value in options(right):
        for index, present in enumerate(merged):
            both = _merge(present, value)
            if both is not None:
                merged[index] = both
                break
        else:
            merged.append(value)
    if len(merged) == 1:
        return merged[0]
    if len(merged) > MAX_OPTIONS:
        return MANY
    return Options(frozenset(merged), tuple(merged))


def join_all(values: list[Value]) -> Value:
    """The join of several values; public where there are none."""
    if not values:
        return PUBLIC
    joined = values[0]
    for value in values[1:]:
        joined = join(joined, value)
    return joined


def _merge(left: Value, right: Value) -> Value | None:
    """One value that stands for both, where they are of a kind; else None."""
    if left == right:
        return left
    if isinstance(left, Public) and isinstance(right, Public):
        if None in (left.constant, right.constant):
            return None  # None beside something else is worth telling apart: `model = None`
        return Public(
            position=is_position(left) and is_position(right),
            among=_either(left, right),
            element=left.element or right.element,
        )
    if isinstance(left, Rows) and isinstance(right, Rows):
        kind = left.kind if left.kind == right.kind else "any"
        column = left.column if left.column == right.column else None
        view = left.view or right.view
        past = either(left.past, right.past)
        return Rows(kind, left.origins | right.origins, column, view, past)
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return Unknown()
    if (
        isinstance(left, Tuple_)
        and isinstance(right, Tuple_)
        and len(left.items) == len(right.items)
    ):
        return Tuple_(tuple(map(join, left.items, right.items)))
    if isinstance(left, Stream) and isinstance(right, Stream):
        return Stream(join(left.element, right.element))
    return None


def _either(left: Public, right: Public) -> tuple[Constant, ...]:
    """The constants that one of two public values may be; none if they are not all known."""
    known = constants_of(left), constants_of(right)
    both = tuple(dict.fromkeys((*known[0], *known[1])))
    return both if all(known) and len(both) <= MAX_CONSTANTS else ()


def is_position(value: Value) -> bool:
    """Whether a public value can only be an integer position."""
    if not isinstance(value, Public):
        return False
    constant = value.constant
    return value.position or (isinstance(constant, int) and not isinstance(constant, bool))


def constant_of(value: Value) -> Constant:
    return value.constant if isinstance(value, Public) else NO_CONSTANT


def constants_of(value: Value) -> tuple[Constant, ...]:
    """Every constant that a value may be; none if that is not known."""
    if not isinstance(value, Public):
        return ()
    return value.among if value.constant is NO_CONSTANT else (value.constant,)
