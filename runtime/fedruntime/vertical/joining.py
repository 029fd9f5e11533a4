"""``fed.align``: tables of several parties become one whose columns lie at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.exchange import Exchange
from fedruntime.vertical.aligned import Aligned, owner_of
from fedruntime.vertical.aligned_frame import AlignedFrame
from fedruntime.vertical.alignment import align_tables
from fedruntime.vertical.loading import Unmatched, columns_by_party, label_party, place_at


def align(
    federation: Exchange, tables: Any, on: str | Sequence[str] | None, how: str
) -> AlignedFrame:
    """Match the rows of tables; see ``Federation.align``."""
    if how != "inner":
        raise UnsupportedError(
            f"{where()}align(how={how!r}): a row that a party lacks would have to be told to it, "
            'and made up there; how="inner" keeps the rows that all parties have'
        )
    keys = [on] if isinstance(on, str) else list(on or ())
    if isinstance(tables, Aligned):
        if not keys:
            return _checked(tables)
        held = _with_keys(federation, tables, keys)
    else:
        held = _held(tables)
    _require_distinct(held, keys)
    first = label_party(federation)
    ordered = {party: held[party] for party in _in_order(federation, held, first)}
    if keys:
        ordered = align_tables(federation, ordered, keys, first)
    else:
        _require_equal(ordered)
    order = [
        (number, place)
        for number, block in enumerate(ordered.values())
        for place in range(block.shape[1])
    ]
    blocks = list(ordered.values())
    if isinstance(tables, Aligned):
        labels = [label for label in _checked(tables).columns if label not in keys]
        order = _as_loaded(blocks, order, labels)
    frame = AlignedFrame(blocks, order)
    frame.__dict__["keys_used"] = frozenset(keys)
    return frame


def _checked(table: Aligned) -> AlignedFrame:
    if not isinstance(table, AlignedFrame):
        raise DataError(f"{where()}{table!r} has no columns with names to align by")
    return table


def _with_keys(federation: Exchange, table: Aligned, keys: Sequence[str]) -> dict[str, Handle]:
    """The tables that simulated parties have, each with the keys."""
    pooled = _checked(table).__dict__.get("pooled")
    if pooled is None:
        raise DataError(
            f"{where()}{table!r} has been changed since it was loaded: align rows right after "
            "fed.load"
        )
    if missing := [key for key in keys if key not in pooled.columns]:
        raise DataError(f"{where()}the table has no column {missing[0]!r} to align by")
    labels = list(pooled.columns)
    return {
        party: place_at(
            federation,
            party,
            pooled[[*keys, *(labels[at] for at in positions if labels[at] not in keys)]],
        )
        for party, positions in columns_by_party(labels, federation.settings).items()
    }


def _held(tables: Any) -> dict[str, Handle]:
    if isinstance(tables, Unmatched):
        return dict(tables.tables)
    listed = list(tables.values()) if isinstance(tables, Mapping) else list(tables)
    held = {owner_of(table): table for table in listed}
    if len(held) != len(listed):
        raise DataError(f"{where()}two tables lie at the same party: join them there first")
    return held


def _in_order(federation: Exchange, held: Mapping[str, Handle], first: str) -> list[str]:
    if first not in held:
        raise DataError(f"{where()}the label party {first!r} has no table among those to align")
    return [first, *(party for party in federation.parties if party in held and party != first)]


def _require_distinct(held: Mapping[str, Handle], keys: Sequence[str]) -> None:
    seen: dict[Any, str] = {}
    for party, table in held.items():
        for column in table.facts.columns or ():
            if column in keys:
                continue
            if column in seen:
                raise DataError(
                    f"{where()}column {column!r} lies at {seen[column]} and at {party}: rename or "
                    "drop one of them where it is loaded"
                )
            seen[column] = party


def _require_equal(held: Mapping[str, Handle]) -> None:
    if len({len(table) for table in held.values()}) > 1:
        counts = ", ".join(f"{party}: {len(table)}" for party, table in held.items())
        raise DataError(
            f"{where()}parties have different numbers of rows ({counts}): name the columns that "
            "they know their rows by, fed.align(df, on=...)"
        )


def _as_loaded(
    blocks: Sequence[Handle], order: Sequence[tuple[int, int]], labels: Sequence[Any]
) -> list[tuple[int, int]]:
    """The places of columns in the order in which a pooled table has them."""
    names = {(blocks[b].facts.columns or ())[place]: (b, place) for b, place in order}
    return [names[label] for label in labels]
