"""Counterparts of functions of pandas for rows at the parties: ``import fedruntime.pandas as pd``.

All other names are pandas' own, and so is what happens to local data. pandas has no protocol by
which its functions would leave foreign tables to their owner, as numpy's do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as _pandas

from fedruntime.attempts import attempted
from fedruntime.caller import where as _where
from fedruntime.data import binning, construct, dummies, multiset, parsing, public_merge
from fedruntime.data.construct import holds_rows
from fedruntime.data.distinct import distinct_values
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError

__all__ = [
    "DataFrame",
    "Series",
    "concat",
    "crosstab",
    "cut",
    "factorize",
    "get_dummies",
    "isna",
    "isnull",
    "merge",
    "notna",
    "notnull",
    "pivot_table",
    "qcut",
    "to_datetime",
    "to_numeric",
    "unique",
]

Function = Callable[..., Any]


_TURN_ROWS = frozenset({"lreshape", "melt", "merge_asof", "merge_ordered", "pivot", "wide_to_long"})


def __getattr__(name: str) -> Any:
    if name in _TURN_ROWS:
        return _counterpart(name)(lambda *_, **__: _refuse(name))
    return getattr(_pandas, name)


def _refuse(name: str) -> NoReturn:
    raise UnsupportedError(
        f"{_where()}pd.{name} brings rows of several parties together; use it before the rows are "
        "loaded"
    )


def _counterpart(name: str) -> Callable[[Function], Function]:
    """Let pandas' own function of a name answer wherever no argument lies at the parties."""
    original = getattr(_pandas, name)

    def decorate(federated: Function) -> Function:
        @attempted
        @functools.wraps(original)
        def function(*args: Any, **kwargs: Any) -> Any:
            if holds_rows(args) or holds_rows(kwargs):
                return federated(*args, **kwargs)
            return original(*args, **kwargs)

        return function

    return decorate


get_dummies = _counterpart("get_dummies")(dummies.get_dummies)
concat = _counterpart("concat")(construct.concat)
merge = _counterpart("merge")(public_merge.merge)
cut = _counterpart("cut")(binning.cut)
qcut = _counterpart("qcut")(binning.qcut)
crosstab = _counterpart("crosstab")(multiset.crosstab)
pivot_table = _counterpart("pivot_table")(multiset.pivot_table)
to_datetime = _counterpart("to_datetime")(parsing.to_datetime)
to_numeric = _counterpart("to_numeric")(parsing.to_numeric)


def _method(name: str, method: str) -> Function:
    return _counterpart(name)(lambda obj, *args, **kwargs: getattr(obj, method)(*args, **kwargs))


isna, isnull = _method("isna", "isna"), _method("isnull", "isna")
notna, notnull = _method("notna", "notna"), _method("notnull", "notna")
unique = _method("unique", "unique")
if hasattr(_pandas, "value_counts"):  # until pandas 3
    value_counts = _method("value_counts", "value_counts")


@_counterpart("factorize")
def factorize(
    values: Any, sort: bool = False, use_na_sentinel: bool = True, size_hint: Any = None
) -> Any:
    """Codes at the parties, and the distinct values, which are revealed, in public."""
    if not isinstance(values, Handle) or values.facts.kind != "series" or not use_na_sentinel:
        raise UnsupportedError(
            f"{_where()}pd.factorize takes a column of a frame, with missing values as -1"
        )
    dtype = construct.new_series(values).dtype
    told = _pandas.Series(distinct_values(values, "factorize")).astype(dtype)
    _, uniques = _pandas.factorize(told, sort=sort)
    series: Any = values
    codes = series.astype(_pandas.CategoricalDtype(uniques)).cat.codes.astype("int64")
    return codes.to_numpy(), uniques


class _Builder(type):
    """Makes a handle where the data lies at the parties, and stands for pandas' class elsewhere."""

    _original: Any
    _federated: Any
    _kind: str

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if holds_rows(args) or holds_rows(kwargs):
            return attempted(cls._federated)(*args, **kwargs)
        return cls._original(*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        held = isinstance(instance, Handle) and instance.facts.kind == cls._kind
        return held or isinstance(instance, cls._original)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls._original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls._original, name)


if TYPE_CHECKING:
    from pandas import DataFrame, Series
else:

    class DataFrame(metaclass=_Builder):
        """``pandas.DataFrame``, also of handles."""

        _original = _pandas.DataFrame
        _federated = staticmethod(construct.new_frame)
        _kind = "frame"

    class Series(metaclass=_Builder):
        """``pandas.Series``, also of handles."""

        _original = _pandas.Series
        _federated = staticmethod(construct.new_series)
        _kind = "series"
