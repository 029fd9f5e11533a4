"""The closed schema of what coordinator and parties say to each other.

A message holds JSON scalars, arrays of numbers, strings or booleans, containers of these,
references to rows that stay where they are, and names of functions that the receiver looks up
itself. Nothing else can be written down, so nothing else can cross: no objects, no code. Engines
carry what ``pack`` gives and know nothing of its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.errors import ProtocolError

Array = npt.NDArray[Any]
Public = Any  # a value of the schema; `pack` is the judge
Wire = tuple[str, list[Array]]


class Release(str, Enum):
    """What may happen to the result of a party operation."""

    KEEP = "keep"  # stays at the party under a name; only its facts (schema, row count) leave
    MASKED_SUM = "masked sum"  # leaves encoded for summation, under masks
    PLAIN_SUM = "plain sum"  # the same without masks: for trusted coordinators and for tests
    CLEAR = "clear"  # leaves as it is: min, max, union, counts that are declared as revealed


@dataclass(frozen=True)
class Ref:
    """The name of rows at a party."""

    name: str


@dataclass(frozen=True)
class Named:
    """The qualified name of a function or class that the receiver resolves by itself."""

    name: str


@dataclass(frozen=True)
class Noise:
    """The noise that a coordinator asks for with a private statistic.

    A party takes no standard deviation from outside: it derives that from the operation's own
    sensitivity, the operation's public arguments, and mu.

    Parameters
    ----------
    mu : float
        The sensitivity over the standard deviation of the noise in the sum.
    rate : float
        The chance of a row to be in the sample that the operation draws; 1 for all rows.
    colluding : int
        How many of the parties may subtract their own share of the noise.
    """

    mu: float
    rate: float = 1.0
    colluding: int = 1


@dataclass(frozen=True)
class Request:
    """One call of a registered operation at one party.

    Parameters
    ----------
    operation : str
        Registered name.
    arguments : mapping
        Keyword arguments; every ``Ref`` in them is replaced by the party's rows.
    release : Release
        What may happen to the result.
    keep_as : str
        The name under which a kept result is stored.
    session, round
        Whose masks protect a summed result, and which of them.
    forget : tuple of str
        Rows that no handle refers to any more.
    purpose : str
        For the ledger: on whose behalf this is asked, such as ``Ridge.fit``.
    noise : Noise, optional
        That a party adds to a summed result before it is encoded and masked.
    first : tuple of Request
        Row operations that come before it in the same message; what fails ends the message.
    """

    operation: str
    arguments: Mapping[str, Public]
    release: Release
    keep_as: str = ""
    session: str = ""
    round: int = 0
    forget: tuple[str, ...] = ()
    purpose: str = ""
    noise: Noise | None = None
    first: tuple[Request, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What leaves a party: arrays, and facts that are JSON.

    ``error`` holds type and text of a failure; then nothing else is set. ``remarks`` are rules of
    the party's policy and what they object to, where the policy is not enforced. ``first`` has the
    replies to what came first in the message, up to one that failed, whose error is then its own.
    """

    party: str
    arrays: Mapping[str, Array] = field(default_factory=dict)
    facts: Public = None
    error: tuple[str, str] | None = None
    remarks: tuple[tuple[str, str], ...] = ()
    first: tuple[Reply, ...] = ()


def steps_of(request: Request, reply: Reply) -> list[tuple[Request, Reply]]:
    """What a party has worked on of a message, each with its reply.

    Raises
    ------
    ProtocolError
        If the reply is to another message.
    """
    steps = list(zip(request.first, reply.first, strict=False))
    if steps and steps[-1][1].error is not None:
        return steps
    if len(reply.first) != len(request.first):
        raise ProtocolError(
            f"party {reply.party!r} has answered {len(reply.first)} of {len(request.first)} "
            "requests of a message"
        )
    return [*steps, (request, reply)]


_TAG = "$"
_OF_NO_MESSAGE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_IN_REQUESTS: Mapping[str, type] = {
    "operation": str,
    "arguments": Mapping,
    "keep_as": str,
    "session": str,
    "round": int,
    "forget": tuple,
    "purpose": str,
}
_IN_REPLIES: Mapping[str, type] = {"party": str, "arrays": Mapping, "remarks": tuple}


def pack(value: Public) -> Wire:
    """Write a value of the schema as JSON text and a list of arrays.

    Raises
    ------
    ProtocolError
        If the value, or anything in it, is outside the schema.
    """
    arrays: list[Array] = []
    return json.dumps(_plain(value, arrays)), arrays


def unpack(wire: Wire) -> Public:
    """The value that ``pack`` wrote."""
    text, arrays = wire
    return _rebuilt(json.loads(text), arrays)


def pack_request(request: Request) -> Wire:
    return pack(_fields_of(request))


def _fields_of(request: Request) -> dict[str, Any]:
    return {
        **vars(request),
        "release": request.release.value,
        "noise": None if request.noise is None else vars(request.noise),
        "first": [_fields_of(one) for one in request.first],
    }


def unpack_request(wire: Wire) -> Request:
    """The request that ``pack_request`` wrote.

    Raises
    ------
    ProtocolError
        If it wrote no such thing.
    """
    try:
        fields = unpack(wire)
        request = _request({**fields, "first": tuple(map(_request, fields["first"]))})
    except _OF_NO_MESSAGE as error:
        raise ProtocolError(f"this is no request: {type(error).__name__}: {error}") from error
    for one in (request, *request.first):
        _require_kinds(one, _IN_REQUESTS)
    return request


def _request(fields: Mapping[str, Any]) -> Request:
    noise = None if fields["noise"] is None else Noise(**fields["noise"])
    told = {"release": Release(fields["release"]), "noise": noise, "first": tuple(fields["first"])}
    return Request(**{**fields, **told})


def pack_reply(reply: Reply) -> Wire:
    return pack({**vars(reply), "first": [vars(one) for one in reply.first]})


def unpack_reply(wire: Wire) -> Reply:
    """The reply that ``pack_reply`` wrote.

    Raises
    ------
    ProtocolError
        If it wrote no such thing.
    """
    try:
        fields = unpack(wire)
        reply = Reply(**{**fields, "first": tuple(Reply(**one) for one in fields["first"])})
    except _OF_NO_MESSAGE as error:
        raise ProtocolError(f"this is no reply: {type(error).__name__}: {error}") from error
    for one in (reply, *reply.first):
        _require_kinds(one, _IN_REPLIES)
    return reply


def _require_kinds(message: Request | Reply, kinds: Mapping[str, type]) -> None:
    for name, kind in kinds.items():
        value = getattr(message, name)
        if not isinstance(value, kind) or isinstance(value, bool):
            what = type(message).__name__.lower()
            raise ProtocolError(f"this is no {what}: its {name} is a {type(value).__name__}")


_AS_THEY_ARE = frozenset((type(None), bool, int, float, str))


def _plain(value: Public, arrays: list[Array]) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:  # by far the most, so no chain of questions for them
        return value
    if kind is list:
        return [_plain(entry, arrays) for entry in value]
    if kind is dict and all(type(key) is str for key in value) and _TAG not in value:
        return {key: _plain(entry, arrays) for key, entry in value.items()}
    if kind is tuple:
        return {_TAG: "tuple", "of": [_plain(entry, arrays) for entry in value]}
    if kind is Ref:
        return {_TAG: "ref", "of": value.name}
    if isinstance(value, np.ndarray):
        return _plain_array(value, arrays)
    return _plain_rarity(value, arrays)


def _plain_rarity(value: Public, arrays: list[Array]) -> Any:
    if isinstance(value, np.generic):
        return _plain(np.asarray(value), arrays) if value.dtype.kind in "MmcV" else value.item()
    if isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, list):
        return _plain(list(value), arrays)
    if isinstance(value, tuple):
        return _plain(tuple(value), arrays)
    if isinstance(value, Mapping):
        pairs = [[_plain(key, arrays), _plain(entry, arrays)] for key, entry in value.items()]
        return {_TAG: "map", "of": pairs}
    if isinstance(value, slice):
        return {_TAG: "slice", "of": [value.start, value.stop, value.step]}
    if isinstance(value, Named):
        return {_TAG: "name", "of": value.name}
    if isinstance(value, np.dtype):
        return {_TAG: "dtype", "of": value.str}
    raise ProtocolError(
        f"a message cannot hold a {type(value).__module__}.{type(value).__qualname__}: "
        "only numbers, strings, arrays and containers of these cross between parties"
    )


def _plain_array(value: Array, arrays: list[Array]) -> Any:
    if value.dtype.kind == "O":
        return {
            _TAG: "objects",
            "shape": list(value.shape),
            "of": [_plain(entry, arrays) for entry in value.ravel().tolist()],
        }
    if value.dtype.kind not in "biufUSMm":
        raise ProtocolError(f"a message cannot hold an array of dtype {value.dtype}")
    contiguous = value.flags.c_contiguous or value.flags.f_contiguous
    arrays.append(value if contiguous else value.copy())  # as it would arrive from elsewhere
    return {_TAG: "array", "of": len(arrays) - 1}


def _rebuilt(plain: Any, arrays: list[Array]) -> Public:
    kind = type(plain)
    if kind is list:
        return [_rebuilt(entry, arrays) for entry in plain]
    if kind is not dict:
        return plain
    if _TAG not in plain:
        return {key: _rebuilt(entry, arrays) for key, entry in plain.items()}
    tag, of = plain[_TAG], plain["of"]
    if tag == "tuple":
        return tuple(_rebuilt(entry, arrays) for entry in of)
    if tag == "map":
        return {_rebuilt(key, arrays): _rebuilt(entry, arrays) for key, entry in of}
    if tag == "slice":
        return slice(*of)
    if tag == "ref":
        return Ref(of)
    if tag == "name":
        return Named(of)
    if tag == "dtype":
        return np.dtype(of)
    if tag == "array":
        return arrays[of]
    if tag == "objects":
        rebuilt = np.empty(len(of), dtype=object)
        rebuilt[:] = [_rebuilt(entry, arrays) for entry in of]
        return rebuilt.reshape(plain["shape"])
    raise ProtocolError(f"a message holds an unknown kind of value: {tag!r}")
