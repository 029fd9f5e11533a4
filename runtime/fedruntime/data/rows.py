"""What arrays, frames and series have in common: the table of operations answers for every name,
row-local ones run at the parties, everything else is refused with the user's line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn

import numpy as np
import pandas as pd

from fedruntime.attempts import attempted
from fedruntime.caller import where
from fedruntime.data.column_of import copies_on_write
from fedruntime.data.handle import Handle
from fedruntime.data.operations import REVEALS_ROWS, ROW_LOCAL, effect
from fedruntime.data.public_values import dtype_name, to_message
from fedruntime.data.row_operations import run_method
from fedruntime.data.selection import RowSelection
from fedruntime.errors import DataError, RevealError, UnsupportedError

INSTEAD = (
    "leave the line out, use an aggregate such as describe(), value_counts() or np.histogram, or "
    "let a party look at its own rows itself"
)


# Since pandas 3 these return the object itself where they return nothing before.
_RETURN_SELF = (
    frozenset()
    if int(pd.__version__.partition(".")[0]) < 3
    else frozenset({"clip", "fillna", "mask", "replace", "where"})
)


class Rows(Handle):
    """A handle whose operations are listed in the table of operations."""

    _kind: ClassVar[str]
    _original: ClassVar[type]  # what the rows are in the pooled script
    __pandas_priority__ = 5000  # above DataFrame's 4000: pandas leaves mixed arithmetic to us

    def __init_subclass__(cls, kind: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(kind=kind, **kwargs)
        if kind is not None:
            cls._kind = kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self._original, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if effect(self._kind, name) == ROW_LOCAL:
            return self._method(name)
        return self._refuse_name(name)

    def _refuse_name(self, name: str) -> NoReturn:
        if effect(self._kind, name) == REVEALS_ROWS:
            self.refuse(f"asked for .{name}", INSTEAD)
        raise UnsupportedError(
            f"{where()}.{name} of {self!r} has no federated counterpart; "
            "use row-wise operations and aggregates, or a function that runs at each party"
        )

    def _method(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, **kwargs: Any) -> Any:
            inplace = kwargs.pop("inplace", False)
            result = self._run(name, args, kwargs)
            if not inplace:
                return result
            self._become(result)
            return self if name in _RETURN_SELF else None

        method.__name__ = name
        return method

    @attempted
    def _run(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if name == "astype" and args:
            args = [dtype_name(args[0]), *args[1:]]
        return self._federation.map(
            run_method,
            purpose=name,
            rows=self,
            method=name,
            args=to_message(list(args)),
            kwargs=to_message(dict(kwargs)),
        )

    def _require_no_rows_outside(self, values: Sequence[Any]) -> None:
        """Public arrays are meant for columns; one of as many rows was computed outside."""
        for value in values:
            if isinstance(value, np.ndarray) and value.ndim and len(value) == len(self) > 1:
                if self.ndim == 2 and value.ndim == 1 and len(value) == self.shape[1]:
                    continue
                raise DataError(
                    f"{where()}a local array of {len(value)} rows meets {self!r}: which party "
                    "would hold which of its rows? Load it with fed.load, or compute it from rows "
                    "that lie at the parties"
                )

    def _become(self, other: Handle) -> None:
        """Stand for another handle's rows from now on, as in-place operations do."""
        rows = ("_ref", "_whole_layout", "_part_facts")
        self.__dict__.update({name: other.__dict__[name] for name in rows})
        column = self.__dict__.get("_column_of")
        if column is not None and column.frame.layout is self.layout and not copies_on_write():
            column.frame[column.label] = self

    def __copy__(self) -> Any:
        # Rows are never changed where they are, so both handles may stand for the same ones.
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.__dict__.pop("_column_of", None)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__copy__()

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """The same rows under a handle of their own."""
        return self.__copy__()

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse(
            "copied into a local array",
            "keep working on the handle, call the fedruntime counterpart of this function, or "
            "aggregate first; instead of np.c_ use np.column_stack",
        )

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self.refuse("pickled or written to a file", "save the fitted model or an aggregate")

    def __reversed__(self) -> NoReturn:
        self.refuse("iterated", "X[::-1] gives a handle")

    def __contains__(self, value: Any) -> bool:
        self.refuse("searched for a value", "use (X == value).any()")

    def __float__(self) -> float:
        self.refuse("turned into a number", "use an aggregate such as X.sum()")

    def __int__(self) -> int:
        self.refuse("turned into a number", "use an aggregate such as X.sum()")


def is_mask(key: Any) -> bool:
    """Whether a subscript is a handle of booleans."""
    return isinstance(key, Handle) and all(d in ("bool", "boolean") for d in key.facts.dtypes)


def row_positions(key: Any, rows: int) -> Any:
    """Row positions that a subscript names: of a slice, a list, or a local boolean mask.

    These are public; what a stratified split has chosen at the parties is passed on as it is.

    Raises
    ------
    RevealError
        For a single position, which would show a row.
    DataError
        For a mask of another length.
    """
    if isinstance(key, RowSelection):
        return key
    if isinstance(key, slice):
        return np.arange(rows)[key]
    if isinstance(key, int | np.integer) and not isinstance(key, bool):
        raise RevealError(
            f"{where()}row {key} cannot be shown: rows stay at the parties; use a slice or a "
            "mask, which give a handle, or an aggregate"
        )
    positions = np.asanyarray(key)
    if positions.dtype.kind == "b":
        if positions.shape != (rows,):
            raise DataError(f"{where()}a mask of shape {positions.shape} meets {rows} rows")
        return np.flatnonzero(positions)
    return positions
