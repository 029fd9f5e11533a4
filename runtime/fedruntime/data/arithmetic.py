"""Operators and numpy's ufuncs on handles, shared by arrays, frames and series: who may meet whom
is decided here on public shapes, and the operation itself runs at the parties.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.operations import ROW_LOCAL, effect
from fedruntime.data.public_rows import deal_like
from fedruntime.data.public_values import to_message
from fedruntime.data.row_operations import SPECIAL, run_numpy, run_operator
from fedruntime.data.rows import Rows
from fedruntime.data.take import align
from fedruntime.data.transposed import FedTransposed
from fedruntime.errors import DataError, UnsupportedError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Rows, other: Any) -> Any:
        return operate(name, self, other)

    return method


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Rows, other: Any) -> Any:
        return operate(name, other, self)

    return method


def _unary(name: str) -> Callable[[Any], Any]:
    def method(self: Rows) -> Any:
        return operate(name, self)

    return method


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Rows, other: Any) -> Any:
        self._become(operate(name, self, other))
        return self

    return method


class Arithmetic(Rows):
    """Python's operators and numpy's ufuncs, as row-local operations."""

    __add__, __radd__, __iadd__ = _binary("add"), _reflected("add"), _in_place("iadd")
    __sub__, __rsub__, __isub__ = _binary("sub"), _reflected("sub"), _in_place("isub")
    __mul__, __rmul__, __imul__ = _binary("mul"), _reflected("mul"), _in_place("imul")
    __mod__, __rmod__, __imod__ = _binary("mod"), _reflected("mod"), _in_place("imod")
    __pow__, __rpow__, __ipow__ = _binary("pow"), _reflected("pow"), _in_place("ipow")
    __and__, __rand__, __iand__ = _binary("and_"), _reflected("and_"), _in_place("iand")
    __or__, __ror__, __ior__ = _binary("or_"), _reflected("or_"), _in_place("ior")
    __xor__, __rxor__, __ixor__ = _binary("xor"), _reflected("xor"), _in_place("ixor")
    __truediv__, __rtruediv__ = _binary("truediv"), _reflected("truediv")
    __floordiv__, __rfloordiv__ = _binary("floordiv"), _reflected("floordiv")
    __itruediv__, __ifloordiv__ = _in_place("itruediv"), _in_place("ifloordiv")
    __lt__, __le__, __gt__, __ge__ = _binary("lt"), _binary("le"), _binary("gt"), _binary("ge")
    __eq__, __ne__ = _binary("eq"), _binary("ne")
    __neg__, __pos__, __abs__ = _unary("neg"), _unary("pos"), _unary("abs")
    __invert__ = _unary("invert")
    __hash__ = None  # type: ignore[assignment]  # == gives a handle, as numpy's gives an array

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, Handle | FedTransposed):
            raise UnsupportedError(
                f"{where()}{self!r} @ {other!r} multiplies rows with rows, which lie at different "
                "parties; only a product with a public matrix is row-wise"
            )
        weights = to_message(np.asarray(other))
        if self.ndim != 2 or weights.shape[:1] != self.shape[1:] or weights.ndim > 2:
            raise DataError(
                f"{where()}{self!r} cannot be multiplied by a matrix of shape {weights.shape}"
            )
        return self._federation.map(
            run_operator, purpose="matmul", name="matmul", operands=[self, weights]
        )

    def __rmatmul__(self, other: Any) -> Any:
        raise UnsupportedError(
            f"{where()}a product with a public matrix from the left can pick single rows of "
            f"{self!r}; X.T @ Y of two handles is an exact sum, and aggregates are others"
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = ufunc.__name__
        if ufunc is np.matmul and method == "__call__" and not kwargs:
            return inputs[0] @ inputs[1] if inputs[0] is self else self.__rmatmul__(inputs[0])
        if getattr(np, name, None) is ufunc and effect("numpy", name) == ROW_LOCAL:
            function = name
        elif name in SPECIAL and getattr(special, name) is ufunc:
            function = f"scipy.special.{name}"
        else:
            function = ""
        if not function or method != "__call__" or kwargs.get("out") is not None:
            raise UnsupportedError(
                f"{where()}numpy's {name}{'' if method == '__call__' else '.' + method} with "
                f"{', '.join(sorted(kwargs)) or 'these arguments'} has no counterpart on {self!r}"
            )
        given = deal_operands(inputs)
        check_operands(given)
        return self._federation.map(
            run_numpy,
            purpose=name,
            function=function,
            args=to_message(given),
            kwargs=to_message(kwargs),
        )


def operate(name: str, *operands: Any) -> Any:
    """Run a Python operator at the parties.

    Raises
    ------
    DataError
        If the operands do not fit row by row; see ``check_operands``.
    """
    dealt = deal_operands(operands)
    federation: Exchange = check_operands(dealt)
    given = [list(o) if isinstance(o, range) else o for o in dealt]
    return federation.map(run_operator, purpose=name, name=name, operands=to_message(given))


def deal_operands(operands: Sequence[Any]) -> list[Any]:
    """Operands, with public arrays of an entry a row dealt to the parties by pooled position.

    Noise that was drawn for every row is such an array. Series and tables of pandas are none: they
    have labels of their own.
    """
    handles = [operand for operand in operands if isinstance(operand, Handle)]
    first, ndim = handles[0], max(handle.ndim for handle in handles)
    return [
        deal_like(first, operand) if _has_rows_of(operand, first, ndim) else operand
        for operand in operands
    ]


def _has_rows_of(operand: Any, handle: Handle, ndim: int) -> bool:
    if not isinstance(operand, np.ndarray | list | tuple | range):
        return False
    shape = np.shape(operand)
    return len(shape) == ndim and shape[0] == len(handle) != 1


def check_operands(operands: Sequence[Any]) -> Exchange:
    """Make sure that an operation on these operands is row-wise.

    Shapes must broadcast as numpy's do, with the rows of every handle along the rows of the
    result and public operands along columns.

    Raises
    ------
    DataError
        If handles have their rows at different places, or a public operand has rows of its own.
    UnsupportedError
        If rows would be paired with other rows or with columns.
    """
    handles = [operand for operand in operands if isinstance(operand, Handle)]
    first = handles[0]
    ndim = max(handle.ndim for handle in handles)
    for handle in handles:
        align(first, handle)
        if handle.ndim != ndim:
            raise UnsupportedError(
                f"{where()}{first!r} meets {handle!r}: rows would be paired with columns; "
                "use .reshape(-1, 1) or .to_frame() to make a column of the vector"
            )
    for operand in operands:
        if not isinstance(operand, Handle):
            _check_public(operand, first, ndim)
    shapes = [handle.shape[1:] for handle in handles]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise DataError(
            f"{where()}columns do not fit: {' and '.join(map(repr, handles))}"
        ) from None
    return first.federation


def _check_public(operand: Any, handle: Handle, ndim: int) -> None:
    if isinstance(operand, pd.Series | pd.DataFrame):
        if handle.facts.columns is None or ndim != 2 or isinstance(operand, pd.DataFrame):
            raise DataError(
                f"{where()}a local {type(operand).__name__} meets {handle!r}: its rows are not at "
                "the parties; load it with fed.load"
            )
        return
    if not isinstance(operand, np.ndarray | list | tuple | range):
        return
    shape = np.shape(operand)
    if len(shape) < ndim or (len(shape) == ndim and shape[0] == 1):
        return
    raise DataError(
        f"{where()}a local operand of shape {shape} fits neither the columns of {handle!r} nor "
        f"its {len(handle)} rows"
    )
