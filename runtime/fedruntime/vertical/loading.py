"""Loading the columns of a vertical federation: a simulation runs the loader once and deals the
columns, real parties run it on their own tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from fedruntime.data.handle import Handle
from fedruntime.data.loaded import Leaf, built, leaves_of, outline_of, require_rows
from fedruntime.data.row_operations import take_rows
from fedruntime.devices import run_function
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.exchange import Exchange
from fedruntime.settings import Settings
from fedruntime.vertical.aligned import AlignedArray, AlignedFrame, Place, layout_at


def load_columns(
    federation: Exchange,
    loader: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Any:
    """Run a loader and give its result with handles in place of rows.

    Returns
    -------
    AlignedFrame, AlignedArray, Handle, or a tuple, dict or Bunch of these and public values
        Tables are dealt by column; a vector is the label, and lies at the label party.

    Raises
    ------
    DataError
        If the loader gives something else, or no rows, or lacks a column that a party is to have.
    """
    pooled = run_function(loader, args, kwargs)
    leaves = leaves_of(pooled)
    require_rows(type(pooled).__name__, leaves)
    found = {leaf.path: _dealt(federation, leaf) for leaf in leaves}
    return built(outline_of(pooled), found)


def _dealt(federation: Exchange, leaf: Leaf) -> Any:
    rows = leaf.value
    if leaf.rows is None:
        return rows
    if leaf.rows == 0:
        raise DataError("the loader gave no rows")
    if sparse.issparse(rows):
        raise UnsupportedError("the columns of a sparse matrix are not dealt: use .toarray()")
    if rows.ndim == 1:
        return place_at(federation, label_party(federation), rows)
    return deal_table(federation, rows)


def deal_table(federation: Exchange, table: Any) -> AlignedFrame | AlignedArray:
    """Deal the columns of a table that this process holds to simulated parties."""
    is_frame = isinstance(table, pd.DataFrame)
    labels = list(table.columns) if is_frame else list(range(table.shape[1]))
    blocks: list[Handle] = []
    order: dict[int, Place] = {}
    for party, positions in columns_by_party(labels, federation.settings).items():
        own = table.iloc[:, positions] if is_frame else table[:, positions]
        order.update({at: (len(blocks), place) for place, at in enumerate(positions)})
        blocks.append(place_at(federation, party, own))
    kind = AlignedFrame if is_frame else AlignedArray
    return kind(blocks, [order[at] for at in range(len(labels))])


def columns_by_party(labels: Sequence[Any], settings: Settings) -> dict[str, list[int]]:
    """The positions of the columns that each party has.

    What the settings do not name lies at the label party. If they name none at all, every party
    has a block of columns, the label party the last one.

    Raises
    ------
    DataError
        If a column that is named does not exist.
    """
    named = {column: party for party, own in settings.columns.items() for column in own}
    if missing := [column for column in named if column not in labels]:
        raise DataError(
            f"the table has no column {missing[0]!r}, which columns.{named[missing[0]]} names; it "
            f"has {', '.join(map(str, labels))}"
        )
    last = str(settings.label_party)
    parties = [*(party for party in settings.parties if party != last), last]
    if named:
        owners = [named.get(label, last) for label in labels]
    else:
        sizes = [len(part) for part in np.array_split(np.arange(len(labels)), len(parties))]
        owners = [party for party, size in zip(parties, sizes, strict=True) for _ in range(size)]
    found = {party: [at for at, own in enumerate(owners) if own == party] for party in parties}
    return {party: own for party, own in found.items() if own}


def place_at(federation: Exchange, owner: str, rows: Any) -> Handle:
    """Rows that lie at one simulated party; the others hold none of them."""
    layout = layout_at(federation.all_parties, owner, len(rows))
    parts = {party: take_rows(rows, positions) for party, positions in layout.positions.items()}
    return federation.place(parts, layout)


def label_party(federation: Exchange) -> str:
    """The party that has the label."""
    party = federation.settings.label_party
    assert party is not None
    return party
