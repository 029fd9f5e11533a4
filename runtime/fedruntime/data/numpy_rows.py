"""numpy's functions that choose, repeat or remove rows or columns of a handle by public positions,
and others that see each row beside public values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.along_columns import along_columns
from fedruntime.data.handle import Handle
from fedruntime.data.plain import as_array
from fedruntime.data.public_rows import deal_like
from fedruntime.data.row_operations import pick_columns
from fedruntime.data.take import align, take
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.operations import row_op


def delete(name: str, arr: Any, obj: Any, axis: int | None = None) -> Any:
    """``numpy.delete`` along rows or columns; ``axis`` may be left out for a vector."""
    return _chosen(name, arr, axis, lambda count: np.delete(np.arange(count), obj))


def take_along(name: str, a: Any, indices: Any, axis: int | None = None) -> Any:
    """``numpy.take`` along rows or columns, of a list of positions."""
    if isinstance(indices, Handle) or np.ndim(indices) != 1:
        raise UnsupportedError(f"{where()}numpy.{name} of {a!r} takes a public list of positions")
    return _chosen(name, a, axis, lambda count: np.arange(count)[np.asarray(indices)])


def repeat(name: str, a: Any, repeats: Any, axis: int | None = None) -> Any:
    """``numpy.repeat`` along rows or columns."""
    return _chosen(name, a, axis, lambda count: np.repeat(np.arange(count), repeats))


def flip(name: str, m: Any, axis: int | None = None) -> Any:
    """``numpy.flip`` along rows or columns."""
    return _chosen(name, m, axis, lambda count: np.arange(count)[::-1])


def _chosen(name: str, array: Any, axis: int | None, positions: Any) -> Any:
    """The rows or columns at positions that follow from how many there are."""
    if axis is None and array.ndim > 1:
        raise UnsupportedError(f"{where()}numpy.{name} of {array!r} needs an axis")
    place = (axis or 0) % array.ndim
    chosen = positions(array.shape[place])
    if place == 0:
        return take(array, chosen)
    key = [slice(None)] * (place - 1) + [chosen.tolist()]
    return array.federation.map(pick_columns, purpose=name, rows=array, key=key)


def split(name: str, array: Any, sections: Any, axis: int = 0) -> list[Any]:
    """``numpy.split`` and ``numpy.array_split`` along the rows."""
    if axis % array.ndim:
        raise UnsupportedError(f"{where()}numpy.{name} of {array!r} splits rows: take columns")
    return [take(array, part) for part in getattr(np, name)(np.arange(len(array)), sections)]


def insert(name: str, array: Any, place: Any, values: Any, axis: int | None = None) -> Any:
    """``numpy.insert`` of one column, the same for all rows or with an entry a row."""
    if array.ndim != 2 or axis is None or axis % 2 == 0 or np.ndim(place):
        raise UnsupportedError(
            f"{where()}numpy.{name} puts one column into a matrix of rows (axis=1), not into "
            f"{array!r} along axis {axis}"
        )
    if isinstance(values, Handle):
        align(array, values)
    elif np.size(values) != 1:
        if np.shape(values) != (len(array),):
            raise DataError(f"{where()}a column of {array!r} has no shape {np.shape(values)}")
        values = deal_like(array, values)
    return array.federation.map(
        insert_column, purpose=name, rows=array, place=int(place), values=values
    )


def apply_along(name: str, function: Any, axis: int, array: Any, *args: Any, **kwargs: Any) -> Any:
    """``numpy.apply_along_axis`` of the script's function on every row of a matrix."""
    if array.ndim != 2 or axis % 2 == 0:
        along_columns(name, array, 0)
    return array.federation.map(
        apply_to_lines, purpose=name, rows=array, function=function, args=list(args), kwargs=kwargs
    )


def outer(name: str, left: Any, right: Any) -> Any:
    """``numpy.outer`` of a vector of rows and a public vector."""
    if not isinstance(left, Handle) or isinstance(right, Handle) or left.ndim != 1:
        raise UnsupportedError(f"{where()}numpy.{name} of rows with rows, or rows from the right")
    return as_array(left).reshape(-1, 1) * np.ravel(right)


def positions_in(name: str, x: Any, bins: Any, right: bool = False) -> Any:
    """``numpy.digitize`` with public edges."""
    return _located(x, bins, "digitize", {"right": right})


def positions_among(name: str, a: Any, v: Any, side: str = "left") -> Any:
    """``numpy.searchsorted`` of rows among public values."""
    return _located(v, a, "searchsorted", {"side": side})


def _located(values: Any, edges: Any, function: str, options: dict[str, Any]) -> Any:
    if isinstance(edges, Handle) or not isinstance(values, Handle):
        raise UnsupportedError(f"{where()}numpy.{function} finds rows among public values only")
    return values.federation.map(
        locate,
        purpose=function,
        rows=values,
        edges=np.asarray(edges),
        function=function,
        options=options,
    )


def interpolate(name: str, x: Any, xp: Any, fp: Any, **options: Any) -> Any:
    """``numpy.interp`` of rows between public points."""
    sides: Sequence[Any] = (xp, fp, *options.values())
    if any(isinstance(side, Handle) for side in sides):
        raise UnsupportedError(f"{where()}numpy.{name} interpolates between public points only")
    return x.federation.map(
        interpolate_rows,
        purpose=name,
        rows=x,
        points=np.asarray(xp),
        heights=np.asarray(fp),
        options=options,
    )


# -- at the parties -------------------------------------------------------------------------


@row_op("rows.insert_column")
def insert_column(rows: Any, place: int, values: Any) -> Any:
    """A matrix with one more column."""
    return np.insert(rows, place, values, axis=1)


@row_op("rows.apply_along")
def apply_to_lines(rows: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """A function of the script on every row of a matrix."""
    if not len(rows):  # numpy cannot know what the function would give
        return np.empty(0)
    return np.apply_along_axis(function, 1, rows, *args, **kwargs)


@row_op("rows.locate")
def locate(rows: Any, edges: Any, function: str, options: Any) -> Any:
    """Each value's place among public, sorted ones."""
    if function == "digitize":
        return np.digitize(rows, edges, **options)
    return np.searchsorted(edges, rows, **options)


@row_op("rows.interpolate")
def interpolate_rows(rows: Any, points: Any, heights: Any, options: Any) -> Any:
    """Each value's height on a public line."""
    return np.interp(rows, points, heights, **options)
