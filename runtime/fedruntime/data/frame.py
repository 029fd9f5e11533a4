"""Handles to pandas tables whose rows stay at the parties."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.column_of import ColumnOf
from fedruntime.data.column_wise import apply_to_columns, frame_agg
from fedruntime.data.correlation import frame_corr, frame_corrwith, frame_cov
from fedruntime.data.describing import describe_frame, info
from fedruntime.data.expressions import evaluate
from fedruntime.data.handle import Handle
from fedruntime.data.multiset import frame_value_counts, mode, pivot_table
from fedruntime.data.public_merge import join, merge
from fedruntime.data.public_rows import deal_like
from fedruntime.data.public_values import to_message
from fedruntime.data.quantiles import quantiles
from fedruntime.data.row_operations import (
    apply_to_rows,
    insert,
    pick_columns,
    reduce_row_wise,
    rename,
)
from fedruntime.data.rows import is_mask, row_positions
from fedruntime.data.table_aggregates import frame_aggregate, frame_nunique, require_numbers
from fedruntime.data.tables import Table
from fedruntime.data.take import align, filter_rows, take
from fedruntime.data.template import column_positions, template
from fedruntime.errors import DataError, UnsupportedError


def _aggregate(name: str) -> Callable[..., Any]:
    def method(self: FedFrame, axis: Any = 0, **options: Any) -> Any:
        return self._aggregate(name, axis, options)

    method.__name__ = name
    method.__doc__ = f"``pandas.DataFrame.{name}``: public values, or a handle for ``axis=1``."
    return method


class FedFrame(Table, kind="frame"):
    """A pandas DataFrame whose rows stay at the parties."""

    _original = pd.DataFrame

    sum, mean, var, std, count = (_aggregate(n) for n in ("sum", "mean", "var", "std", "count"))
    min, max, any, all = (_aggregate(n) for n in ("min", "max", "any", "all"))
    median, sem, skew = _aggregate("median"), _aggregate("sem"), _aggregate("skew")
    kurt = kurtosis = _aggregate("kurt")
    nunique = frame_nunique
    describe, info, mode, value_counts = describe_frame, info, mode, frame_value_counts
    corr, cov, corrwith = frame_corr, frame_cov, frame_corrwith
    agg = aggregate = frame_agg
    merge, join, pivot_table = merge, join, pivot_table

    # -- what is public -------------------------------------------------------------------------

    @property
    def columns(self) -> pd.Index:
        return pd.Index(self.facts.columns or ())

    @columns.setter
    def columns(self, labels: Any) -> None:
        if len(labels) != self.shape[1]:
            raise DataError(f"{where()}{len(labels)} labels for {self.shape[1]} columns")
        self._become(self._federation.map(rename, rows=self, columns=list(labels)))

    @property
    def dtypes(self) -> pd.Series:
        return template(self.facts).dtypes

    def keys(self) -> pd.Index:
        """The column labels."""
        return self.columns

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Column labels, each with its column."""
        for number, label in enumerate(self.columns):
            yield label, self._pick(number)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter(self.columns)

    def __contains__(self, label: Any) -> bool:
        return label in self.columns

    def __delitem__(self, key: Any) -> None:
        self.drop(columns=[key], inplace=True)

    # -- columns and rows -----------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self.columns:
            return self[name]
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name in self.columns:
            self[name] = value
        else:
            super().__setattr__(name, value)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Handle):
            if key.ndim != 1:
                raise UnsupportedError(f"{where()}use .where(mask) for a mask of single cells")
            return filter_rows(self, key)
        if isinstance(key, slice):
            return take(self, row_positions(key, len(self)))
        listed = list(key) if isinstance(key, list | np.ndarray | pd.Index | pd.Series) else None
        if listed and all(isinstance(entry, bool | np.bool_) for entry in listed):
            return take(self, row_positions(key, len(self)))
        picked = self._pick(column_positions(self.facts, key if listed is None else listed))
        if listed is None and picked.ndim == 1:
            picked.__dict__["_column_of"] = ColumnOf(self, key)
        return picked

    def _pick(self, positions: Any) -> Any:
        return self._federation.map(pick_columns, rows=self, key=positions)

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, Handle):
            if not is_mask(key) or isinstance(value, Handle):
                raise UnsupportedError(f"{where()}under a mask only a public value can be set")
            self._become(self.mask(key, value) if key.ndim == 2 else self._set_rows(key, value))
            return
        self._become(self._with(key, value))

    def _set_rows(self, mask: Handle, value: Any) -> Any:
        changed = self.copy()
        changed.loc[mask] = value
        return changed

    def _with(self, key: Any, value: Any, location: int = -1) -> Any:
        if isinstance(value, Handle):
            align(self, value)
        elif np.ndim(value) and not isinstance(value, pd.Series):
            entries = np.asarray(value)
            if len(entries) == len(self):
                value = deal_like(self, entries)
            elif not isinstance(key, list):
                raise DataError(
                    f"{where()}column {key!r} is set from {len(entries)} values for "
                    f"{len(self)} rows"
                )
        columns = list(key) if isinstance(key, pd.Index | np.ndarray) else key
        return self._federation.map(
            insert, rows=self, location=location, columns=columns, value=to_message(value)
        )

    def insert(self, loc: int, column: Any, value: Any, allow_duplicates: bool = False) -> None:
        """Insert a column at a position."""
        if column in self.columns or not 0 <= loc <= self.shape[1]:
            raise DataError(
                f"{where()}cannot insert {column!r} at {loc}: columns are {list(self.columns)}"
            )
        self._become(self._with(column, value, location=loc))

    def assign(self, **columns: Any) -> Any:
        """The frame with columns set; a function is called with the frame so far."""
        frame = self
        for label, value in columns.items():
            frame = frame._with(label, value(frame) if callable(value) else value)
        return frame

    def pop(self, item: Any) -> Any:
        """Take a column out of the frame."""
        column = self[item]
        self.drop(columns=[item], inplace=True)
        return column

    def get(self, key: Any, default: Any = None) -> Any:
        """The column, or a default if there is none of this label."""
        return self[key] if key in self.columns else default

    def drop(
        self,
        labels: Any = None,
        *,
        axis: Any = 0,
        index: Any = None,
        columns: Any = None,
        inplace: bool = False,
        errors: Any = "raise",
    ) -> Any:
        """Drop columns, or the rows that the ``.index`` of other rows names."""
        if labels is not None:
            columns, index = (labels, None) if axis in (1, "columns") else (None, labels)
        dropped = self
        if index is not None or columns is None:
            dropped = self._without(index, errors)
        if columns is not None:
            kept = _numbered(self).drop(columns=columns, errors=errors)
            dropped = dropped._pick(kept.iloc[0].tolist())
        return self._become(dropped) if inplace else dropped

    def select_dtypes(self, include: Any = None, exclude: Any = None) -> Any:
        """The columns of some dtypes, judged over all parties."""
        typed = template(self.facts)
        typed.columns = pd.RangeIndex(self.shape[1])
        return self._pick(typed.select_dtypes(include, exclude).columns.tolist())

    def filter(self, items: Any = None, like: Any = None, regex: Any = None, axis: Any = 1) -> Any:
        """The columns whose labels match."""
        if axis not in (1, "columns"):
            raise UnsupportedError(f"{where()}filter chooses rows by label; use a mask")
        return self._pick(_numbered(self).filter(items, like, regex).iloc[0].tolist())

    def rename(
        self, mapper: Any = None, *, columns: Any = None, axis: Any = 0, inplace: bool = False
    ) -> Any:
        """The frame under other column labels."""
        if columns is None and axis in (1, "columns"):
            columns = mapper
        elif mapper is not None or columns is None:
            raise UnsupportedError(f"{where()}rename changes row labels; pass columns=...")
        labels = _numbered(self).rename(columns=columns).columns
        renamed = self._federation.map(rename, rows=self, columns=list(labels))
        return self._become(renamed) if inplace else renamed

    def squeeze(self, axis: Any = None) -> Any:
        """The only column of a frame of one column, else the frame."""
        return self._pick(0) if self.shape[1] == 1 else self.copy()

    def apply(self, func: Any, axis: Any = 0, args: Any = (), **kwargs: Any) -> Any:
        """A function on every row (``axis=1``), or on the handle of every column."""
        if axis not in (1, "columns"):
            return apply_to_columns(self, func, args, kwargs)
        return self._federation.map(
            apply_to_rows, rows=self, function=func, args=to_message(list(args)), kwargs=kwargs
        )

    def query(self, expr: str, *, inplace: bool = False) -> Any:
        """The rows at which an expression holds."""
        kept = self[evaluate(self, expr)]
        return self._become(kept) if inplace else kept

    def eval(self, expr: str, *, inplace: bool = False) -> Any:
        """The value of an expression in every row; an assignment gives the frame with it."""
        assigned = re.fullmatch(r"\s*(\w+)\s*=(?!=)(.*)", expr, re.DOTALL)
        if assigned is None:
            return evaluate(self, expr)
        changed = self._with(assigned[1], evaluate(self, assigned[2]))
        return self._become(changed) if inplace else changed

    def set_axis(self, labels: Any, *, axis: Any = 0) -> Any:
        """The frame under other column labels (``axis=1``), or another handle's row labels."""
        changed = self.copy()
        setattr(changed, "columns" if axis in (1, "columns") else "index", labels)
        return changed

    def reindex(self, labels: Any = None, *, columns: Any = None, axis: Any = 0) -> Any:
        """The columns in another order."""
        if columns is None and axis in (1, "columns"):
            columns = labels
        if columns is None or any(label not in self.columns for label in columns):
            raise UnsupportedError(f"{where()}reindex puts columns that are there in an order")
        return self[list(columns)]

    def _complete_columns(self, how: str, thresh: int | None, subset: Any) -> Any:
        if subset is not None:
            raise UnsupportedError(f"{where()}dropna(axis=1, subset=...) names rows by label")
        present = self.count().to_numpy()
        least = thresh if thresh is not None else (len(self) if how == "any" else 1)
        kept = present >= least
        if how == "all" and thresh is None and not len(self):
            kept[:] = False
        return self._pick(np.flatnonzero(kept).tolist())

    def _subset(self, subset: Any) -> list[int]:
        if subset is None:
            return list(range(self.shape[1]))
        labels = list(subset) if isinstance(subset, list | tuple | pd.Index) else [subset]
        found: list[int] = column_positions(self.facts, labels)
        return found

    # -- aggregates -----------------------------------------------------------------------------

    def quantile(self, q: Any = 0.5, *, numeric_only: bool = False) -> Any:
        """Linearly interpolated quantiles of every column."""
        frame = self.select_dtypes("number") if numeric_only else self
        columns = list(range(frame.shape[1]))
        require_numbers(frame, "quantile", columns)
        found = quantiles(frame, np.atleast_1d(q).tolist(), columns)
        if np.ndim(q):
            return pd.DataFrame(found, index=pd.Index(q, dtype=float), columns=frame.columns)
        return pd.Series(found[0], index=frame.columns, name=q)

    def _aggregate(self, name: str, axis: Any, options: dict[str, Any]) -> Any:
        numeric_only = bool(options.pop("numeric_only", False))
        refused = set(options) - {"skipna", "ddof", "min_count"}
        if refused:
            raise UnsupportedError(f"{where()}{name} with {', '.join(sorted(refused))}")
        if axis in (1, "columns"):
            rows = self.select_dtypes("number") if numeric_only else self
            return self._federation.map(
                reduce_row_wise, purpose=name, rows=rows, name=name, axis=1, options=options
            )
        if axis not in (0, "index"):
            raise UnsupportedError(f"{where()}{name} over axis={axis!r}: use .to_numpy()")
        return frame_aggregate(self, name, numeric_only, options)


def _numbered(frame: FedFrame) -> pd.DataFrame:
    """A public frame with the handle's labels whose one row holds the columns' positions."""
    return pd.DataFrame([np.arange(frame.shape[1])], columns=frame.columns)
