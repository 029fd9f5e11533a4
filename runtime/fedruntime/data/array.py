"""Handles to numpy arrays and scipy sparse matrices whose rows stay at the parties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from scipy import sparse

from fedruntime.caller import where
from fedruntime.data.arithmetic import Arithmetic
from fedruntime.data.array_aggregates import aggregate
from fedruntime.data.assigning import assign
from fedruntime.data.handle import Handle
from fedruntime.data.numpy_functions import call
from fedruntime.data.row_operations import pick_columns, reduce_row_wise, reshape_rows
from fedruntime.data.rows import Rows, is_mask, row_positions
from fedruntime.data.take import filter_rows, take
from fedruntime.data.transposed import transpose
from fedruntime.errors import DataError, UnsupportedError


def _aggregate(name: str) -> Callable[..., Any]:
    def method(self: FedArray, axis: Any = None, **options: Any) -> Any:
        return aggregate(self, name, axis, **options)

    method.__name__ = name
    method.__doc__ = f"``numpy.ndarray.{name}``: a public value, or a handle along columns."
    return method


class FedArray(Arithmetic, kind="array"):
    """A numpy array whose first axis is the rows at the parties.

    Operations along other axes run at the parties and give handles; aggregates over rows give
    numpy values. Subscripts give copies, never views.
    """

    _original = np.ndarray

    sum, mean, var, std = (_aggregate(name) for name in ("sum", "mean", "var", "std"))
    min, max, any, all = (_aggregate(name) for name in ("min", "max", "any", "all"))

    @property
    def T(self) -> Any:
        """A vector itself; of a matrix a name for its columns, which can be multiplied by rows."""
        return self if self.ndim == 1 else transpose(self)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.facts.dtypes[0])

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return call(function, args, kwargs)

    # -- subscripts -----------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        row_key, columns = self._split_key(key)
        listed = _lists(columns)
        if listed and not (isinstance(row_key, slice | Handle) or row_key is None):
            raise UnsupportedError(
                f"{where()}numpy pairs a list of rows with a list of columns; "
                "write X[rows][:, columns]"
            )
        rows = self._rows_at(row_key)
        if not columns:
            return self.copy() if rows is self else rows
        if len(listed) > 1 or (listed and any(isinstance(c, int | np.integer) for c in columns)):
            raise UnsupportedError(
                f"{where()}numpy pairs subscripts along several axes; choose one axis at a time"
            )
        return self._federation.map(pick_columns, rows=rows, key=list(columns))

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, Handle | np.ndarray) and key.ndim == self.ndim > 1:
            row_key, columns = key, ()
        else:
            row_key, columns = self._split_key(key)
        self._become(assign(self, row_key, columns, value))

    def _split_key(self, key: Any) -> tuple[Any, tuple[Any, ...]]:
        """A subscript as its row part and its parts for the other axes."""
        parts = key if isinstance(key, tuple) else (key,)
        axes = sum(part is not None and part is not Ellipsis for part in parts)
        if axes > self.ndim:
            raise IndexError(f"{where()}{axes} subscripts for the {self.ndim} axes of {self!r}")
        for place, part in enumerate(parts):
            if part is Ellipsis:
                every = (slice(None),) * (self.ndim - axes)
                parts = (*parts[:place], *every, *parts[place + 1 :])
                break
        if not parts or parts[0] is None:
            raise UnsupportedError(f"{where()}the first axis of {self!r} must stay its rows")
        if any(isinstance(part, Handle) for part in parts[1:]):
            raise UnsupportedError(f"{where()}columns are chosen by public positions")
        return parts[0], tuple(parts[1:])

    def _rows_at(self, key: Any) -> FedArray:
        if isinstance(key, slice) and key == slice(None):
            return self
        if isinstance(key, Handle):
            if not is_mask(key) or key.ndim != 1:
                raise UnsupportedError(
                    f"{where()}rows of {self!r} are chosen by one boolean a row or by public "
                    f"positions, not by {key!r}"
                )
            return filter_rows(self, key)
        return take(self, row_positions(key, len(self)))

    # -- shape ----------------------------------------------------------------------------------

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """Each row in another shape; the first axis must stay the rows."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        rows, *tail = (int(extent) for extent in wanted)
        width = int(np.prod(self.shape[1:]))
        known = int(np.prod([extent for extent in tail if extent != -1]))
        if -1 in tail and known:
            tail[tail.index(-1)] = width // known
        if rows not in (-1, len(self)) or int(np.prod(tail)) != width or order != "C":
            raise UnsupportedError(
                f"{where()}reshape of {self!r} to {tuple(wanted)} would move values between rows: "
                f"the first axis must stay {len(self)} rows, each of {width} values"
            )
        return self._federation.map(reshape_rows, rows=self, tail=tail)

    def ravel(self, order: str = "C") -> Any:
        """A vector, where there is one value a row."""
        return self.reshape(-1)

    flatten = ravel

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of extent 1; the row axis always stays."""
        if axis is None:
            return self.reshape(len(self), *(extent for extent in self.shape[1:] if extent != 1))
        dropped = {one % self.ndim for one in (axis if isinstance(axis, tuple) else (axis,))}
        if any(self.shape[one] != 1 or one == 0 for one in dropped):
            raise DataError(f"{where()}{self!r} cannot be squeezed along axis {axis}")
        kept = [extent for one, extent in enumerate(self.shape) if one not in dropped]
        return self.reshape(*kept)

    # -- along columns --------------------------------------------------------------------------

    def argmax(self, axis: Any = None) -> Any:
        """The column of each row's largest value; ``axis`` must not be the rows."""
        return self._position("argmax", axis)

    def argmin(self, axis: Any = None) -> Any:
        """The column of each row's smallest value; ``axis`` must not be the rows."""
        return self._position("argmin", axis)

    def _position(self, name: str, axis: Any) -> Any:
        if axis is None or axis % self.ndim == 0:
            self.refuse(f"searched by {name} over rows", "use min or max, or axis=1")
        return self._federation.map(
            reduce_row_wise, purpose=name, rows=self, name=name, axis=axis, options={}
        )

    def dot(self, other: Any) -> Any:
        """The product with a public vector or matrix."""
        return self @ other

    def __complex__(self) -> NoReturn:
        self.refuse("turned into a number", "use an aggregate such as X.sum()")


def _lists(columns: Sequence[Any]) -> list[Any]:
    return [part for part in columns if isinstance(part, list | np.ndarray)]


class FedSparse(Rows, kind="sparse"):
    """A scipy sparse matrix whose rows stay at the parties."""

    _original = sparse.csr_matrix

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.facts.dtypes[0])

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Handle):
            return filter_rows(self, key)
        if isinstance(key, tuple):
            raise UnsupportedError(f"{where()}choose columns of {self!r} after .toarray()")
        return take(self, row_positions(key, len(self)))
