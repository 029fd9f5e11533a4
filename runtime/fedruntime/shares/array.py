"""What a function sees of its arguments while ``spu(fn)`` writes it down as a program: an array
that answers to operators and to a subset of numpy, and knows no values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import expit

from fedruntime.caller import where
from fedruntime.errors import RevealError, UnsupportedError
from fedruntime.shares import functions
from fedruntime.shares.graph import Graph, Value


class SharedArray(np.lib.mixins.NDArrayOperatorsMixin):
    """A shared array in a function that is being written down."""

    def __init__(self, graph: Graph, value: Value) -> None:
        self.graph = graph
        self.value = value

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def T(self) -> SharedArray:
        return self.transpose()

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a shared number has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<SharedArray {self.value.name}, shape {self.shape}>"

    def __bool__(self) -> bool:
        raise RevealError(
            f"{where()}a branch on {self.value.name}, which is shared: use numpy.where, which "
            "computes both"
        )

    def __float__(self) -> float:
        raise RevealError(f"{where()}{self.value.name} is shared: reveal a result of the function")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RevealError(
            f"{where()}{self.value.name} is shared, and this function of numpy is none that the "
            "SPU has: docs/spu.md lists them"
        )

    def __getitem__(self, key: Any) -> SharedArray:
        keys = key if isinstance(key, tuple) else (key,)
        if any(not isinstance(k, slice | int | np.integer) and k is not None for k in keys):
            raise UnsupportedError(
                f"{where()}a shared array is indexed by public integers and slices, not by {key!r}"
            )
        plain = tuple(int(k) if isinstance(k, np.integer) else k for k in keys)
        return self._with(self.graph.pick(self.value, plain))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        known = _UFUNCS.get(ufunc)
        if method != "__call__" or known is None or kwargs:
            raise _not_there(f"numpy.{ufunc.__name__}" + ("" if method == "__call__" else method))
        return self._with(known(self.graph, *map(_value_of, args)))

    def __array_function__(
        self, function: Callable[..., Any], kinds: Any, args: Any, kwargs: Any
    ) -> Any:
        known = _FUNCTIONS.get(function)
        if known is None:
            raise _not_there(f"numpy.{function.__name__}")
        return known(*args, **kwargs)

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> SharedArray:
        return self._with(self.graph.sum(self.value, axis, keepdims))

    def mean(self, axis: int | None = None, *, keepdims: bool = False) -> SharedArray:
        total = self.sum(axis, keepdims=keepdims)
        count = self.size // max(total.size, 1)
        return self._with(functions.scale(self.graph, total.value, 1 / count))

    def dot(self, other: Any) -> Any:
        return _dot(self, other)

    def transpose(self) -> SharedArray:
        return self._with(self.graph.transpose(self.value))

    def reshape(self, *shape: Any) -> SharedArray:
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        found = np.empty(self.shape, dtype=np.bool_).reshape(wanted).shape
        return self._with(self.graph.reshape(self.value, found))

    def ravel(self) -> SharedArray:
        return self.reshape(-1)

    def clip(self, low: float | None = None, high: float | None = None) -> SharedArray:
        return self._with(functions.clip(self.graph, self.value, low, high))

    def _with(self, value: Value) -> SharedArray:
        return SharedArray(self.graph, value)


def _value_of(given: Any) -> Any:
    return given.value if isinstance(given, SharedArray) else given


def _not_there(name: str) -> UnsupportedError:
    return UnsupportedError(
        f"{where()}{name} in this form is none of the functions that the SPU has: docs/spu.md "
        "lists them"
    )


def _add(graph: Graph, x: Any, y: Any) -> Value:
    if isinstance(x, Value) and isinstance(y, Value):
        return functions.add(graph, x, y)
    shared, public = (x, y) if isinstance(x, Value) else (y, x)
    return functions.add_public(graph, shared, public)


def _subtract(graph: Graph, x: Any, y: Any) -> Value:
    if isinstance(x, Value) and isinstance(y, Value):
        return functions.add(graph, x, y, -1)
    if isinstance(x, Value):
        return functions.add_public(graph, x, np.negative(y))
    return functions.add_public(graph, y, x, -1)


def _multiply(graph: Graph, x: Any, y: Any) -> Value:
    if isinstance(x, Value) and isinstance(y, Value):
        return functions.multiply(graph, x, y)
    shared, public = (x, y) if isinstance(x, Value) else (y, x)
    return functions.scale(graph, shared, public)


def _divide(graph: Graph, x: Any, y: Any) -> Value:
    if not isinstance(y, Value):
        return functions.scale(graph, x, 1 / np.asarray(y, dtype=np.float64))
    return _multiply(graph, x, functions.reciprocal(graph, y))


def _matmul(graph: Graph, x: Any, y: Any) -> Value:
    x, y = shared(graph, x), shared(graph, y)
    shapes = x.shape, y.shape
    if not all(1 <= len(shape) <= 2 for shape in shapes) or shapes[0][-1] != shapes[1][0]:
        raise ValueError(f"arrays of shapes {shapes[0]} and {shapes[1]} have no product x @ y")
    left = graph.reshape(x, (1, *x.shape)) if len(x.shape) == 1 else x
    right = graph.reshape(y, (*y.shape, 1)) if len(y.shape) == 1 else y
    product = functions.multiply(graph, left, right, matrix=True)
    shape = (*x.shape[:-1], *y.shape[1:])
    return product if product.shape == shape else graph.reshape(product, shape)


def _not(graph: Graph, x: Value) -> Value:
    return functions.add_public(graph, x, 1, -1)


def _power(graph: Graph, x: Any, exponent: Any) -> Value:
    if not isinstance(exponent, int | np.integer) or not 1 <= exponent <= 16:
        raise _not_there("numpy.power with an exponent that is no integer from 1 to 16")
    half = x if exponent == 1 else _power(graph, x, exponent // 2)
    if exponent == 1:
        return half
    whole = functions.multiply(graph, half, half)
    return functions.multiply(graph, whole, x) if exponent % 2 else whole


def shared(graph: Graph, given: Any) -> Value:
    """A value, or something public as one."""
    if isinstance(given, Value):
        return given
    bits = 0 if np.asarray(given).dtype.kind in "biu" else graph.bits
    return graph.combine([], [], graph.encode(given, bits), "a constant", bits=bits)


def _both(function: Callable[[Graph, Value, Value], Value]) -> Callable[..., Value]:
    return lambda graph, x, y: function(graph, shared(graph, x), shared(graph, y))


_UFUNCS: Mapping[np.ufunc, Callable[..., Value]] = {
    np.add: _add,
    np.subtract: _subtract,
    np.multiply: _multiply,
    np.true_divide: _divide,
    np.matmul: _matmul,
    np.negative: lambda graph, x: functions.scale(graph, x, -1),
    np.positive: lambda graph, x: x,
    np.less: _both(functions.less),
    np.greater: _both(lambda graph, x, y: functions.less(graph, y, x)),
    np.less_equal: _both(lambda graph, x, y: _not(graph, functions.less(graph, y, x))),
    np.greater_equal: _both(lambda graph, x, y: _not(graph, functions.less(graph, x, y))),
    np.maximum: _both(functions.maximum),
    np.minimum: _both(functions.minimum),
    np.absolute: functions.absolute,
    np.exp: functions.exp,
    np.log: functions.log,
    np.sqrt: functions.sqrt,
    np.reciprocal: functions.reciprocal,
    np.square: lambda graph, x: functions.multiply(graph, x, x),
    np.power: _power,
    expit: functions.sigmoid,
}


def _array(given: Any, like: SharedArray) -> SharedArray:
    if isinstance(given, SharedArray):
        return given
    return SharedArray(like.graph, shared(like.graph, given))


def _dot(x: Any, y: Any) -> Any:
    return x * y if np.ndim(x) == 0 or np.ndim(y) == 0 else x @ y


def _where(condition: Any, x: Any, y: Any) -> SharedArray:
    if not isinstance(condition, SharedArray):
        raise _not_there("numpy.where with a public condition")
    graph = condition.graph
    chosen = [_array(given, condition).value for given in (x, y)]
    return SharedArray(graph, functions.where(graph, condition.value, *chosen))


_FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = {
    np.sum: SharedArray.sum,
    np.mean: SharedArray.mean,
    np.dot: _dot,
    np.where: _where,
    np.clip: SharedArray.clip,
    np.transpose: SharedArray.transpose,
    np.reshape: SharedArray.reshape,
    np.ravel: SharedArray.ravel,
    np.ndim: lambda x: x.ndim,
    np.shape: lambda x: x.shape,
    np.size: lambda x: x.size,
}
