"""Handles to pandas columns whose rows stay at the parties."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fedruntime.attempts import AtParties, attempted
from fedruntime.caller import where
from fedruntime.data.categories import CategoryAccessor
from fedruntime.data.column_wise import series_agg
from fedruntime.data.correlation import series_corr, series_cov
from fedruntime.data.describing import describe_series, info
from fedruntime.data.handle import Handle
from fedruntime.data.locators import Locator
from fedruntime.data.multiset import mode
from fedruntime.data.operations import ROW_LOCAL, effect
from fedruntime.data.public_values import to_message
from fedruntime.data.quantiles import quantiles
from fedruntime.data.row_operations import rename, run_accessor
from fedruntime.data.table_aggregates import (
    require_numbers,
    series_aggregate,
    series_nunique,
    series_unique,
    value_counts,
)
from fedruntime.data.tables import Table
from fedruntime.data.template import template
from fedruntime.errors import UnsupportedError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


def _aggregate(name: str) -> Callable[..., Any]:
    def method(self: FedSeries, axis: Any = 0, **options: Any) -> Any:
        refused = set(options) - {"skipna", "ddof", "min_count", "numeric_only", "dtype", "out"}
        if refused or options.get("out") is not None:
            raise UnsupportedError(f"{where()}{name} with {', '.join(sorted(options))}")
        return series_aggregate(self, name, options)

    method.__name__ = name
    method.__doc__ = f"``pandas.Series.{name}`` of the pooled rows: a public value."
    return method


class FedSeries(Table, kind="series"):
    """A pandas Series whose rows stay at the parties."""

    _original = pd.Series

    sum, mean, var, std, count = (_aggregate(n) for n in ("sum", "mean", "var", "std", "count"))
    min, max, any, all = (_aggregate(n) for n in ("min", "max", "any", "all"))
    median, sem, skew = _aggregate("median"), _aggregate("sem"), _aggregate("skew")
    kurt = kurtosis = _aggregate("kurt")
    describe, info, mode = describe_series, info, mode
    corr, cov = series_corr, series_cov
    agg = aggregate = series_agg
    nunique = series_nunique
    unique = series_unique
    value_counts = value_counts

    @property
    def dtype(self) -> Any:
        return template(self.facts).dtype

    dtypes = dtype

    @property
    def name(self) -> Any:
        return (self.facts.columns or (None,))[0]

    @name.setter
    def name(self, name: Any) -> None:
        self._become(self._federation.map(rename, rows=self, columns=name))

    @property
    def str(self) -> Accessor:
        """Text methods."""
        return Accessor(self, "str")

    @property
    def dt(self) -> Accessor:
        """Parts of dates and times."""
        return Accessor(self, "dt")

    @property
    def cat(self) -> CategoryAccessor:
        """Codes and categories."""
        return CategoryAccessor(self)

    def drop(
        self, labels: Any = None, *, index: Any = None, inplace: bool = False, errors: Any = "raise"
    ) -> Any:
        """The rows without those that the ``.index`` of other rows names."""
        kept = self._without(labels if index is None else index, errors)
        return self._become(kept) if inplace else kept

    def quantile(self, q: Any = 0.5) -> Any:
        """Linearly interpolated quantiles."""
        require_numbers(self, "quantile", None)
        found = quantiles(self, np.atleast_1d(q).tolist())
        if np.ndim(q):
            return pd.Series(found, index=pd.Index(q, dtype=float), name=self.name)
        return float(found[0])

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice | Handle):
            return self.iloc[key]
        return self.loc[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        Locator(self, by_label=True)[key] = value

    def rename(self, index: Any = None, *, inplace: bool = False) -> Any:
        """The series under another name."""
        if index is not None and (callable(index) or isinstance(index, dict)):
            raise UnsupportedError(f"{where()}rename with a mapping changes row labels")
        renamed = self._federation.map(rename, rows=self, columns=index)
        return self._become(renamed) if inplace else renamed

    def ravel(self, order: Any = "C") -> Any:
        """The values as a numpy array at the parties."""
        return self.to_numpy()

    def squeeze(self, axis: Any = None) -> Any:
        """The same series."""
        return self.copy()


class Accessor(AtParties):
    """``.str`` or ``.dt`` of a series: the methods listed in the table of operations.

    Parameters
    ----------
    series : FedSeries
    name : {"str", "dt"}
    """

    def __init__(self, series: FedSeries, name: Any) -> None:
        self._series = series
        self._name = name

    @property
    def federation(self) -> Exchange:
        return self._series.federation

    def __getattr__(self, name: Any) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if effect(self._name, name) != ROW_LOCAL:
            raise UnsupportedError(f"{where()}.{self._name}.{name} has no federated counterpart")

        def run(*args: Any, **kwargs: Any) -> Any:
            return self._run(name, args, kwargs)

        owner = (
            pd.Series.str
            if self._name == "str"
            else pd.core.indexes.accessors.CombinedDatetimelikeProperties
        )
        return run if callable(getattr(owner, name)) else run()

    @attempted
    def _run(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return self._series.federation.map(
            run_accessor,
            rows=self._series,
            accessor=self._name,
            name=name,
            args=to_message(list(args)),
            kwargs=to_message(dict(kwargs)),
        )
