"""Categorical columns: the categories are those of the pooled column, so that a party's codes mean
the same at every other, whatever values it happens to hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fedruntime.attempts import AtParties, Restartable
from fedruntime.caller import where
from fedruntime.data.distinct import count_values, distinct_values
from fedruntime.data.handle import Handle
from fedruntime.data.row_operations import pick_columns, run_accessor
from fedruntime.data.template import column_positions, template
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Public
from fedruntime.operations import Columns, Statistics, party_op, row_op

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

CATEGORY = "category"


class CategoryAccessor(AtParties, Restartable):
    """``.cat`` of a series: codes at the parties, categories in public.

    Parameters
    ----------
    series : FedSeries
        Of categories.
    """

    def __init__(self, series: Handle) -> None:
        if series.facts.dtypes[0] != CATEGORY:
            raise AttributeError(f"{where()}Can only use .cat accessor with a 'category' dtype")
        self._series = series

    @property
    def federation(self) -> Exchange:
        return self._series.federation

    @property
    def codes(self) -> Any:
        """The number of each row's category; -1 for a missing value."""
        return self._series.federation.map(
            run_accessor, rows=self._series, accessor="cat", name="codes", args=[], kwargs={}
        )

    @property
    def categories(self) -> pd.Index:
        return shared_categories(self._series).categories

    @property
    def ordered(self) -> bool:
        return bool(shared_categories(self._series).ordered)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"{where()}.cat.{name} has no federated counterpart; use .cat.codes, .cat.categories, "
            "or map() with a dict"
        )


def shared_categories(series: Handle) -> pd.CategoricalDtype:
    """The dtype of a column of categories.

    Raises
    ------
    DataError
        If parties hold different categories; names the column.
    """
    found = series.federation.collect(categories_of, rows=series, purpose="categories")
    dtypes = [read_dtype(part) for part in found.values() if part]
    if not dtypes or any(dtype != dtypes[0] for dtype in dtypes):
        raise DataError(
            f"{where()}the parties hold different categories of column "
            f"{(series.facts.columns or (None,))[0]!r}; use astype(str).astype('category')"
        )
    return dtypes[0]


def pooled_dtype(series: Handle) -> Any:
    """A column's dtype, with its categories where it has any."""
    dtype = template(series.facts).dtype
    return shared_categories(series) if dtype == CATEGORY else dtype


def category_multiset(series: Any, dtype: pd.CategoricalDtype) -> pd.Series:
    """The values of a column of categories, each as often as it comes, in the order in which they
    first appear: without telling which row has which."""
    codes = CategoryAccessor(series).codes
    found = distinct_values(codes, "categories")
    repeated = np.repeat(found, count_values(codes, found, "categories")).astype(np.intp)
    values = pd.Categorical.from_codes(repeated, dtype=dtype)
    return pd.Series(values, name=(series.facts.columns or (None,))[0])


def pooled_categories(series: Handle, purpose: str) -> pd.CategoricalDtype:
    """The dtype that ``astype("category")`` gives the pooled column.

    Raises
    ------
    RevealError
        If there are so many distinct values that they would show rows.
    """
    dtype = template(series.facts).dtype
    if dtype == CATEGORY:
        return shared_categories(series)
    values = pd.Series(distinct_values(series, purpose)).astype(dtype)
    return pd.CategoricalDtype(pd.Categorical(values).categories)


def as_categories(rows: Handle, dtype: Any) -> Any:
    """``astype`` where some columns, or all, become categories; ``None`` if none does.

    Parameters
    ----------
    rows : FedFrame or FedSeries
    dtype : str, dtype or mapping
        As ``astype`` takes it.
    """
    labels = list(rows.facts.columns or ())
    if not isinstance(dtype, Mapping):
        if not _is_category(dtype):
            return None
        dtype = dict.fromkeys(range(len(labels)), dtype)
    else:
        if not any(map(_is_category, dtype.values())):
            return None
        place = {label: column_positions(rows.facts, label) for label in dtype}
        dtype = {place[label]: wanted for label, wanted in dtype.items()}
    chosen = {number: wanted for number, wanted in dtype.items() if _is_category(wanted)}
    wanted = {}
    for number, given in chosen.items():
        column = rows
        if rows.ndim == 2:
            column = rows.federation.map(pick_columns, rows=rows, key=number)
        named = isinstance(given, pd.CategoricalDtype)
        found = given
        if not named or given.categories is None:
            found = pooled_categories(column, "astype")
            if named and given.ordered:
                found = pd.CategoricalDtype(found.categories, ordered=True)
        wanted[number] = write_dtype(found)
    result: Any = rows.federation.map(
        categorise, rows=rows, columns=list(wanted), dtypes=list(wanted.values())
    )
    others = {labels[number]: kept for number, kept in dtype.items() if number not in chosen}
    return result.astype(others) if others else result


def _is_category(dtype: Any) -> bool:
    return isinstance(dtype, pd.CategoricalDtype) or (isinstance(dtype, str) and dtype == CATEGORY)


def write_dtype(dtype: pd.CategoricalDtype) -> Public:
    """A dtype of categories in the terms of the message schema."""
    categories = dtype.categories
    told: dict[str, Any] = {
        "ordered": np.asarray(bool(dtype.ordered)),
        "dtype": np.asarray(str(categories.dtype)),
    }
    if isinstance(categories, pd.IntervalIndex):
        left, right = np.asarray(categories.left), np.asarray(categories.right)
        return {**told, "left": left, "right": right, "closed": np.asarray(categories.closed)}
    plain = categories.dtype.kind in "biufmM" if isinstance(categories.dtype, np.dtype) else False
    return {**told, "values": np.asarray(categories, dtype=None if plain else object)}


def read_dtype(told: Mapping[str, Any]) -> pd.CategoricalDtype:
    """The dtype that ``write_dtype`` wrote."""
    if "left" in told:
        index: pd.Index = pd.IntervalIndex.from_arrays(
            told["left"], told["right"], closed=str(told["closed"])
        )
    else:
        index = pd.Index(told["values"], dtype=str(told["dtype"]))
    return pd.CategoricalDtype(index, ordered=bool(told["ordered"]))


# -- at the parties -------------------------------------------------------------------------


@party_op("rows.categories", reveals="the categories of a column")
def categories_of(rows: pd.Series) -> Statistics:
    """The categories of a column; nothing of one that an empty party holds in another dtype."""
    dtype = rows.dtype
    return dict(write_dtype(dtype)) if isinstance(dtype, pd.CategoricalDtype) else {}


@row_op("rows.categorise", columns=Columns.KEPT)
def categorise(rows: Any, columns: Sequence[int], dtypes: Sequence[Public]) -> Any:
    """Columns, by position, as categories."""
    if isinstance(rows, pd.Series):
        return rows.astype(read_dtype(dtypes[0]))
    parts = [rows.iloc[:, number] for number in range(rows.shape[1])]
    for number, dtype in zip(columns, dtypes, strict=True):
        parts[number] = parts[number].astype(read_dtype(dtype))
    changed = pd.concat(parts, axis=1)
    changed.columns = rows.columns
    return changed
