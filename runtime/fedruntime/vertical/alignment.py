"""Matching the rows of parties by keys that none of them shows: private set intersection.

Every party hashes its keys to points and blinds them; the lists go round until each party has
blinded all of them, and the coordinator compares what comes out. It learns how many rows each
party has and which of them, by number, belong together, and not whose: of a single secret that it
lacks, no point tells anything. A party learns how many keys the others have, and which of its own
rows all parties have. A coordinator that colludes with a party learns which of that party's keys
each other party has.
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
from fedruntime.crypto.psi import blind, normalised, points_of
from fedruntime.data.handle import Handle
from fedruntime.data.row_operations import take_rows
from fedruntime.errors import DataError
from fedruntime.exchange import Exchange
from fedruntime.messages import Array
from fedruntime.operations import session_op
from fedruntime.vertical.aligned import layout_at
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
    each = {party: {"rows": table, "on": list(on), "name": name} for party, table in tables.items()}
    told = ask(federation, blind_own, each, session=session, purpose=PURPOSE)
    lists = {party: told[party]["points"] for party in parties}
    for step in range(1, len(parties)):
        holder = {parties[(at + step) % len(parties)]: owner for at, owner in enumerate(parties)}
        asked = {party: {"points": lists[owner], "name": name} for party, owner in holder.items()}
        told = ask(federation, blind_others, asked, session=session, purpose=PURPOSE)
        lists.update({owner: told[party]["points"] for party, owner in holder.items()})
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


@session_op("align.blind", reveals="how many rows have a key; the keys, blinded")
def blind_own(
    session: PartySession, rows: Any, on: Sequence[str], name: str
) -> Mapping[str, Array]:
    """A party's own keys as points, blinded by a secret that is drawn for this alignment.

    Raises
    ------
    DataError
        If a key stands in two rows.
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
    session.held[_key(name)] = (secret, present)
    return {"points": blind(points_of(kept, name.encode()), secret)}


@session_op("align.blind_others", reveals="keys of others, blinded once more")
def blind_others(session: PartySession, points: Array, name: str) -> Mapping[str, Array]:
    """Another party's points, blinded once more."""
    secret, _ = session.held[_key(name)]
    return {"points": blind(points, secret)}


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
        _, present = session.held.pop(_key(name))
        chosen = take_rows(rows, present[places])
    return chosen.drop(columns=list(on)).reset_index(drop=True)


def _key(name: str) -> str:
    return f"alignment {name}"
