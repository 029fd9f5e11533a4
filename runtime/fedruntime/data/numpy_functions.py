"""numpy's functions on handles, through ``__array_function__``: row-local ones run at the parties,
aggregates go to the handles' methods, everything else is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from fedruntime.caller import where
from fedruntime.data.arithmetic import check_operands
from fedruntime.data.distinct import count_values, distinct_values
from fedruntime.data.handle import Handle
from fedruntime.data.operations import REVEALS_ROWS, effect
from fedruntime.data.public_values import to_message
from fedruntime.data.quantiles import medians
from fedruntime.data.row_operations import run_numpy
from fedruntime.data.take import align
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
    name = function.__name__
    given = {key: value for key, value in kwargs.items() if value is not _NO_VALUE}
    if getattr(np, name, None) is function and name in _FUNCTIONS:
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
    federation = check_operands([*args, *kwargs.values()])
    return federation.map(
        run_numpy,
        purpose=name,
        function=name,
        args=to_message(list(args)),
        kwargs=to_message(kwargs),
    )


def _side_by_side(name: str, arrays: Sequence[Any], **options: Any) -> Any:
    handles = list(_handles(arrays))
    if len(handles) != len(arrays):
        raise DataError(
            f"{where()}numpy.{name} of {handles[0]!r} and a local array: which party would hold "
            "which of its rows? Compute it from rows that lie at the parties"
        )
    for handle in handles[1:]:
        align(handles[0], handle)
    if name != "column_stack" and all(handle.ndim == 1 for handle in handles):
        raise UnsupportedError(
            f"{where()}numpy.{name} of vectors puts their rows one after another, which changes "
            "which party holds what; for columns side by side use np.column_stack"
        )
    return handles[0].federation.map(
        run_numpy, purpose=name, function=name, args=[list(arrays)], kwargs=options
    )


def _concatenate(name: str, arrays: Sequence[Any], axis: Any = 0, **options: Any) -> Any:
    first = next(_handles(arrays))
    if axis is None or axis % first.ndim == 0:
        raise UnsupportedError(
            f"{where()}numpy.concatenate along the rows changes which party holds what; "
            "only axis=1 is row-wise"
        )
    return _side_by_side(name, arrays, axis=axis, **options)


def _method(name: str, array: Any, *args: Any, **kwargs: Any) -> Any:
    return getattr(array, _METHOD_NAMES.get(name, name))(*args, **kwargs)


_METHOD_NAMES = {"amin": "min", "amax": "max", "around": "round"}


def _public(name: str, array: Handle) -> Any:
    return getattr(array, name)


def _dot(name: str, left: Any, right: Any) -> Any:
    return left @ right


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
    if isinstance(values, Handle):
        _refuse("isin of rows in other rows", values)
    return array.federation.map(
        run_numpy,
        purpose=name,
        function=name,
        args=[array, to_message(np.asarray(values))],
        kwargs=options,
    )


def _unique(
    name: str, array: Handle, *, return_counts: bool = False, axis: Any = None, **options: Any
) -> Any:
    refused = [key for key, value in options.items() if value and key != "equal_nan"]
    if refused or axis is not None or options.get("equal_nan") is False:
        _refuse(f"unique with {', '.join(refused) or 'axis or equal_nan'}", array)
    values = np.unique(distinct_values(array, "unique"))
    return (values, count_values(array, values, "unique")) if return_counts else values


def _bincount(name: str, array: Any, *, minlength: int = 0) -> Any:
    if array.ndim != 1 or np.dtype(array.facts.dtypes[0]).kind not in "biu":
        raise DataError(f"{where()}numpy.bincount takes whole numbers in a vector, not {array!r}")
    if len(array) and array.min() < 0:
        raise DataError(f"{where()}numpy.bincount takes no negative numbers")
    length = max(minlength, int(array.max()) + 1 if len(array) else 0)
    return count_values(array, np.arange(length), "bincount")


def _median(name: str, array: Any, axis: Any = None) -> Any:
    values = array.to_numpy() if array.facts.columns is not None else array
    if values.ndim > 2 or (values.ndim == 2 and axis != 0):
        _refuse(f"median with axis={axis}", array)
    # NaN propagates in numpy, but is left out of order statistics.
    found = np.where(np.isnan(values.sum(axis=0)), np.nan, medians(values))
    return found.astype(np.median(np.zeros(1, values.dtype)).dtype)[()]


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(("clip", "isclose", "nan_to_num"), _element_wise),
    **dict.fromkeys(("column_stack", "hstack"), _side_by_side),
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
    **dict.fromkeys(("ndim", "shape", "size"), _public),
    "bincount": _bincount,
    "concatenate": _concatenate,
    "dot": _dot,
    "expand_dims": _expand_dims,
    "isin": _membership,
    "median": _median,
    "unique": _unique,
    "where": _where,
}
