"""What is revealed in the clear: smallest, largest and distinct values. Counts of distinct values
are summed under masks; which values there are is known to the coordinator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.data.handle import Handle
from fedruntime.data.sums import sum_over_parties
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op
from fedruntime.privacy.disclosure import require_repeats


def extreme_values(
    handle: Handle, largest: bool, columns: Sequence[int] | None = None
) -> list[list[Any]]:
    """Each party's smallest or largest values, party after party; parties without rows are left
    out. For frames missing values are skipped, and a column without values gives NaN."""
    found = handle.federation.collect(
        extremes, rows=handle, columns=columns, largest=largest, purpose="max" if largest else "min"
    )
    return [[part[str(number)] for number in range(len(part))] for part in found.values() if part]


def distinct_values(handle: Handle, purpose: str) -> Array:
    """The distinct values over all parties, in the order in which they first appear in the pooled
    rows. Each party tells its own values, and in which of its runs each appears first."""
    layout = handle.layout
    owners, _ = layout.runs
    each = {party: {"runs": layout.split_runs(party)} for party in layout.parties}
    found = handle.federation.collect(first_appearances, each=each, rows=handle, purpose=purpose)
    values, places = [], []
    for number, party in enumerate(layout.parties):
        values.append(found[party]["values"])
        places.append(np.flatnonzero(owners == number)[found[party]["run"]])
    order = np.argsort(np.concatenate(places), kind="stable")
    kept = [part for part in values if len(part)] or values[:1]
    pooled = np.concatenate([part.astype(np.result_type(*kept), copy=False) for part in values])
    return np.asarray(pd.unique(pooled[order]))


def count_values(handle: Handle, values: Array, purpose: str) -> Array:
    """How often each of some public values occurs over all parties."""
    return np.asarray(sum_over_parties(handle, occurrences, purpose, values=values)["counts"])


# -- at the parties -------------------------------------------------------------------------


@party_op("rows.extremes", reveals="the smallest or largest values")
def extremes(rows: Any, columns: Any, largest: bool) -> Statistics:
    """Smallest or largest values: one array for an array, one value a column for a table."""
    if not len(rows):
        return {}
    if not isinstance(rows, pd.DataFrame | pd.Series):
        return {"0": rows.max(axis=0) if largest else rows.min(axis=0)}
    if isinstance(rows, pd.Series):
        chosen = [rows]
    else:
        chosen = [rows.iloc[:, column] for column in columns]
    return {str(n): _extreme(column.dropna(), largest) for n, column in enumerate(chosen)}


def _extreme(column: pd.Series, largest: bool) -> Any:
    if not len(column):
        return np.nan
    found = column.max() if largest else column.min()
    return found.to_numpy() if isinstance(found, pd.Timestamp | pd.Timedelta) else found


@party_op("rows.first", reveals="the distinct values, and in which run each comes first")
def first_appearances(rows: Any, runs: Any) -> Statistics:
    """Distinct values in the order of their first appearance, and the run in which that is."""
    column = rows if isinstance(rows, pd.Series) else pd.Series(np.asarray(rows).ravel())
    first = np.flatnonzero(~column.duplicated().to_numpy())
    require_repeats(len(first), len(column), f"column {column.name!r}")
    width = max(1, len(column) // max(1, len(rows)))
    return {
        "values": plain_values(column.iloc[first]),
        "run": np.searchsorted(np.cumsum(runs), first // width, side="right"),
    }


@party_op("rows.occurrences", counts=("counts",))
def occurrences(rows: Any, values: Any) -> Statistics:
    """How often each of some values occurs."""
    column = rows if isinstance(rows, pd.Series) else pd.Series(np.asarray(rows).ravel())
    if not len(column):
        return {"counts": np.zeros(len(values), dtype=np.int64)}
    found = pd.Index(values).get_indexer(pd.Index(plain_values(column)))
    return {"counts": np.bincount(found[found >= 0], minlength=len(values))}


def plain_values(column: pd.Series) -> Array:
    """A column's values in numpy's terms."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    return np.asarray(column, dtype=None if kind in "biufmM" else object)
