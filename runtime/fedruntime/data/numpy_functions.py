"""numpy's functions on handles, through ``__array_function__``: row-local ones run at the parties,
aggregates go to the handles' methods, everything else is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NoReturn

import numpy as np

from fedruntime.caller import where
from fedruntime.data import joining
from fedruntime.data.along_columns import along_columns
from fedruntime.data.arithmetic import check_operands, deal_operands
from fedruntime.data.averages import average
from fedruntime.data.covariances import corrcoef, cov
from fedruntime.data.distinct import count_values, distinct_values
from fedruntime.data.handle import Handle
from fedruntime.data.histogram import histogram
from fedruntime.data.nan_aggregates import nan_aggregate
from fedruntime.data.numpy_quantiles import median, quantile
from fedruntime.data.numpy_rows import (
    apply_along,
    delete,
    flip,
    insert,
    interpolate,
    outer,
    positions_among,
    positions_in,
    repeat,
    split,
    take_along,
)
from fedruntime.data.operations import REVEALS_ROWS, effect
from fedruntime.data.plain import as_array
from fedruntime.data.public_values import to_message
from fedruntime.data.row_operations import run_numpy
from fedruntime.data.transposed import FedTransposed
from fedruntime.errors import DataError, UnsupportedError

# What numpy itself passes for an argument that was not given.
_NO_VALUE = inspect.signature(np.sum).parameters["initial"].default


def call(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run a function of numpy that was called with a handle.

    Raises
    ------
    RevealError
        If it would show rows.
    UnsupportedError
        If it has no counterpart.
    """
    linear = getattr(function, "__module__", None) == "numpy.linalg"
    name = f"linalg.{function.__name__}" if linear else function.__name__
    given = {key: value for key, value in kwargs.items() if value is not _NO_VALUE}
    if name in _FUNCTIONS and attrgetter(name)(np) is function:
        return _FUNCTIONS[name](name, *args, **given)
    first = next(_handles([*args, *kwargs.values()]))
    if effect("numpy", name) == REVEALS_ROWS:
        first.refuse(f"given to numpy.{name}", "keep working on the handle, or aggregate first")
    return _refuse(name, first)


def _refuse(name: str, handle: Any) -> NoReturn:
    raise UnsupportedError(
        f"{where()}numpy.{name} has no counterpart on {handle!r}; use row-wise functions, "
        "aggregates, or a function that runs at each party"
    )


def _handles(value: Any) -> Iterator[Handle]:
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _handles(entry)


def _element_wise(name: str, *args: Any, **kwargs: Any) -> Any:
    places = [place for place, value in enumerate(args) if not isinstance(value, type)]
    operands = deal_operands([args[place] for place in places] + list(kwargs.values()))
    federation = check_operands(operands)
    dealt = list(args)
    for place, operand in zip(places, operands, strict=False):
        dealt[place] = operand
    return federation.map(
        run_numpy,
        purpose=name,
        function=name,
        args=to_message(dealt),
        kwargs=to_message(dict(zip(kwargs, operands[len(places) :], strict=True))),
    )


def _like(name: str, array: Handle, *args: Any, dtype: Any = None, **options: Any) -> Any:
    """New values, the same for all rows; ``empty_like`` gives zeros, which no row is read from."""
    values = list(args[: name == "full_like"] or [options.pop("fill_value", None)])
    rest = args[1:] if name == "full_like" else args
    chosen = rest[0] if rest else dtype
    if len(rest) > 1 or options.pop("shape", None) is not None:
        _refuse(f"{name} with a shape", array)
    if name == "full_like" and (isinstance(values[0], Handle) or np.ndim(values[0]) >= array.ndim):
        _refuse("full_like with rows", array)
    return array.federation.map(
        run_numpy,
        purpose=name,
        function="zeros_like" if name == "empty_like" else name,
        args=[array, *(values if name == "full_like" else [])],
        kwargs={} if chosen is None else {"dtype": np.dtype(chosen).str},
    )


def _select(name: str, conditions: Sequence[Any], choices: Sequence[Any], default: Any = 0) -> Any:
    operands = deal_operands([*conditions, *choices, default])
    federation = check_operands(operands)
    count = len(conditions)
    return federation.map(
        run_numpy,
        purpose=name,
        function=name,
        args=to_message([operands[:count], operands[count:-1], operands[-1]]),
        kwargs={},
    )


def _method(name: str, array: Any, *args: Any, **kwargs: Any) -> Any:
    return getattr(array, _METHOD_NAMES.get(name, name))(*args, **kwargs)


_METHOD_NAMES = {"amin": "min", "amax": "max", "around": "round"}


def _public(name: str, array: Handle) -> Any:
    return getattr(array, name)


def _dot(name: str, left: Any, right: Any) -> Any:
    return left @ right


def _transpose(name: str, array: Any, axes: Any = None) -> Any:
    if axes is not None:
        _refuse("transpose with axes", array)
    return as_array(array).T


def _of_array(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose first argument is seen as an array."""

    def call_plain(name: str, array: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(array, Handle):
            held = next(_handles([*args, *kwargs.values()]))
            _refuse(f"{name} of a public array with rows", held)
        return function(name, as_array(array), *args, **kwargs)

    return call_plain


def _nan_aggregate(
    name: str, array: Any, axis: Any = None, dtype: Any = None, **options: Any
) -> Any:
    if dtype is not None or options.keys() - {"ddof", "keepdims"}:
        _refuse(f"{name} with other options than axis, ddof, keepdims", array)
    return nan_aggregate(name, array, axis, **options)


def _row_wise(name: str, array: Any, axis: Any = None, **options: Any) -> Any:
    return along_columns(name, array, axis, **options)


def _difference(name: str, array: Any, n: int = 1, axis: Any = None, **options: Any) -> Any:
    return along_columns(name, array, axis, n, **options)


def _count_nonzero(name: str, array: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    found = array.astype(bool).sum(axis=axis, keepdims=keepdims)
    # Of everything numpy gives an int of its own or of Python's, as its version goes.
    return type(np.count_nonzero(0))(found) if np.ndim(found) == 0 else found


def _spread(name: str, array: Any, axis: Any = None) -> Any:
    if axis is not None and axis % array.ndim:
        return along_columns(name, array, axis)
    return array.max(axis=axis) - array.min(axis=axis)


def _norm(name: str, array: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is not None and (isinstance(axis, tuple) or axis % array.ndim):
        return along_columns(name, array, axis, ord, keepdims=keepdims)
    whole = axis is None and (ord is None or (ord == 2 and array.ndim == 1) or ord == "fro")
    if keepdims or not (whole or (axis is not None and ord in (None, 2))):
        _refuse(f"linalg.norm over rows with ord={ord!r}", array)
    squares = (array.astype(np.float64) ** 2).sum(axis=axis)
    norm = np.linalg.norm(np.zeros(1, array.dtype))
    return np.sqrt(squares).astype(norm.dtype)[()]


def _all_close(name: str, left: Any, right: Any, **options: Any) -> Any:
    return bool(np.isclose(left, right, **options).all())


def _array_equal(name: str, left: Any, right: Any, equal_nan: bool = False) -> Any:
    if np.shape(left) != np.shape(right):
        return False
    same = left == right
    if equal_nan:
        same = same | ((left != left) & (right != right))
    return bool(np.all(same))


def _as_columns(name: str, array: Any) -> Any:
    """A vector as one row of a matrix, which has as many columns as the vector has rows."""
    return array if array.ndim > 1 else FedTransposed(as_array(array).reshape(-1, 1))


def _itself(name: str, array: Any) -> Any:
    return array


def _expand_dims(name: str, array: Handle, axis: int) -> Any:
    place = axis % (array.ndim + 1)
    if place == 0:
        _refuse("expand_dims along the rows", array)
    return _method("reshape", array, (*array.shape[:place], 1, *array.shape[place:]))


def _where(name: str, *args: Any) -> Any:
    if len(args) != 3:
        next(_handles(args)).refuse("searched for positions", "use X[mask] or np.where(mask, a, b)")
    return _element_wise(name, *args)


def _membership(name: str, array: Any, values: Any, **options: Any) -> Any:
    if isinstance(values, Handle) or not isinstance(array, Handle):
        _refuse("isin of values in rows", next(_handles([array, values])))
    return array.federation.map(
        run_numpy,
        purpose=name,
        function=name,
        args=[array, to_message(np.asarray(values))],
        kwargs=options,
    )


def _unique(
    name: str,
    array: Handle,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **options: Any,
) -> Any:
    if return_index:
        array.refuse("searched for first positions", "leave return_index out")
    if axis is not None or not options.pop("equal_nan", True) or not options.pop("sorted", True):
        _refuse("unique with axis, sorted or equal_nan", array)
    if return_inverse and array.ndim != 1:
        _refuse("unique with return_inverse of a matrix", array)
    values = np.unique(distinct_values(array, "unique"))
    found = [values]
    if return_inverse:
        found.append(positions_among("searchsorted", values, as_array(array)))
    if return_counts:
        found.append(count_values(array, values, "unique"))
    return tuple(found) if len(found) > 1 else values


def _bincount(name: str, array: Any, weights: Any = None, minlength: int = 0) -> Any:
    if not isinstance(array, Handle):
        _refuse("bincount of public numbers with weights that are rows", weights)
    if array.ndim != 1 or np.dtype(array.facts.dtypes[0]).kind not in "biu":
        raise DataError(f"{where()}numpy.bincount takes whole numbers in a vector, not {array!r}")
    if len(array) and as_array(array).min() < 0:
        raise DataError(f"{where()}numpy.bincount takes no negative numbers")
    length = max(minlength, int(as_array(array).max()) + 1 if len(array) else 0)
    if weights is None:
        return count_values(array, np.arange(length), "bincount")
    edges = np.arange(length + 1) - 0.5
    return histogram(name, as_array(array), edges, weights=weights)[0].astype(np.float64)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(("clip", "isclose", "nan_to_num"), _element_wise),
    **dict.fromkeys(("empty_like", "full_like", "ones_like", "zeros_like"), _like),
    **dict.fromkeys(
        (
            "all",
            "amax",
            "amin",
            "any",
            "argmax",
            "argmin",
            "around",
            "max",
            "mean",
            "min",
            "ravel",
            "reshape",
            "round",
            "squeeze",
            "std",
            "sum",
            "var",
        ),
        _method,
    ),
    **dict.fromkeys(
        ("nanmax", "nanmean", "nanmin", "nanstd", "nansum", "nanvar"), _of_array(_nan_aggregate)
    ),
    **dict.fromkeys(("median", "nanmedian"), _of_array(median)),
    **dict.fromkeys(
        ("nanpercentile", "nanquantile", "percentile", "quantile"), _of_array(quantile)
    ),
    **dict.fromkeys(
        ("argsort", "cumprod", "cumsum", "nanargmax", "nanargmin", "prod", "sort"),
        _of_array(_row_wise),
    ),
    **dict.fromkeys(("array_split", "split"), _of_array(split)),
    **dict.fromkeys(("ndim", "shape", "size"), _public),
    "allclose": _all_close,
    "append": joining.append,
    "apply_along_axis": apply_along,
    "array_equal": _array_equal,
    "atleast_1d": _itself,
    "atleast_2d": _as_columns,
    "average": _of_array(average),
    "bincount": _bincount,
    "column_stack": joining.column_stack,
    "concatenate": joining.concatenate,
    "copy": _of_array(_method),
    "corrcoef": corrcoef,
    "count_nonzero": _of_array(_count_nonzero),
    "cov": cov,
    "delete": _of_array(delete),
    "diff": _of_array(_difference),
    "digitize": positions_in,
    "dot": _dot,
    "expand_dims": _expand_dims,
    "flip": _of_array(flip),
    "histogram": _of_array(histogram),
    "hstack": joining.hstack,
    "insert": _of_array(insert),
    "interp": interpolate,
    "isin": _membership,
    "linalg.norm": _of_array(_norm),
    "outer": outer,
    "ptp": _of_array(_spread),
    "repeat": _of_array(repeat),
    "searchsorted": positions_among,
    "select": _select,
    "stack": joining.stack,
    "take": _of_array(take_along),
    "transpose": _transpose,
    "unique": _unique,
    "vstack": joining.vstack,
    "where": _where,
}
