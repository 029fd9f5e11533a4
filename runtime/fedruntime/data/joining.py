"""Arrays put together as numpy does: side by side, which is row-local, or one below the other,
where every party keeps its own rows and the pooled order follows from the layouts. Public arrays
take part: beside rows they are dealt by position, below rows they lie with their neighbour's party.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.data.plain import as_array
from fedruntime.data.public_rows import deal_like
from fedruntime.data.row_operations import run_numpy, same
from fedruntime.data.take import align
from fedruntime.data.transposed import FedTransposed
from fedruntime.errors import DataError, UnsupportedError


def side_by_side(name: str, parts: Sequence[Any], **options: Any) -> Any:
    """A function of numpy that joins arrays of the same rows, such as ``column_stack``.

    Raises
    ------
    DataError
        If the parts do not have the same rows.
    """
    first = next(part for part in parts if isinstance(part, Handle))
    held = []
    for part in parts:
        if not isinstance(part, Handle):
            if np.ndim(part) == 0 or np.shape(part)[0] != len(first):
                raise DataError(
                    f"{where()}numpy.{name}: {first!r} has {len(first)} rows, the array beside it "
                    f"has shape {np.shape(part)}"
                )
            part = deal_like(first, part)
        align(first, part)
        held.append(part)
    return first.federation.map(run_numpy, purpose=name, function=name, args=[held], kwargs=options)


def one_below_the_other(name: str, parts: Sequence[Any]) -> Any:
    """The rows of all parts, one part after the other.

    Raises
    ------
    DataError
        If the parts differ in what a row is, or lie in different federations.
    """
    handles = [part for part in parts if isinstance(part, Handle)]
    first = handles[0]
    tail = first.shape[1:]
    if any(np.shape(part)[1:] != tail or not np.ndim(part) for part in parts):
        shapes = ", ".join(str(np.shape(part)) for part in parts)
        raise DataError(f"{where()}numpy.{name}: arrays of shape {shapes} have no rows in common")
    if any(handle.federation is not first.federation for handle in handles):
        raise DataError(f"{where()}numpy.{name} of rows in different federations")
    held = list(_placed(parts, first))
    layout = RowLayout(first.layout.parties, np.concatenate([p.layout.owner for p in held]))
    return first.federation.map(
        run_numpy,
        layout=layout,
        purpose=name,
        function="concatenate",
        args=[held],
        kwargs={"axis": 0},
    )


def _placed(parts: Sequence[Any], first: Handle) -> Iterator[Any]:
    neighbour = int(first.layout.owner[0]) if len(first) else 0
    for part in parts:
        if not isinstance(part, Handle):
            part = _at_party(first, np.asarray(part), neighbour)
        else:
            part = as_array(part)  # numpy joins by position, whatever the labels
        if len(part):
            neighbour = int(part.layout.owner[-1])
        yield part


def _at_party(like: Handle, rows: Any, number: int) -> Handle:
    """Public rows that lie at one party."""
    layout = RowLayout(like.layout.parties, np.full(len(rows), number, dtype=np.intp))
    each = {
        party: {"rows": rows if place == number else rows[:0]}
        for place, party in enumerate(layout.parties)
    }
    return like.federation.map(same, layout=layout, each=each)


# -- numpy's functions ----------------------------------------------------------------------


def column_stack(name: str, parts: Sequence[Any]) -> Any:
    return side_by_side(name, parts)


def concatenate(name: str, parts: Sequence[Any], axis: Any = 0, **options: Any) -> Any:
    if options:
        raise UnsupportedError(f"{where()}numpy.{name} with {', '.join(options)}")
    if isinstance(parts, Handle):
        raise UnsupportedError(f"{where()}numpy.{name} takes its rows apart: {parts!r}")
    first = next(part for part in parts if isinstance(part, Handle))
    if axis is None:
        if any(np.ndim(part) != 1 for part in parts):
            raise UnsupportedError(f"{where()}numpy.{name} with axis=None mixes rows of {first!r}")
        axis = 0
    if axis % first.ndim == 0:
        return one_below_the_other(name, parts)
    return side_by_side("concatenate", parts, axis=axis)


def hstack(name: str, parts: Sequence[Any], **options: Any) -> Any:
    return concatenate(name, parts, axis=0 if np.ndim(parts[0]) == 1 else 1, **options)


def vstack(name: str, parts: Sequence[Any], **options: Any) -> Any:
    if options:
        raise UnsupportedError(f"{where()}numpy.{name} with {', '.join(options)}")
    if all(np.ndim(part) == 1 for part in parts):
        return FedTransposed(side_by_side("column_stack", parts))
    return one_below_the_other(name, parts)


def stack(name: str, parts: Sequence[Any], axis: int = 0, **options: Any) -> Any:
    if options:
        raise UnsupportedError(f"{where()}numpy.{name} with {', '.join(options)}")
    ndim = np.ndim(parts[0]) + 1
    if axis % ndim:
        return side_by_side(name, parts, axis=axis)
    return vstack(name, parts) if ndim == 2 else _refuse_new_axis(name, parts)


def _refuse_new_axis(name: str, parts: Sequence[Any]) -> Any:
    first = next(part for part in parts if isinstance(part, Handle))
    raise UnsupportedError(f"{where()}numpy.{name}: the first axis of {first!r} must stay its rows")


def append(name: str, array: Any, values: Any, axis: Any = None) -> Any:
    return concatenate(name, [array, values], axis=axis)
