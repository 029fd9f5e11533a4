"""A party's half of a run on the SPU: it shares what it has among the parties, takes the steps of
the program, and seals what it opens for each of the others.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fedruntime.aggregation.session import PartySession
from fedruntime.crypto.masks import apply_masks
from fedruntime.crypto.ring import random_words
from fedruntime.errors import DataError, ProtocolError
from fedruntime.messages import Array
from fedruntime.operations import sealed_for, session_op
from fedruntime.shares.correlation import Words
from fedruntime.shares.opening import Masked, join, to_bytes
from fedruntime.shares.program import Need, Running, deal, run
from fedruntime.shares.steps import Step, stored
from fedruntime.vertical.sealed_arrays import seal_array, unseal_array

_HELD = "spu"


@dataclass
class _Device:
    """What a party holds of one SPU."""

    shares: dict[str, Words] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    current: _Run | None = None


@dataclass
class _Run:
    """A program under way."""

    name: str
    peers: tuple[str, ...]
    running: Running
    wanted: Sequence[Masked] = ()
    round: int = 0


@session_op(
    "spu.magnitude",
    reveals="the shape and the order of magnitude of values that the SPU computes on",
)
def magnitude(session: PartySession, rows: Any) -> Mapping[str, Array]:
    """The shape of a party's values, and the power of two that none of them exceeds."""
    numbers = as_numbers(rows, session.party)
    largest = float(np.abs(numbers).max(initial=0.0))
    return {
        "shape": np.array(numbers.shape, dtype=np.int64),
        "exponent": np.asarray(np.frexp(largest)[1] if largest > 0 else 0, dtype=np.int64),
    }


def as_numbers(rows: Any, party: str) -> Any:
    """Rows, or a number, as float64.

    Raises
    ------
    DataError
        For what is not numbers, and for NaN and infinity.
    """
    given = np.asarray(rows)
    if given.dtype.kind not in "biuf":
        raise DataError(f"values at {party!r} are of dtype {given.dtype}, and not numbers")
    numbers = given.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise DataError(
            f"values at {party!r} hold NaN or infinity, which the SPU cannot compute on"
        )
    return numbers


@session_op("spu.deal", protection="sealed")
def deal_program(
    session: PartySession, run_name: str, parties: Sequence[str], needs: Sequence[Any]
) -> Mapping[str, Array]:
    """What the first of some parties needs for a program, from this one, which is its dealer."""
    keys = [_pair_key(session, party, "dealt", run_name) for party in parties]
    asked = [
        Need(step, kind, tuple(tuple(shape) for shape in shapes), options)
        for step, kind, shapes, options in needs
    ]
    given = deal(asked, keys)
    total = np.concatenate([*given.values(), np.zeros(0, dtype=np.uint8)])
    return {
        "steps": np.array(list(given), dtype=np.int64),
        "sizes": np.array([len(one) for one in given.values()], dtype=np.int64),
        sealed_for(parties[0]): seal_array(session, parties[0], f"dealt {run_name}", total),
    }


@session_op("spu.begin", protection="sealed")
def begin(
    session: PartySession,
    run_name: str,
    parties: Sequence[str],
    steps: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[int],
    dealt: Mapping[str, Any],
    own: Mapping[str, Any],
    forget: Sequence[str],
) -> Mapping[str, Array]:
    """Share a party's inputs and begin a program; what it opens first, sealed for each other.

    Parameters
    ----------
    run_name : str
        Never used before in this session.
    parties : sequence of str
        Who holds shares; the first adds public terms.
    steps : sequence
        As ``Step.to_public`` gives them.
    inputs : sequence of (int, str, list of int, int)
        For each: its number, who has it, its shape, its fraction bits.
    outputs : sequence of int
        Which values are wanted; their shares are kept as ``kept_name`` says.
    dealt : mapping
        ``key``, or ``dealer``; at the first party also what the dealer gave.
    own : mapping of str to value
        This party's inputs by number, and names of shares that are held already.
    forget : sequence of str
        Shares that are not needed any more.
    """
    device: _Device = session.held.setdefault(_HELD, _Device())
    for name in forget:
        device.shares.pop(name, None)
    if run_name in device.runs:
        raise ProtocolError(f"program {run_name!r} has been run on the SPU already")
    device.runs.add(run_name)
    values = {}
    for number, owner, shape, bits in inputs:
        if not owner:
            values[number] = _kept(device, own[str(number)])
        else:
            label = f"{run_name} {number}"
            rows = own.get(str(number))
            values[number] = _share(session, label, owner, parties, tuple(shape), bits, rows)
    key, given = _dealt(session, run_name, parties, dealt)
    program = run([Step.from_public(step) for step in steps], values, outputs, key, given)
    peers = tuple(party for party in parties if party != session.party)
    device.current = _Run(run_name, peers, program)
    return _advance(session, device, device.current, None)


@session_op("spu.step", protection="sealed")
def step_on(
    session: PartySession, run_name: str, boxes: Mapping[str, Array]
) -> Mapping[str, Array]:
    """Give a party what the others have opened; what it opens next, or nothing at the end."""
    device = session.held.get(_HELD)
    if device is None or device.current is None or device.current.name != run_name:
        raise ProtocolError(f"no program {run_name!r} is under way at party {session.party!r}")
    current: _Run = device.current
    if sorted(boxes) != sorted(current.peers):
        raise ProtocolError(f"an opening of {run_name!r} is not from all of {current.peers}")
    told = [
        unseal_array(session, peer, f"{run_name} {current.round}", box, np.uint8, 1).ravel()
        for peer, box in boxes.items()
    ]
    opened = join(current.wanted, told)
    current.round += 1
    return _advance(session, device, current, opened)


@session_op(
    "spu.reveal",
    protection="masked",
    reveals="what a program on the SPU computed, to the coordinator",
)
def reveal_shares(session: PartySession, name: str, parties: Sequence[str]) -> Mapping[str, Array]:
    """A party's share of a value, under masks that vanish from the sum: a share alone would tell
    a dealer something of what parties have opened."""
    device: _Device = session.held.setdefault(_HELD, _Device())
    if name not in device.shares:
        raise ProtocolError(f"no value {name!r} is shared with party {session.party!r}")
    words = device.shares[name]
    flat = words.reshape(-1).copy()
    later = [party for party in parties if party > session.party]
    earlier = [party for party in parties if party < session.party]
    label = f"reveal {name}"
    apply_masks(
        flat,
        add=[_pair_key(session, peer, "mask", label) for peer in later],
        subtract=[_pair_key(session, peer, "mask", label) for peer in earlier],
    )
    return {"words": flat.reshape(words.shape)}


def kept_name(run_name: str, number: int) -> str:
    """The name of a program's output, under which each party keeps its share."""
    return f"{run_name}.{number}"


def _advance(
    session: PartySession, device: _Device, current: _Run, opened: Any
) -> Mapping[str, Array]:
    try:
        current.wanted = current.running.send(opened)
    except StopIteration as done:
        for number, words in done.value.items():
            device.shares[kept_name(current.name, number)] = words
        device.current = None
        return {}
    told = to_bytes(current.wanted)
    name = f"{current.name} {current.round}"
    return {sealed_for(peer): seal_array(session, peer, name, told) for peer in current.peers}


def _share(
    session: PartySession,
    label: str,
    owner: str,
    parties: Sequence[str],
    shape: tuple[int, ...],
    bits: int,
    rows: Any,
) -> Words:
    """This party's share of an input: the others draw theirs from keys that they have in common
    with its owner, whose share is what is missing."""
    if session.party != owner:
        return random_words(_pair_key(session, owner, "input", label), stored(shape))
    numbers = np.atleast_1d(as_numbers(rows, owner))
    words = np.rint(np.ldexp(numbers, bits)).astype(np.int64).view(np.uint64).reshape(-1)
    peers = [party for party in parties if party != owner]
    apply_masks(words, subtract=[_pair_key(session, peer, "input", label) for peer in peers])
    return np.asarray(words.reshape(stored(shape)))


def _kept(device: _Device, name: str) -> Words:
    if name not in device.shares:
        raise ProtocolError(f"no value {name!r} is on the SPU any more")
    return device.shares[name]


def _dealt(
    session: PartySession, run_name: str, parties: Sequence[str], dealt: Mapping[str, Any]
) -> tuple[bytes, Mapping[int, Array] | None]:
    """The key that this party and the dealer have in common, and what the first party is given."""
    dealer = dealt.get("dealer")
    if dealer is None:
        key = dealt["key"].tobytes()
    else:
        key = _pair_key(session, dealer, "dealt", run_name)
    if session.party != parties[0]:
        return key, None
    whole = dealt["given"]
    if dealer is not None:
        whole = unseal_array(session, dealer, f"dealt {run_name}", whole, np.uint8, 1).ravel()
    ends = np.cumsum(dealt["sizes"])
    pieces = np.split(whole, ends[:-1]) if len(ends) else []
    return key, dict(zip(dealt["steps"].tolist(), pieces, strict=True))


def _pair_key(session: PartySession, peer: str, what: str, label: str) -> bytes:
    """A key of this party and a peer, for one purpose."""
    return hmac.digest(session.channel(peer), f"spu {what} {label}".encode(), "sha256")
