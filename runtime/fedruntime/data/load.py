"""Loading rows at the parties: in simulation the loader runs once and its rows are dealt, otherwise
every party runs it on its own files. The script sees what the loader gives, with handles where
the rows are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from fedruntime.data.chunks.chunked import Loaded
from fedruntime.data.chunks.reading import Reading, is_partitioned_table
from fedruntime.data.dealing import deal_rows
from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.data.loaded import (
    DESCRIPTIONS,
    Leaf,
    Path,
    built,
    leaves_of,
    outline_of,
    require_rows,
)
from fedruntime.data.partitioned import Held, is_partitioned, partitions_of
from fedruntime.data.public_values import to_message
from fedruntime.data.row_operations import take_rows
from fedruntime.devices import run_function
from fedruntime.errors import BudgetError, DataError, RevealError
from fedruntime.messages import Public, Ref, Release
from fedruntime.operations import Columns, Statistics, party_op, row_op

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


_CHUNKED = "chunksize"  # as pandas names it


def load(
    federation: Exchange,
    loader: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Any:
    """Run a loader and give its result with handles in place of rows.

    Parameters
    ----------
    federation : Exchange
    loader : callable
        ``pandas.read_csv``, ``sklearn.datasets.load_iris``, a function of the script, ...; or an
        ``HDataFrame`` of SecretFlow, on whose engine the federation then has to run; or, in
        simulation, a Dask table.
    args, kwargs
        Its arguments; they are public. With ``chunksize`` among them the loader gives an iterator
        of tables, which is begun again for every pass over the rows.

    Returns
    -------
    Handle, or a tuple, dict or Bunch of handles and public values
        Arrays, tables, columns and sparse matrices become handles; those of equal length share
        one layout. A vector beside tables counts as rows if it is as long as one of them.

    Raises
    ------
    DataError
        If the loader gives something else, or no rows at any party.
    SettingsError
        For a ``label_skew`` split without a label.
    """
    if is_partitioned(loader):
        return _hold(federation, partitions_of(loader, federation), type(loader).__name__)
    if federation.engine.simulated:
        if is_partitioned_table(loader):
            return _deal(federation, Loaded(Reading(lambda: loader)))
        run = read_chunks if _CHUNKED in kwargs else run_function
        return _deal(federation, run(loader, args, kwargs))
    return _load_at_parties(federation, loader, args, kwargs)


# -- simulation -----------------------------------------------------------------------------


def _deal(federation: Exchange, pooled: Any) -> Any:
    if isinstance(pooled, Iterator):  # sklearn.datasets.make_sparse_coded_signal gives a map
        pooled = tuple(pooled)
    leaves = leaves_of(pooled)
    require_rows(type(pooled).__name__, leaves)
    beside = {leaf.path: leaf.value for leaf in leaves if leaf.rows is None}
    told = _told_beside(type(pooled).__name__, beside)
    if told and federation.budget is not None:
        raise BudgetError(f"a privacy budget does not let out {told}")
    layouts: dict[int, RowLayout] = {}
    found: dict[Path, Any] = {}
    for leaf in leaves:
        if leaf.rows is None:
            found[leaf.path] = leaf.value
            continue
        if leaf.rows == 0:
            raise DataError("the loader gave no rows")
        if leaf.rows not in layouts:
            label = _label(pooled, leaves, leaf.rows, federation.settings.label)
            layouts[leaf.rows] = deal_rows(
                leaf.rows, federation.settings, federation.all_parties, label
            )
        found[leaf.path] = _place(federation, leaf.value, layouts[leaf.rows])
    return built(outline_of(pooled), found)


def _place(federation: Exchange, rows: Any, layout: RowLayout) -> Handle:
    parts = {party: take_rows(rows, positions) for party, positions in layout.positions.items()}
    return federation.place(parts, layout)


def _label(pooled: Any, leaves: Sequence[Leaf], rows: int, column: str | None) -> Any:
    """The label of each of so many rows, if the loader's result tells it."""
    same = [leaf for leaf in leaves if leaf.rows == rows]
    if column is not None:
        for leaf in same:
            if isinstance(leaf.value, pd.DataFrame) and column in leaf.value.columns:
                return leaf.value[column]
    if isinstance(pooled, Bunch) and any(leaf.path == ("target",) for leaf in same):
        return pooled.target
    if isinstance(pooled, tuple):
        for leaf in same[1:]:
            if leaf.value.ndim == 1:
                return leaf.value
    return None


# -- every party loads its own --------------------------------------------------------------


def _load_at_parties(
    federation: Exchange,
    loader: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Any:
    ref = federation.new_ref()
    purpose = f"load {getattr(loader, '__name__', loader)}"
    federation.ask(
        read_chunks if _CHUNKED in kwargs else run_function,
        {
            "function": loader,
            "args": [plain_argument(value) for value in args],
            "kwargs": {name: plain_argument(value) for name, value in kwargs.items()},
        },
        release=Release.KEEP,
        keep_as=ref.name,
        purpose=purpose,
    )
    return _held(federation, ref, purpose)


def _hold(federation: Exchange, held: Held, kind: str) -> Any:
    """Rows that lie on the engine's devices already."""
    ref = federation.new_ref()
    held.engine.adopt(ref.name, held.parts)
    return _held(federation, ref, f"load {kind}")


def _held(federation: Exchange, ref: Ref, purpose: str) -> Any:
    """What parties hold under a name, as handles where it is rows."""
    try:
        found = federation.collect(describe, loaded=ref, purpose=purpose)
        described = {party: arrays["description"][()] for party, arrays in found.items()}
        return _handles(federation, ref, described, purpose)
    finally:
        federation.forget(ref)


def plain_argument(argument: Any) -> Public:
    """A loader's argument in the terms of a message: paths as text, types by name."""
    return os.fspath(argument) if isinstance(argument, os.PathLike) else to_message(argument)


def _handles(federation: Exchange, ref: Ref, described: Mapping[str, Public], purpose: str) -> Any:
    (first_party, first), *others = described.items()
    for party, other in others:
        if (other["outline"], other["paths"]) != (first["outline"], first["paths"]):
            raise DataError(
                f"party {party!r} loads a {other['kind']} with rows at {other['paths']}, party "
                f"{first_party!r} a {first['kind']} with rows at {first['paths']}"
            )
    found: dict[Path, Any] = dict(first["public"])
    layouts: dict[tuple[int, ...], RowLayout] = {}
    for number, path in enumerate(first["paths"]):
        counts = tuple(part["counts"][number] for part in described.values())
        if not any(counts):
            raise DataError("the loader gave no rows at any party")
        layout = layouts.setdefault(counts, RowLayout.contiguous(federation.parties, counts))
        each = {
            party: {"start": int(rows[0])} for party, rows in layout.positions.items() if len(rows)
        }
        found[path] = federation.map(
            entry_of, layout=layout, each=each, purpose=purpose, loaded=ref, path=list(path)
        )
    return built(first["outline"], found)


def _values_beside(description: Statistics) -> str:
    """Numbers and text that a loader gave beside rows: it may have computed them from rows."""
    told = description["description"][()]
    return _told_beside(told["kind"], told["public"])


def _told_beside(kind: str, public: Mapping[Path, Any]) -> str:
    values = [
        ".".join(map(str, path))
        for path, value in public.items()
        if value is not None and not _is_described(kind, path)
    ]
    return f"what the loader gave beside its rows (entry {', '.join(values)})" if values else ""


@party_op(
    "load.describe",
    reveals="row counts, column names and dtypes of what was loaded",
    facts=True,
    beyond_facts=_values_beside,
)
def describe(loaded: Any) -> Statistics:
    """What a loader gave at a party: containers, row counts, and what is public beside the rows.

    Raises
    ------
    RevealError
        If there is an entry of which it is not known that it holds no rows.
    """
    leaves = leaves_of(loaded)
    require_rows(type(loaded).__name__, leaves)
    description = np.empty((), dtype=object)
    description[()] = {
        "kind": type(loaded).__name__,
        "outline": outline_of(loaded),
        "paths": [leaf.path for leaf in leaves if leaf.rows is not None],
        "counts": [leaf.rows for leaf in leaves if leaf.rows is not None],
        "public": {leaf.path: _public(loaded, leaf) for leaf in leaves if leaf.rows is None},
    }
    return {"description": description}


def _public(loaded: Any, leaf: Leaf) -> Public:
    described = _is_described(type(loaded).__name__, leaf.path)
    if described or leaf.value is None or isinstance(leaf.value, bool | int | float | str):
        return leaf.value
    raise RevealError(
        f"the loader's entry {'.'.join(map(str, leaf.path))} is a {type(leaf.value).__name__} that "
        "does not belong to the loaded rows, and nothing says that it holds none: let the loader "
        "give rows, numbers and text only"
    )


def _is_described(kind: str, path: Path) -> bool:
    return kind == "Bunch" and path[-1] in DESCRIPTIONS


@row_op("load.chunks", loads=True)
def read_chunks(function: Callable[..., Any], args: Any, kwargs: Any) -> Loaded:
    """Read a table in chunks by a function of the script or of a library."""
    return Loaded(Reading(lambda: function(*args, **kwargs)))


@row_op("load.entry", columns=Columns.OWN)
def entry_of(loaded: Any, path: Any, start: int = 0) -> Any:
    """One entry of what a loader gave; default row labels become the pooled row numbers."""
    for key in path:
        loaded = loaded[key]
    if isinstance(loaded, Loaded):
        return loaded.starting_at(start)
    if isinstance(loaded, pd.DataFrame | pd.Series) and _is_default(loaded.index):
        loaded = loaded.copy(deep=False)
        loaded.index = pd.RangeIndex(start, start + len(loaded))
    return loaded


def _is_default(labels: pd.Index) -> bool:
    return bool(labels.equals(pd.RangeIndex(len(labels))))
