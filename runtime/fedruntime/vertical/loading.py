"""Loading the columns of a vertical federation: a simulation runs the loader once and deals the
columns, real parties run it on their own tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from scipy import sparse

from fedruntime.attempts import AtParties
from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.load import plain_argument
from fedruntime.data.loaded import Leaf, built, leaves_of, outline_of, require_rows
from fedruntime.data.row_operations import take_rows
from fedruntime.devices import run_function
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.exchange import Exchange
from fedruntime.messages import Release
from fedruntime.operations import Columns, row_op
from fedruntime.settings import Settings
from fedruntime.vertical.aligned import Place, layout_at
from fedruntime.vertical.aligned_array import AlignedArray
from fedruntime.vertical.aligned_frame import AlignedFrame


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
    if not federation.engine.simulated:
        return Unmatched(load_tables(federation, federation.parties, loader, args, kwargs))
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
    places = [order[at] for at in range(len(labels))]
    if not is_frame:
        return AlignedArray(blocks, places)
    frame = AlignedFrame(blocks, places)
    frame.__dict__["pooled"] = table  # until it is aligned: parties are dealt the keys, too
    return frame


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


# -- every party loads its own --------------------------------------------------------------


class Unmatched(AtParties):
    """Tables of parties whose rows have not been matched yet.

    Parameters
    ----------
    tables : mapping of str to Handle
        By the party at which all rows of a table lie.
    """

    def __init__(self, tables: Mapping[str, Handle]) -> None:
        self.tables = dict(tables)

    @property
    def federation(self) -> Exchange:
        return next(iter(self.tables.values())).federation

    def __repr__(self) -> str:
        held = ", ".join(
            f"{party}: {len(table)} x {table.shape[1]}" for party, table in self.tables.items()
        )
        return f"<{type(self).__name__} tables; {held}>"

    def _refuse(self) -> NoReturn:
        raise DataError(
            f"{where()}the rows of {self!r} have not been matched: which row of one party belongs "
            'to which of another? Write df = fed.align(df, on="KEY") first'
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()

    def __getitem__(self, key: Any) -> NoReturn:
        self._refuse()

    def __len__(self) -> int:
        self._refuse()


def load_tables(
    federation: Exchange,
    parties: Sequence[str],
    loader: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> dict[str, Handle]:
    """What a loader gives at some parties, each as a table whose rows all lie there.

    Raises
    ------
    DataError
        If it gives no table at a party, or one without rows.
    """
    purpose = f"load {getattr(loader, '__name__', loader)}"
    if federation.engine.simulated:
        return {
            party: place_at(federation, party, run_function(loader, args, kwargs))
            for party in parties
        }
    ref = federation.new_ref()
    replies = federation.ask(
        run_function,
        {
            "function": loader,
            "args": [plain_argument(value) for value in args],
            "kwargs": {name: plain_argument(value) for name, value in kwargs.items()},
        },
        release=Release.KEEP,
        parties=parties,
        keep_as=ref.name,
        purpose=purpose,
    )
    found = {}
    for party in parties:
        facts: Any = replies[party].facts
        if facts["kind"] != "frame" or not facts["rows"]:
            raise DataError(
                f"party {party!r} loads {facts['rows']} rows of a {facts['kind']}: where parties "
                "have other columns, each loads a table with rows"
            )
        found[party] = federation.map(
            own_table,
            layout=layout_at(federation.parties, party, facts["rows"]),
            each={party: {"loaded": ref}},
            purpose=purpose,
            columns=list(facts["columns"]),
            dtypes=list(facts["dtypes"]),
        )
    federation.forget(ref)
    return found


@row_op("load.own_table", columns=Columns.OWN)
def own_table(loaded: Any = None, columns: Any = (), dtypes: Any = ()) -> Any:
    """The table that a party has loaded, or none of its rows at a party that has not."""
    if loaded is not None:
        return loaded
    empty = pd.DataFrame({at: pd.Series(dtype=dtype) for at, dtype in enumerate(dtypes)})
    empty.columns = pd.Index(columns)
    return empty
