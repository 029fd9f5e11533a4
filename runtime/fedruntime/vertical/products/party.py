"""A party's half of products of columns across parties.

With ``M`` the mask of a party's encoded columns ``X``, which the dealer knows as well, and
``E = X + M``, which the other parties know, the product of columns of parties i and j is::

    X_i.T @ X_j  =  X_i.T @ E_j  -  E_i.T @ M_j  +  M_i.T @ M_j     (modulo 2**64)

Party i computes the first term, party j the second, the dealer the third. What the two parties
give is hidden by a mask of the pair's own, so that nobody learns a term: only the product. A set of
columns is masked and sent once, whatever it is multiplied with afterwards.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.session import PartySession
from fedruntime.crypto import keys, masks
from fedruntime.crypto.ring import gram, gram_of_random
from fedruntime.errors import DataError, ProtocolError
from fedruntime.messages import Array
from fedruntime.operations import sealed_for, session_op
from fedruntime.vertical.products.fixed_point import Words, blocks_of, encode

Floats = npt.NDArray[np.float64]

_PAD_LABEL = b"fedmigrate column pad v1"


@dataclass(frozen=True)
class Held:
    """Encoded columns as one party knows them.

    Parameters
    ----------
    words : ndarray of uint64, shape (n, 2 * k)
        Limbs; at other parties than their own, under the mask.
    mask_key : bytes
        What the mask is made from; at their own party.
    """

    words: Words
    mask_key: bytes = b""


@session_op(
    "across.mask",
    protection="in the clear",
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
    columns, told, centre = as_columns(rows), {}, None
    if moments:
        centre = columns.mean(axis=0)
        told = {"mean": centre, "gram": _products_about(columns, centre)}
    masked = mask_for(session, columns, name, key.tobytes(), bits, readers, centre)
    return {**masked, **told}


def _products_about(columns: Floats, centre: Floats) -> Floats:
    total = np.zeros((columns.shape[1],) * 2)
    for rows in blocks_of(len(columns)):
        block = columns[rows] - centre
        total += block.T @ block
    return total


def mask_for(
    session: PartySession,
    columns: Floats,
    name: str,
    key: bytes,
    bits: int,
    readers: Sequence[str],
    centre: Floats | None = None,
) -> dict[str, Array]:
    """Keep columns encoded under a name, and seal them under their mask for other parties."""
    used = session.held.setdefault("masked columns", set())
    if name in used:
        raise ProtocolError(f"columns named {name!r} have been masked in this session already")
    used.add(name)
    limbs = encode(columns, bits, centre)
    session.held[name] = Held(limbs.words, key)
    boxes = {sealed_for(peer): _padded(session, peer, name, limbs.words, key) for peer in readers}
    return {"exponents": limbs.exponents, **boxes}


def _padded(session: PartySession, peer: str, name: str, own: Words, key: bytes) -> Words:
    """Masked columns under a pad that only a peer can take off: the dealer knows the mask."""
    padded: Words = own.copy()
    pad = _pad_key(session, session.party, peer, name)
    masks.apply_masks(padded.reshape(-1), add=[key, pad])
    return padded


def _pad_key(session: PartySession, sender: str, receiver: str, name: str) -> bytes:
    context = f"{session.name} {sender} {receiver} {name}".encode()
    peer = receiver if sender == session.party else sender
    return hmac.digest(session.channel(peer), _PAD_LABEL + context, "sha256")


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
    masked = np.array(box, dtype=np.uint64)
    if masked.ndim != 2 or masked.shape[1] != 2 * width:
        raise ProtocolError(f"these are not {width} masked columns: {masked.shape}")
    masks.subtract_mask(masked.reshape(-1), _pad_key(session, sender, session.party, name))
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
    if not mine.mask_key:
        raise ProtocolError(f"the columns named {own!r} are not those of party {session.party!r}")
    if len(mine.words) != len(theirs.words):
        raise DataError("columns of different numbers of rows have no product")
    used = session.held.setdefault("rounds", set())
    if (peer, round_number) in used:
        raise ProtocolError(f"round {round_number} of products with {peer!r} has been masked")
    used.add((peer, round_number))
    key = keys.round_key(session.channel(peer), round_number)
    if session.party < peer:
        found = gram(mine.words, theirs.words, bits=bits + 1)
        masks.add_mask(found.reshape(-1), key)
    else:
        mask = gram_of_random(theirs.words, mine.mask_key, mine.words.shape[1])
        found = np.negative(mask)
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
