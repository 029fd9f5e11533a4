"""Groups of rows by the values of key columns: which groups there are is public, which rows are in
them stays at the parties, and their figures are summed under masks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.categories import pooled_dtype
from fedruntime.data.distinct import plain_values
from fedruntime.data.handle import Handle
from fedruntime.data.numbers import numbers
from fedruntime.data.per_cohort import per_cohort
from fedruntime.data.quantiles import medians
from fedruntime.data.row_operations import pick_columns
from fedruntime.data.sums import sum_over_parties
from fedruntime.data.template import template
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.privacy.disclosure import require_repeats

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

_LOW_BITS = 24


@dataclass(frozen=True)
class Groups:
    """The groups that key columns make.

    Parameters
    ----------
    keys : tuple of FedSeries
    """

    keys: tuple[Any, ...]

    @property
    def federation(self) -> Exchange:
        federation: Exchange = self.keys[0].federation
        return federation

    @per_cohort
    def table(self) -> pd.DataFrame:
        """The distinct combinations of keys, missing ones among them, in the order in which they
        first appear in the pooled rows; columns are numbered. Revealed."""
        first = self.keys[0]
        layout = first.layout
        each = {party: {"runs": layout.split_runs(party)} for party in layout.parties}
        found = first.federation.collect(
            first_combinations, each=each, keys=list(self.keys), purpose="groupby"
        )
        owners, _ = layout.runs
        parts = []
        for number, party in enumerate(layout.parties):
            part = dict(found[party])
            part["run"] = np.flatnonzero(owners == number)[part["run"]]
            parts.append(pd.DataFrame(part))
        told = pd.concat([part for part in parts if len(part)] or parts[:1])
        told = told.sort_values("run", kind="stable").drop(columns="run").reset_index(drop=True)
        dtypes = {str(place): pooled_dtype(key) for place, key in enumerate(self.keys)}
        return told.astype(dtypes).drop_duplicates(ignore_index=True)

    @per_cohort
    def numbers(self) -> Any:
        """At the parties, for each row the number of its combination in the table."""
        public = {label: plain_values(column) for label, column in self.table.items()}
        return self.keys[0].federation.map(number_groups, keys=list(self.keys), table=public)

    def __len__(self) -> int:
        return len(self.table)

    @per_cohort
    def sizes(self) -> Array:
        """How many rows each group has."""
        found = sum_over_parties(self.numbers, group_sizes, "groupby.size", groups=len(self))
        return np.asarray(found["size"])

    def figures(self, name: str, column: Handle, options: Mapping[str, Any]) -> Any:
        """One figure of a column in every group, in the order of the table.

        Parameters
        ----------
        name : str
            A key of ``FIGURES``.
        column : FedSeries
        options : mapping
            ``ddof`` and ``min_count``.

        Raises
        ------
        DataError
            For text where numbers are needed; names the column.
        """
        if name in _OF_NUMBERS:
            dtype = template(column.facts).dtype
            numeric = pd.api.types.is_numeric_dtype(dtype)
            if not numeric:
                label = (column.facts.columns or (None,))[0]
                raise DataError(
                    f"{where()}groupby.{name} of column {label!r}, which holds {dtype}: choose "
                    "columns of numbers, or pass numeric_only=True"
                )
        return FIGURES[name](self, column, options)


def _sum_each(groups: Groups, operation: Any, column: Handle, purpose: str, **public: Any) -> Any:
    return sum_over_parties(
        column,
        operation,
        f"groupby.{purpose}",
        numbers=groups.numbers,
        groups=len(groups),
        **public,
    )


def _size(groups: Groups, column: Handle, options: Any) -> Array:
    return groups.sizes


def _count(groups: Groups, column: Handle, options: Any) -> Array:
    return np.asarray(_sum_each(groups, group_counts, column, "count")["count"])


def _sum(groups: Groups, column: Handle, options: Mapping[str, Any]) -> Array:
    total = _totals(groups, column)
    if options.get("min_count", 0) > 0:
        return np.where(_count(groups, column, {}) < options["min_count"], np.nan, total)
    return total


def _totals(groups: Groups, column: Handle) -> Array:
    found = _sum_each(groups, group_totals, column, "sum", whole=_is_whole(column))
    if "low" in found:
        return np.asarray((found["high"] << _LOW_BITS) + found["low"])
    total = np.where(found["positive"] > 0, np.inf, np.asarray(found["sum"], dtype=np.float64))
    negative = np.where(found["positive"] > 0, np.nan, -np.inf)
    return np.where(found["negative"] > 0, negative, total)


def _mean(groups: Groups, column: Handle, options: Any) -> Array:
    return _ratio(_totals(groups, column), _count(groups, column, {}))


def _var(groups: Groups, column: Handle, options: Mapping[str, Any]) -> Array:
    count = _count(groups, column, {})
    mean = _ratio(_totals(groups, column), count)
    centre = np.where(np.isfinite(mean), mean, 0.0)
    squares = _sum_each(groups, group_squares, column, "var", centre=centre)["squares"]
    freedom = count - options.get("ddof", 1)
    spread = np.where(freedom > 0, _ratio(squares, freedom), np.nan)
    return np.where(np.isfinite(mean), spread, np.nan)


def _std(groups: Groups, column: Handle, options: Mapping[str, Any]) -> Array:
    return np.asarray(np.sqrt(_var(groups, column, options)))


def _sem(groups: Groups, column: Handle, options: Mapping[str, Any]) -> Array:
    return _std(groups, column, options) / np.sqrt(_count(groups, column, {}))


def _median(groups: Groups, column: Handle, options: Any) -> Array:
    apart = column.federation.map(
        apart_by_group, rows=column, numbers=groups.numbers, groups=len(groups)
    )
    return np.atleast_1d(medians(apart))


def _extreme(name: str) -> Any:
    def extreme(groups: Groups, column: Handle, options: Any) -> Array:
        found = column.federation.collect(
            group_extremes,
            rows=column,
            numbers=groups.numbers,
            largest=name == "max",
            purpose=f"groupby.{name}",
        )
        dtype = template(column.facts).dtype
        parts = [
            pd.Series(part["value"], index=part["group"]).astype(dtype) for part in found.values()
        ]
        pooled = pd.concat([part for part in parts if len(part)] or parts[:1])
        return np.asarray(getattr(pooled.groupby(level=0), name)().reindex(range(len(groups))))

    return extreme


def _nunique(groups: Groups, column: Handle, options: Mapping[str, Any]) -> Array:
    values = Groups((groups.numbers, column)).table
    if options.get("dropna", True):
        values = values.dropna(subset=["1"])
    return np.bincount(values["0"].to_numpy(dtype=np.intp), minlength=len(groups))


FIGURES: Mapping[str, Any] = {
    "count": _count,
    "max": _extreme("max"),
    "mean": _mean,
    "median": _median,
    "min": _extreme("min"),
    "nunique": _nunique,
    "sem": _sem,
    "size": _size,
    "std": _std,
    "sum": _sum,
    "var": _var,
}
"""The figures that there are of a group."""

_OF_NUMBERS = frozenset({"mean", "median", "sem", "std", "sum", "var"})


def _is_whole(column: Handle) -> bool:
    try:
        return np.dtype(column.facts.dtypes[0]).kind in "biu"
    except TypeError:  # a dtype of pandas' own
        return False


def _ratio(total: Any, count: Any) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.asarray(total, dtype=np.float64) / count)


def key_columns(rows: Handle, positions: Sequence[int]) -> list[Any]:
    """Columns of a frame, one handle each."""
    return [rows.federation.map(pick_columns, rows=rows, key=number) for number in positions]


# -- at the parties -------------------------------------------------------------------------


@party_op("groups.first", reveals="the distinct combinations, and in which run each comes first")
def first_combinations(keys: Sequence[pd.Series], runs: Any) -> Statistics:
    """Distinct combinations of keys in the order of their first appearance, and where that is."""
    table = pd.DataFrame({str(n): key.reset_index(drop=True) for n, key in enumerate(keys)})
    first = np.flatnonzero(~table.duplicated().to_numpy())
    names = " and ".join(f"column {key.name!r}" for key in keys)
    require_repeats(len(first), len(table), names)
    told = {label: plain_values(column.iloc[first]) for label, column in table.items()}
    return {**told, "run": np.searchsorted(np.cumsum(runs), first, side="right")}


@row_op("groups.number")
def number_groups(keys: Sequence[pd.Series], table: Mapping[str, Array]) -> pd.Series:
    """For each row the number of its combination of keys in a table that holds all of them."""
    known = pd.DataFrame({label: pd.Series(values) for label, values in table.items()})
    own = pd.DataFrame(
        {str(n): pd.Series(plain_values(key)) for n, key in enumerate(keys)}, columns=known.columns
    )
    both = pd.concat([known, own], ignore_index=True) if len(own) else known
    # The table comes first, so groups numbered as they appear are numbered as in the table.
    found = both.groupby(list(both.columns), sort=False, dropna=False).ngroup().to_numpy()
    return pd.Series(found[len(known) :], index=keys[0].index, dtype=np.intp)


@party_op("groups.sizes", counts=("size",))
def group_sizes(rows: pd.Series, groups: int) -> Statistics:
    """How many rows each group has."""
    return {"size": np.bincount(rows.to_numpy(), minlength=groups)}


@party_op("groups.counts", counts=("count",))
def group_counts(rows: pd.Series, numbers: pd.Series, groups: int) -> Statistics:
    """How many values of each group are not missing."""
    present = rows.notna().to_numpy()
    return {"count": np.bincount(numbers.to_numpy()[present], minlength=groups)}


def present_by_group(rows: pd.Series, numbers: pd.Series) -> Array:
    """How many values of each group are not missing, up to the last group that has some."""
    return np.bincount(numbers.to_numpy()[rows.notna().to_numpy()])


@party_op("groups.totals", counts=("low",), cells=present_by_group)
def group_totals(rows: pd.Series, numbers: pd.Series, groups: int, whole: bool) -> Statistics:
    """Sums of groups; for floats what is not finite is counted instead of summed."""
    place = numbers.to_numpy()
    if whole:
        # Two halves, so that sums beyond the encoding's 2**47 stay exact.
        total = _add(place, rows.to_numpy(dtype=np.int64), groups)
        return {"high": total >> _LOW_BITS, "low": total & (2**_LOW_BITS - 1)}
    values = _values(rows)
    finite = np.isfinite(values)
    return {
        "sum": _add(place[finite], values[finite], groups),
        "positive": np.bincount(place[values == np.inf], minlength=groups),
        "negative": np.bincount(place[values == -np.inf], minlength=groups),
    }


@party_op("groups.squares", cells=present_by_group)
def group_squares(rows: pd.Series, numbers: pd.Series, groups: int, centre: Any) -> Statistics:
    """Sums of squared differences to each group's centre, over finite values."""
    place, values = numbers.to_numpy(), _values(rows)
    finite = np.isfinite(values)
    difference = values[finite] - np.asarray(centre)[place[finite]]
    return {"squares": _add(place[finite], np.square(difference), groups)}


@party_op(
    "groups.extremes",
    reveals="the smallest or largest values of groups",
    cells=present_by_group,
)
def group_extremes(rows: pd.Series, numbers: pd.Series, largest: bool) -> Statistics:
    """The groups that have values here, and the smallest or largest value of each."""
    grouped = rows.groupby(numbers.to_numpy())
    found = (grouped.max() if largest else grouped.min()).dropna()
    return {"group": found.index.to_numpy(dtype=np.int64), "value": plain_values(found)}


@row_op("groups.apart")
def apart_by_group(rows: pd.Series, numbers: pd.Series, groups: int) -> Array:
    """A matrix with a column a group, in which each row has its value in its group's column."""
    apart = np.full((len(rows), groups), np.nan)
    apart[np.arange(len(rows)), numbers.to_numpy()] = _values(rows)
    return apart


@row_op("groups.spread")
def spread(numbers: pd.Series, values: Sequence[Array], columns: Any) -> Any:
    """Each row's figures of its group: a frame of columns, or a series under one name."""
    place = numbers.to_numpy()
    if not isinstance(columns, list):
        return pd.Series(np.asarray(values[0])[place], index=numbers.index, name=columns)
    told = {n: np.asarray(column)[place] for n, column in enumerate(values)}
    frame = pd.DataFrame(told, index=numbers.index)
    frame.columns = pd.Index(columns)
    return frame


def _values(rows: pd.Series) -> Array:
    return numbers(rows, None, "float64")


def _add(place: Array, values: Array, groups: int) -> Array:
    total = np.zeros(groups, dtype=values.dtype)
    np.add.at(total, place, values)
    return total
