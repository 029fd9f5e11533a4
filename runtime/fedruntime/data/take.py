"""Choosing rows of a handle: by public positions, or by a mask that stays at the parties."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from fedruntime.caller import where
from fedruntime.data.handle import AlignedRows, Handle
from fedruntime.data.positions import layout_of
from fedruntime.data.row_operations import filter_masked, take_rows
from fedruntime.data.selection import RowSelection
from fedruntime.errors import DataError
from fedruntime.operations import Statistics, party_op

H = TypeVar("H", bound=Handle)
R = TypeVar("R", bound=Handle | AlignedRows)


def take(handle: R, indices: npt.ArrayLike | RowSelection) -> R:
    """The rows at pooled positions, in that order.

    Parameters
    ----------
    handle : Handle, or rows whose columns lie at several parties
    indices : array-like of int, or RowSelection
        Public positions in the pooled rows; negative ones count from the end, and a position may
        come more than once, as in a bootstrap sample. Or rows that a stratified split has chosen
        at the parties.

    Raises
    ------
    DataError
        If a position is out of range, or a selection was made from rows that lie elsewhere.
    """
    taken: Any = handle.take(indices) if isinstance(handle, AlignedRows) else _take(handle, indices)
    return taken  # type: ignore[no-any-return]


def _take(handle: H, indices: npt.ArrayLike | RowSelection) -> H:
    if isinstance(indices, RowSelection):
        return _take_selected(handle, indices)
    chosen = np.asarray(indices)
    if chosen.size == 0:
        chosen = chosen.astype(np.intp)
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise DataError(f"{where()}row positions are a list of integers, not {indices!r}")
    chosen = chosen.astype(np.intp)
    among = layout_of(handle, indices)
    rows = len(among)
    if chosen.size and not (-rows <= chosen.min() and chosen.max() < rows):
        raise DataError(f"{where()}row positions reach beyond the {rows} rows of {handle!r}")
    layout, picked = among.take(np.where(chosen < 0, chosen + rows, chosen))
    layout = layout.restricted(handle.layout.parties)
    each = {party: {"positions": picked[party]} for party in layout.parties}
    return _like(handle, handle.federation.map(take_rows, layout=layout, each=each, rows=handle))


def _take_selected(handle: H, selection: RowSelection) -> H:
    parties = selection.layout.parties  # some may have vanished since it was drawn, or be back
    if not handle.layout.restricted(parties).same_as(selection.source.restricted(parties)):
        raise DataError(
            f"{where()}{selection!r} was drawn from other rows than those of {handle!r}"
        )
    rows = handle.federation.map(
        take_rows, layout=selection.layout, rows=handle, positions=selection.numbers
    )
    return _like(handle, rows)


def filter_rows(handle: H, mask: Handle) -> H:
    """The rows at which a mask holds.

    The mask stays at the parties. So that the pooled order is kept, each party tells how many rows
    of each of its runs (blocks of pooled rows that lie at it consecutively) are left: one number
    a party where parties follow one another.

    Raises
    ------
    DataError
        If the mask is not boolean, or has its rows at other places.
    """
    if mask.ndim != 1 or mask.facts.dtypes[0] not in ("bool", "boolean"):
        raise DataError(f"{where()}a row mask is one boolean a row, not {mask!r}")
    align(handle, mask)
    federation, layout = handle.federation, handle.layout
    runs = {party: {"runs": layout.split_runs(party)} for party in layout.parties}
    kept = federation.collect(kept_in_runs, each=runs, mask=mask, purpose="filter")
    remaining = layout.keep({party: values["kept"] for party, values in kept.items()})
    return _like(handle, federation.map(filter_masked, layout=remaining, rows=handle, mask=mask))


def align(first: Handle, second: Handle) -> None:
    """Make sure that two handles can be used row by row.

    Raises
    ------
    DataError
        If their rows differ in number or lie at different places.
    """
    if len(first) != len(second):
        raise DataError(
            f"{where()}{first!r} has {len(first)} rows, {second!r} has {len(second)}: "
            "they cannot be used row by row"
        )
    if not first.layout.same_as(second.layout):
        raise DataError(
            f"{where()}{first!r} and {second!r} were split or filtered differently, so their "
            "rows do not belong together"
        )


@party_op("rows.kept", reveals="how many rows of each run a filter kept", counts=("kept",))
def kept_in_runs(mask: Any, runs: Any) -> Statistics:
    """How many rows of each run a mask keeps."""
    before = np.concatenate([[0], np.cumsum(np.asarray(mask, dtype=np.intp))])
    ends = np.cumsum(runs)
    return {"kept": before[ends] - before[ends - runs]}


def _like(handle: H, rows: Handle) -> H:
    assert isinstance(rows, type(handle))
    return rows
