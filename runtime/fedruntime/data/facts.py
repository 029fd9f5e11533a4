"""What is public about rows that stay at a party: their kind, count, columns and dtypes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from fedruntime.data.chunks.chunked import Chunked
from fedruntime.errors import DataError
from fedruntime.messages import Public


@dataclass(frozen=True)
class Facts:
    """The public description of one handle.

    Parameters
    ----------
    kind : {"array", "sparse", "frame", "series", "object"}
        ``object`` is what a function left on a device that is no table; nothing else is told of it.
    rows : tuple of int
        Row counts, in the order of the federation's parties.
    tail : tuple of int
        Shape beyond the rows: ``(p,)`` for a table, ``()`` for a vector.
    columns : tuple, optional
        Column labels of a frame; for a series its name alone.
    dtypes : tuple of str
        One a column for a frame, else one.
    """

    kind: str
    rows: tuple[int, ...]
    tail: tuple[int, ...]
    columns: tuple[Any, ...] | None
    dtypes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return (sum(self.rows), *self.tail)


class PartFacts:
    """What each party told of its part of one handle.

    Parameters
    ----------
    parts : mapping
        Party name to what its ``facts_of`` gave, in the federation's order.
    """

    def __init__(self, parts: Mapping[str, Public]) -> None:
        self._parts = dict(parts)
        self._merged: dict[tuple[str, ...], Facts] = {}

    def __contains__(self, party: str) -> bool:
        return party in self._parts

    def add(self, party: str, facts: Public) -> None:
        """A party that was missing has made its part."""
        self._parts[party] = facts

    def over(self, parties: tuple[str, ...]) -> Facts:
        """One description of what these parties hold; errors are those of ``merge_facts``."""
        if parties not in self._merged:
            self._merged[parties] = merge_facts({party: self._parts[party] for party in parties})
        return self._merged[parties]


def facts_of(rows: Any) -> Public:
    """Describe what lies at a party, as a value that may leave it."""
    if isinstance(rows, Chunked):
        return {**facts_of(rows.example), "rows": len(rows)}
    if isinstance(rows, pd.DataFrame):
        return {
            "kind": "frame",
            "rows": len(rows),
            "tail": (rows.shape[1],),
            "columns": tuple(rows.columns),
            "dtypes": tuple(str(dtype) for dtype in rows.dtypes),
        }
    if isinstance(rows, pd.Series):
        return {
            "kind": "series",
            "rows": len(rows),
            "tail": (),
            "columns": (rows.name,),
            "dtypes": (str(rows.dtype),),
        }
    if isinstance(rows, np.ndarray) and rows.ndim:
        return {
            "kind": "array",
            "rows": len(rows),
            "tail": tuple(rows.shape[1:]),
            "columns": None,
            "dtypes": (str(rows.dtype),),
        }
    if sparse.issparse(rows):
        return {
            "kind": "sparse",
            "rows": rows.shape[0],
            "tail": (rows.shape[1],),
            "columns": None,
            "dtypes": (str(rows.dtype),),
        }
    return {"kind": "object", "rows": 0, "tail": (), "columns": None, "dtypes": ()}


def merge_facts(parts: Mapping[str, Public]) -> Facts:
    """One description of what several parties hold.

    Parameters
    ----------
    parts : mapping
        Party name to what its ``facts_of`` gave, in the federation's order.

    Raises
    ------
    DataError
        If kinds, columns or widths differ; names the party and the columns.
    """
    (first_party, first), *others = parts.items()
    dtypes = list(first["dtypes"])
    seen = first["rows"] > 0
    for party, facts in others:
        if facts["kind"] != first["kind"]:
            raise DataError(
                f"party {party!r} holds a {facts['kind']}, party {first_party!r} a {first['kind']}"
            )
        if facts["columns"] != first["columns"]:
            raise DataError(_column_difference(first_party, first, party, facts))
        if facts["tail"] != first["tail"]:
            raise DataError(
                f"party {party!r} has rows of shape {facts['tail']}, "
                f"party {first_party!r} of shape {first['tail']}"
            )
        if facts["rows"] and seen:
            dtypes = [
                _common_dtype(one, other)
                for one, other in zip(dtypes, facts["dtypes"], strict=True)
            ]
        elif facts["rows"]:  # a dtype without rows behind it is an accident of the operation
            dtypes, seen = list(facts["dtypes"]), True
    return Facts(
        kind=first["kind"],
        rows=tuple(facts["rows"] for facts in parts.values()),
        tail=tuple(first["tail"]),
        columns=None if first["columns"] is None else tuple(first["columns"]),
        dtypes=tuple(dtypes),
    )


def _column_difference(party: str, facts: Public, other: str, others: Public) -> str:
    ours, theirs = set(facts["columns"]), set(others["columns"])
    if ours == theirs:
        return f"parties {party!r} and {other!r} have the same columns in another order"
    return "; ".join(
        f"party {who!r} lacks the columns {sorted(map(str, missing))}"
        for who, missing in ((party, theirs - ours), (other, ours - theirs))
        if missing
    )


def _common_dtype(one: str, other: str) -> str:
    if one == other:
        return one
    try:
        kinds = np.dtype(one), np.dtype(other)
    except TypeError:  # a dtype of pandas' own
        return "object"
    families = {"numbers" if kind.kind in "biufc" else kind.kind for kind in kinds}
    return str(np.result_type(*kinds)) if len(families) == 1 else "object"
