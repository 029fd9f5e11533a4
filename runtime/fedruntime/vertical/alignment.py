"""Matching the rows of parties by keys that none of them shows: private set intersection.

Every party hashes its keys to points and blinds them; the lists go round until each party has
blinded all of them, and the coordinator compares what comes out. On the way they are sealed between
one party and the next, and a party blinds nothing else: so the coordinator can have no point
blinded that it has made of a guess. It learns how many rows each party has and which of them, by
number, belong together, and not whose: of a single secret that it lacks, no point tells anything.
A party learns how many keys the others have, and which of its own rows all parties have. A
coordinator that colludes with a party learns which of that party's keys each other party has.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fedruntime.aggregation.session import PartySession
from fedruntime.crypto.keys import KEY_BYTES
from fedruntime.crypto.psi import POINT_BYTES, blind, normalised, points_of
from fedruntime.data.handle import Handle
from fedruntime.data.row_operations import take_rows
from fedruntime.errors import DataError
from fedruntime.exchange import Exchange
from fedruntime.messages import Array
from fedruntime.operations import BLINDED, sealed_for, session_op
from fedruntime.vertical.aligned import layout_at
from fedruntime.vertical.sealed_arrays import seal_array, unseal_array
from fedruntime.vertical.sessions import ask, session_of

PURPOSE = "align rows"

Indices = npt.NDArray[np.intp]


def align_tables(
    federation: Exchange, tables: Mapping[str, Handle], on: Sequence[str], first: str
) -> dict[str, Handle]:
    """The rows that all parties have, in the order in which one of them has them.

    Parameters
    ----------
    tables : mapping of str to Handle
        Each party's table, all rows of which lie there.
    on : sequence of str
        The key columns, which every table has.
    first : str
        The party whose order is kept.

    Raises
    ------
    DataError
        If a table lacks a key column, has a key twice, or there is no row that all have.
    """
    for party, table in tables.items():
        if missing := [name for name in on if name not in (table.facts.columns or ())]:
            raise DataError(f"the table of {party!r} has no column {missing[0]!r} to align by")
    session = session_of(federation)
    name = os.urandom(8).hex()
    parties = tuple(tables)
    each = {
        party: {"rows": table, "on": list(on), "name": name, "ring": list(parties)}
        for party, table in tables.items()
    }
    told = ask(federation, blind_own, each, session=session, purpose=PURPOSE)
    holders = {party: party for party in parties}
    for _ in parties[1:]:
        asked = {}
        for owner, sender in holders.items():
            holders[owner] = receiver = _after(parties, sender)
            box = told[sender][sealed_for(receiver)]
            asked[receiver] = {"box": box, "owner": owner, "name": name}
        told = ask(federation, blind_others, asked, session=session, purpose=PURPOSE)
    lists = {owner: told[holder][BLINDED] for owner, holder in holders.items()}
    places = common_places(lists, first)
    count = len(places[first])
    if not count:
        sizes = ", ".join(f"{party}: {len(lists[party])}" for party in parties)
        raise DataError(
            f"no row has the same {' and '.join(on)} at all parties (keys at {sizes}): are the "
            "keys written alike everywhere?"
        )
    aligned = {}
    for party, table in tables.items():
        aligned[party] = federation.map(
            pick_rows,
            layout=layout_at(federation.parties, party, count),
            each={party: {"places": places[party], "name": name}},
            purpose=PURPOSE,
            session=session,
            rows=table,
            on=list(on),
        )
    return aligned


def common_places(lists: Mapping[str, Array], first: str) -> dict[str, Indices]:
    """For each party the places in its list of the points that are in all lists, in one order."""
    found = {}
    for party, points in lists.items():
        keys = np.ascontiguousarray(points).view(f"V{points.shape[1]}").ravel()
        found[party] = pd.Index([bytes(key) for key in keys])
    common = found[first]
    for index in found.values():
        common = common[common.isin(index)]
    return {party: np.asarray(index.get_indexer(common)) for party, index in found.items()}


@session_op("align.blind", protection="sealed", reveals="how many rows have a key")
def blind_own(
    session: PartySession, rows: Any, on: Sequence[str], name: str, ring: Sequence[str]
) -> Mapping[str, Array]:
    """A party's own keys as points, blinded by a secret that is drawn for this alignment.

    They are sealed for the party that comes next in the ring of those who take part.

    Raises
    ------
    DataError
        If a key stands in two rows, or is a number that is not written exactly.
    """
    texts = [normalised(row) for row in rows[list(on)].itertuples(index=False, name=None)]
    present = np.array([at for at, text in enumerate(texts) if text is not None], dtype=np.intp)
    kept = [text for text in texts if text is not None]
    twice = len(kept) - len(set(kept))
    if twice:
        raise DataError(
            f"{twice} of {len(texts)} rows have a {' and '.join(on)} that another row has, too: "
            "which of them belong to the other parties' rows? Drop duplicates before loading"
        )
    secret = os.urandom(KEY_BYTES)
    session.held[_key(name)] = (secret, present, tuple(ring))
    points = blind(points_of(kept, name.encode()), secret)
    return _passed_on(session, points, name, session.party, ring)


@session_op("align.blind_others", protection="sealed", reveals="keys of others, blinded once more")
def blind_others(session: PartySession, box: Array, owner: str, name: str) -> Mapping[str, Array]:
    """Another party's points, blinded once more: in the clear when all parties have done so.

    Raises
    ------
    ProtocolError
        If they do not come, sealed, from the party before this one in the ring.
    """
    secret, _, ring = session.held[_key(name)]
    sender = ring[ring.index(session.party) - 1]
    sealed = _passing(name, owner, ring)
    points = blind(unseal_array(session, sender, sealed, box, np.uint8, POINT_BYTES), secret)
    return _passed_on(session, points, name, owner, ring)


@session_op("align.pick", keeps=True)
def pick_rows(
    session: PartySession,
    rows: Any,
    on: Sequence[str],
    places: Indices | None = None,
    name: str = "",
) -> Any:
    """The rows at places in a party's list of keys, without the keys, numbered from 0."""
    if places is None:
        chosen = rows.iloc[:0]
    else:
        _, present, _ = session.held.pop(_key(name))
        chosen = take_rows(rows, present[places])
    return chosen.drop(columns=list(on)).reset_index(drop=True)


def _after(ring: Sequence[str], party: str) -> str:
    return ring[(ring.index(party) + 1) % len(ring)]


def _passed_on(
    session: PartySession, points: Array, name: str, owner: str, ring: Sequence[str]
) -> dict[str, Array]:
    """A list for the next party of the ring; for the coordinator if that is its owner again."""
    receiver = _after(ring, session.party)
    if receiver == owner:
        return {BLINDED: points}
    box = seal_array(session, receiver, _passing(name, owner, ring), points)
    return {sealed_for(receiver): box}


def _passing(name: str, owner: str, ring: Sequence[str]) -> str:
    """What a list is sealed as: whose it is, and all who blind it."""
    return f"{_key(name)} {owner} {list(ring)}"


def _key(name: str) -> str:
    return f"alignment {name}"
