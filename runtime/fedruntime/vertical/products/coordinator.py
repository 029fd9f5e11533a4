"""The coordinator's half of products of columns across parties: who masks what for whom, the
dealer's term, and the product itself.

The dealer, here the coordinator, draws the keys that masks are made from. It must not collude with
a party: together they could take the mask off another party's columns.
"""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from fedruntime.crypto.keys import KEY_BYTES
from fedruntime.crypto.ring import gram, random_words
from fedruntime.data.handle import Handle
from fedruntime.exchange import Exchange
from fedruntime.messages import Array
from fedruntime.operations import sealed_for
from fedruntime.vertical.products.fixed_point import Extended, Words, decode, limb_bits
from fedruntime.vertical.products.party import (
    forget_columns,
    mask_columns,
    multiply_columns,
    receive_columns,
)
from fedruntime.vertical.sessions import ask, session_of


@dataclass(frozen=True)
class Source:
    """Columns that lie at one party."""

    party: str
    rows: Handle
    width: int
    readers: tuple[str, ...]


@dataclass(frozen=True)
class Masked:
    """Columns that their party has masked, as the dealer knows them.

    Parameters
    ----------
    party : str
    name : str
        Theirs in the session.
    rows, width : int
    exponents : ndarray of int, shape (width,)
    key : bytes
        What the mask is made from.
    """

    party: str
    name: str
    rows: int
    width: int
    exponents: npt.NDArray[np.int64]
    key: bytes = field(repr=False)

    @cached_property
    def mask(self) -> Words:
        return random_words(self.key, (self.rows, 2 * self.width))


@dataclass
class _Numbers:
    """Where names and rounds of a federation's products are counted; none is used twice."""

    names: Iterator[int] = field(default_factory=itertools.count)
    rounds: Iterator[int] = field(default_factory=itertools.count)
    dropped: list[str] = field(default_factory=list)  # columns that nothing refers to any more


_NUMBERS: WeakKeyDictionary[Exchange, _Numbers] = WeakKeyDictionary()


def new_mask(federation: Exchange) -> tuple[str, bytes]:
    """A name and a key for columns that are to be masked."""
    return f"c{next(_numbers_of(federation).names)}", os.urandom(KEY_BYTES)


def next_round(federation: Exchange) -> int:
    """The number of a round that no pair of parties has masked a product with."""
    return next(_numbers_of(federation).rounds)


def _numbers_of(federation: Exchange) -> _Numbers:
    return _NUMBERS.setdefault(federation, _Numbers())


def mask(
    federation: Exchange, sources: Sequence[Source], *, purpose: str, moments: bool = False
) -> tuple[list[Masked], dict[str, Mapping[str, Array]]]:
    """Let parties mask columns and hand them to their readers; at most one set a party.

    Returns
    -------
    list of Masked
        In the order of the sources.
    dict
        What each party told with its masked columns.
    """
    session = session_of(federation)
    _forget_dropped(federation, session)
    named = [new_mask(federation) for _ in sources]
    rows = len(sources[0].rows)
    each = {
        source.party: {
            "rows": source.rows,
            "name": name,
            "key": np.frombuffer(key, dtype=np.uint8),
            "bits": limb_bits(rows),
            "readers": list(source.readers),
            "moments": moments,
        }
        for source, (name, key) in zip(sources, named, strict=True)
    }
    told = ask(federation, mask_columns, each, session=session, purpose=purpose)
    masked = [
        Masked(source.party, name, rows, source.width, told[source.party]["exponents"], key)
        for source, (name, key) in zip(sources, named, strict=True)
    ]
    hand_over(federation, masked, told, purpose=purpose)
    dropped = _numbers_of(federation).dropped
    for one in masked:
        weakref.finalize(one, dropped.append, one.name).atexit = False
    return masked, told


def _forget_dropped(federation: Exchange, session: str) -> None:
    """Let the parties drop masked columns that nothing refers to any more."""
    numbers = _numbers_of(federation)
    names, numbers.dropped[:] = list(numbers.dropped), []
    if names:
        each = {party: {"names": names} for party in federation.parties}
        ask(federation, forget_columns, each, session=session, purpose="products of columns")


def hand_over(
    federation: Exchange,
    masked: Sequence[Masked],
    told: Mapping[str, Mapping[str, Array]],
    *,
    purpose: str,
) -> None:
    """Pass on what parties have sealed for each other."""
    boxes = boxes_by_reader(federation.parties, masked, told)
    each = {reader: {"boxes": found} for reader, found in boxes.items()}
    if each:
        ask(federation, receive_columns, each, session=session_of(federation), purpose=purpose)


def boxes_by_reader(
    parties: Sequence[str], masked: Sequence[Masked], told: Mapping[str, Mapping[str, Array]]
) -> dict[str, list[tuple[str, str, int, Array]]]:
    """Sealed boxes by who can open them, as ``receive_columns`` takes them."""
    found: dict[str, list[tuple[str, str, int, Array]]] = {}
    for one in masked:
        for party in parties:
            box = told[one.party].get(sealed_for(party))
            if box is not None:
                found.setdefault(party, []).append((one.party, one.name, one.width, box))
    return found


def multiply(
    federation: Exchange, pairs: Sequence[tuple[Masked, Masked]], *, purpose: str
) -> list[Extended]:
    """The products ``left.T @ right`` of masked columns of two parties each."""
    terms: dict[str, list[tuple[str, str, str, int]]] = {}
    for left, right in pairs:
        number = next_round(federation)
        terms.setdefault(left.party, []).append((left.name, right.party, right.name, number))
        terms.setdefault(right.party, []).append((right.name, left.party, left.name, number))
    bits = limb_bits(pairs[0][0].rows) if pairs else 0
    each = {party: {"terms": own, "bits": bits} for party, own in terms.items()}
    told = ask(federation, multiply_columns, each, session=session_of(federation), purpose=purpose)
    return [
        joined(
            left,
            right,
            told[left.party][f"{left.name} {right.name}"],
            told[right.party][f"{right.name} {left.name}"],
        )
        for left, right in pairs
    ]


def joined(left: Masked, right: Masked, of_left: Words, of_right: Words) -> Extended:
    """The product of two masked sets of columns, from what their parties gave."""
    if left.party > right.party:  # the columns of the party whose name comes first are on the left
        return np.asarray(joined(right, left, of_right, of_left).T)
    total = of_left + of_right + gram(left.mask, right.mask)
    return decode(total, left.exponents, right.exponents, limb_bits(left.rows))
