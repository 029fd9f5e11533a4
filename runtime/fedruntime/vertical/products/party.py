"""A party's half of products of columns across parties.

With ``M`` the mask of a party's encoded columns ``X``, which the dealer knows as well, and
``E = X + M``, which the other parties know, the product of columns of parties i and j is::

    X_i.T @ X_j  =  X_i.T @ E_j  -  E_i.T @ M_j  +  M_i.T @ M_j     (modulo 2**64)

Party i computes the first term, party j the second, the dealer the third. What the two parties
give is hidden by a mask of the pair's own, so that nobody learns a term: only the product. A set of
columns is masked and sent once, whatever it is multiplied with afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.session import PartySession
from fedruntime.crypto import keys, masks
from fedruntime.crypto.ring import gram, random_words
from fedruntime.errors import DataError, ProtocolError
from fedruntime.messages import Array
from fedruntime.operations import sealed_for, session_op
from fedruntime.vertical.products.fixed_point import Words, encode
from fedruntime.vertical.sealed_arrays import seal_array, unseal_array

Floats = npt.NDArray[np.float64]


@dataclass
class Held:
    """Encoded columns as one party knows them.

    Parameters
    ----------
    masked : ndarray of uint64, shape (n, 2 * k)
    own : ndarray of uint64, optional
        The limbs without the mask; at the party whose columns they are.
    mask_key : bytes
        What its mask is made from; at the same party.
    """

    masked: Words
    own: Words | None = None
    mask_key: bytes = b""


@session_op(
    "across.mask",
    protection="sealed",
    reveals="the order of magnitude of columns; with their moments, means and products of them",
)
def mask_columns(
    session: PartySession,
    rows: Any,
    name: str,
    key: Array,
    bits: int,
    readers: Sequence[str],
    moments: bool = False,
) -> Mapping[str, Array]:
    """Encode a party's columns and hide them from the parties that are to multiply with them.

    With ``moments`` they are taken about their means, and the party tells these and the products
    of its own columns.

    Returns
    -------
    dict
        ``exponents`` of the columns, a sealed box a reader, and perhaps ``mean`` and ``gram``.
    """
    columns, told = as_columns(rows), {}
    if moments:
        mean = columns.mean(axis=0)
        columns = columns - mean
        told = {"mean": mean, "gram": columns.T @ columns}
    return {**mask_for(session, columns, name, key.tobytes(), bits, readers), **told}


def mask_for(
    session: PartySession,
    columns: Floats,
    name: str,
    key: bytes,
    bits: int,
    readers: Sequence[str],
) -> dict[str, Array]:
    """Keep columns encoded under a name, and seal them under their mask for other parties."""
    if name in session.held:
        raise ProtocolError(f"columns named {name!r} have been masked in this session already")
    limbs = encode(columns, bits)
    masked = limbs.words + random_words(key, limbs.words.shape)
    session.held[name] = Held(masked, limbs.words, key)
    boxes = {sealed_for(peer): seal_array(session, peer, name, masked) for peer in readers}
    return {"exponents": limbs.exponents, **boxes}


@session_op("across.receive")
def receive_columns(
    session: PartySession, boxes: Sequence[tuple[str, str, int, Array]]
) -> Mapping[str, Array]:
    """Hand a party masked columns of others: sender, name, number of columns, sealed box."""
    for sender, name, width, box in boxes:
        keep_masked(session, sender, name, width, box)
    return {}


def keep_masked(session: PartySession, sender: str, name: str, width: int, box: Array) -> None:
    """Keep another party's masked columns, of which there are so many."""
    masked = unseal_array(session, sender, name, box, np.uint64, 2 * width)
    session.held[name] = Held(masked)


@session_op(
    "across.multiply",
    protection="masked",
    reveals="products of columns with those of other parties, as sums over all rows",
)
def multiply_columns(
    session: PartySession, terms: Sequence[tuple[str, str, str, int]], bits: int
) -> Mapping[str, Array]:
    """A party's terms of products of its columns with those of others.

    Parameters
    ----------
    terms : sequence of (str, str, str, int)
        The name of own columns, a peer, the name of the peer's columns, and the number of the
        round whose mask hides what the pair gives.
    """
    return {
        f"{own} {name}": term(session, own, peer, name, round_number, bits)
        for own, peer, name, round_number in terms
    }


def term(
    session: PartySession, own: str, peer: str, name: str, round_number: int, bits: int
) -> Words:
    """One term of the product of own columns and a peer's, under the pair's mask of a round."""
    mine, theirs = held(session, own), held(session, name)
    if mine.own is None:
        raise ProtocolError(f"the columns named {own!r} are not those of party {session.party!r}")
    if mine.masked.shape[0] != theirs.masked.shape[0]:
        raise DataError("columns of different numbers of rows have no product")
    used = session.held.setdefault("rounds", set())
    if (peer, round_number) in used:
        raise ProtocolError(f"round {round_number} of products with {peer!r} has been masked")
    used.add((peer, round_number))
    key = keys.round_key(session.channel(peer), round_number)
    if session.party < peer:
        found = gram(mine.own, theirs.masked, bits=bits + 1)
        masks.add_mask(found.reshape(-1), key)
    else:
        mask = random_words(mine.mask_key, mine.masked.shape)
        found = np.negative(gram(theirs.masked, mask))
        masks.subtract_mask(found.reshape(-1), key)
    return found


def held(session: PartySession, name: str) -> Held:
    """What a party keeps under a name.

    Raises
    ------
    ProtocolError
        If it keeps nothing.
    """
    found = session.held.get(name)
    if not isinstance(found, Held):
        raise ProtocolError(f"party {session.party!r} holds no columns named {name!r}")
    return found


@session_op("across.forget")
def forget_columns(session: PartySession, names: Sequence[str]) -> Mapping[str, Array]:
    """Let a party drop masked columns."""
    for name in names:
        session.held.pop(name, None)
    return {}


def as_columns(rows: Any) -> Floats:
    """Rows as float64 columns of shape (n, k)."""
    values = np.asarray(rows, dtype=np.float64)
    return values[:, np.newaxis] if values.ndim == 1 else values
