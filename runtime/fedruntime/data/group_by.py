"""``groupby`` of handles: what pandas would give as public tables of figures, one row a group, and
figures spread back over the rows. The labels and dtypes of results are those that pandas itself
gives for the same groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fedruntime.attempts import AtParties, Restartable
from fedruntime.caller import where
from fedruntime.data.groups import FIGURES, Groups, key_columns, spread
from fedruntime.data.handle import Handle
from fedruntime.data.take import align
from fedruntime.data.template import column_positions, template
from fedruntime.errors import UnsupportedError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

_OPTIONS = frozenset({"ddof", "min_count", "dropna"})
_FUNCTIONS = {
    function: name
    for name in ("max", "mean", "median", "min", "sum")
    for function in (getattr(np, name), {"max": max, "min": min, "sum": sum}.get(name))
    if function is not None
}


def _figure(name: str) -> Callable[..., Any]:
    def method(self: FedGroupBy, numeric_only: bool = False, **options: Any) -> Any:
        refused = set(options) - _OPTIONS
        if refused:
            raise UnsupportedError(f"{where()}groupby.{name} with {', '.join(sorted(refused))}")
        return self._figures(name, numeric_only, options)

    method.__name__ = name
    method.__doc__ = f"``{name}`` of every group."
    return method


@dataclass(frozen=True, eq=False)
class FedGroupBy(AtParties, Restartable):
    """The groups of a frame or series at the parties.

    Parameters
    ----------
    rows : FedFrame or FedSeries
    partition : Groups
    names : tuple
        What the keys are called.
    positions : tuple of int
        The columns that figures are of.
    options : mapping
        ``sort``, ``dropna`` and ``observed`` as pandas has them.
    as_index : bool
    single : bool
        Whether figures are of one column, as a series.
    """

    rows: Any
    partition: Groups
    names: tuple[Any, ...]
    positions: tuple[int, ...]
    options: Mapping[str, Any]
    as_index: bool
    single: bool

    mean, median, sum = _figure("mean"), _figure("median"), _figure("sum")
    min, max, count = _figure("min"), _figure("max"), _figure("count")
    std, var, sem, nunique = _figure("std"), _figure("var"), _figure("sem"), _figure("nunique")

    @property
    def federation(self) -> Exchange:
        federation: Exchange = self.rows.federation
        return federation

    def __getitem__(self, key: Any) -> FedGroupBy:
        labels = list(key) if isinstance(key, list | tuple | pd.Index) else [key]
        found = tuple(column_positions(self.rows.facts, labels))
        return replace(self, positions=found, single=not isinstance(key, list | tuple | pd.Index))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in (self.rows.facts.columns or ()):
            return self[name]
        raise UnsupportedError(
            f"{where()}groupby.{name} has no federated counterpart: it needs the rows of a group "
            f"in one place; use {', '.join(sorted(FIGURES))}, agg of these, or transform of these"
        )

    def __iter__(self) -> Any:
        self.rows.refuse("iterated by group", "use agg, or a mask for each value of the key")

    def __len__(self) -> int:
        return self.ngroups

    @property
    def ngroups(self) -> int:
        """How many groups there are."""
        return len(self._order)

    def size(self) -> Any:
        """How many rows each group has."""
        shape = self._grouped(self._template).size()
        filled = pd.Series(self.partition.sizes[self._order], index=self._order.index)
        filled.name = self.rows.facts.columns[self.positions[0]] if self.single else None
        self._require_observed(shape)
        return filled if self.as_index else filled.reset_index(name="size")

    def agg(self, func: Any = None, *args: Any, **named: Any) -> Any:
        """Figures by name: one, a list, a dict by column, or keywords that name the results."""
        if args:
            raise UnsupportedError(f"{where()}groupby.agg with arguments for the function")
        if func is None:
            asked = {
                label: (given, None) if isinstance(given, str) or callable(given) else given
                for label, given in named.items()
            }
            plan = [
                (
                    self.positions[0] if self.single else self._position(column),
                    _name(figure if not self.single else column),
                )
                for column, figure in asked.values()
            ]
            public = {
                label: _name(column) if self.single else (column, _name(figure))
                for label, (column, figure) in asked.items()
            }
            return self._filled(plan, self._grouped(self._chosen).agg(**public))
        if isinstance(func, Mapping):
            if self.single:
                raise UnsupportedError(f"{where()}groupby of one column takes no dict in agg")
            spec: Any = {column: _names(figures) for column, figures in func.items()}
            plan = [
                (self._position(column), figure)
                for column, figures in spec.items()
                for figure in ([figures] if isinstance(figures, str) else figures)
            ]
            return self._filled(plan, self._grouped(self._template).agg(spec))
        spec = _names(func)
        if isinstance(spec, str):
            return self._figures(spec, False, {})
        plan = [(position, figure) for position in self.positions for figure in spec]
        return self._filled(plan, self._grouped(self._chosen).agg(spec))

    aggregate = agg

    def transform(self, func: Any, **options: Any) -> Any:
        """Each row's figure of its group, as a handle."""
        name = _name(func)
        values = [self._values(position, name, options) for position in self.positions]
        dropped = np.ones(len(self.partition), dtype=bool)
        dropped[self._order.to_numpy()] = False
        if dropped.any():  # groups of missing keys have no figures
            values = [np.where(dropped, np.nan, column) for column in values]
        labels = [self.rows.facts.columns[position] for position in self.positions]
        return self.rows.federation.map(
            spread,
            purpose="transform",
            numbers=self.partition.numbers,
            values=values,
            columns=labels[0] if self.single else labels,
        )

    # -- what pandas gives for such groups -------------------------------------------------------

    @property
    def _template(self) -> Any:
        """Public rows of zeros, one a group, in the columns and dtypes of the handle."""
        return template(self.rows.facts, rows=len(self.partition))

    @property
    def _chosen(self) -> Any:
        whole = self._template
        if whole.ndim == 1:
            return whole
        return whole.iloc[:, self.positions[0] if self.single else list(self.positions)]

    def _grouped(self, public: Any) -> Any:
        keys = [
            self.partition.table.iloc[:, place].rename(name)
            for place, name in enumerate(self.names)
        ]
        return public.groupby(keys, **self.options)

    @property
    def _order(self) -> pd.Series:
        """The numbers of the groups in the order of results, under their labels."""
        numbered = pd.Series(np.arange(len(self.partition)))
        found = self._grouped(numbered).first().dropna().astype(np.intp)
        found.name = None
        return found

    def _require_observed(self, shape: Any) -> None:
        if len(shape) != len(self._order):
            raise UnsupportedError(
                f"{where()}groupby of categories would list those that no row has: pass "
                "observed=True"
            )

    def _position(self, label: Any) -> int:
        found: int = column_positions(self.rows.facts, label)
        return found

    def _values(self, position: int, name: str, options: Mapping[str, Any]) -> Any:
        column = self.rows if self.rows.ndim == 1 else key_columns(self.rows, [position])[0]
        return self.partition.figures(name, column, options)

    def _figures(self, name: str, numeric_only: bool, options: Mapping[str, Any]) -> Any:
        chosen = self
        if name == "size":
            return self.size()
        if numeric_only and not self.single:
            dtypes = self._template.dtypes
            kept = [p for p in self.positions if pd.api.types.is_numeric_dtype(dtypes.iloc[p])]
            chosen = replace(self, positions=tuple(kept))
        plan = [(position, name) for position in chosen.positions]
        for position in chosen.positions:  # says in our words what pandas would say of zeros
            if name in ("mean", "median", "std", "var", "sem", "sum"):
                chosen._values(position, "mean", {})
        shape = getattr(chosen._grouped(chosen._chosen), name)()
        return chosen._filled(plan, shape, options)

    def _filled(
        self, plan: Sequence[tuple[int, str]], shape: Any, options: Mapping[str, Any] | None = None
    ) -> Any:
        """Pandas' result for a public table of zeros, with the figures of the groups in it."""
        self._require_observed(shape)
        order = self._order.to_numpy()
        filled = {}
        for place, (position, name) in enumerate(plan):
            values = np.asarray(self._values(position, name, options or {}))[order]
            pooled = (shape if shape.ndim == 1 else shape.iloc[:, place]).dtype
            filled[place] = _typed(values, pooled)
        if shape.ndim == 1:
            found = pd.Series(filled[0], index=shape.index, name=shape.name)
            return found if self.as_index else found.reset_index()
        frame = pd.DataFrame(filled, index=shape.index)
        frame.columns = shape.columns
        return frame if self.as_index else frame.reset_index()


def _typed(values: Any, dtype: Any) -> Any:
    found = pd.Series(values)
    if isinstance(dtype, np.dtype) and dtype.kind in "biu" and found.isna().any():
        return found.to_numpy()
    return found.astype(dtype).array


def _name(figure: Any) -> str:
    try:
        named = figure if isinstance(figure, str) else _FUNCTIONS.get(figure)
    except TypeError:
        named = None
    if named not in FIGURES:
        raise UnsupportedError(
            f"{where()}groupby.agg with {figure!r} needs the rows of a group in one place; use the "
            f"names {', '.join(sorted(FIGURES))}"
        )
    assert named is not None
    return named


def _names(figures: Any) -> str | list[str]:
    if isinstance(figures, list | tuple):
        return [_name(figure) for figure in figures]
    return _name(figures)


def group_by(
    rows: Any,
    by: Any = None,
    *,
    as_index: bool = True,
    sort: bool = True,
    group_keys: bool = True,
    observed: Any = None,
    dropna: bool = True,
    level: Any = None,
    axis: Any = 0,
) -> FedGroupBy:
    """``groupby`` by columns of the frame, or by series whose rows lie at the same places.

    Raises
    ------
    UnsupportedError
        For other keys.
    """
    if by is None or level is not None or axis not in (0, "index"):
        raise UnsupportedError(f"{where()}groupby takes columns; levels and axes are not carried")
    keys: list[Any] = []
    positions: list[int] = []
    for key in by if isinstance(by, list | tuple) else [by]:
        if isinstance(key, Handle) and key.facts.kind == "series":
            align(rows, key)
            keys.append(key)
        elif rows.ndim == 2 and not callable(key) and not np.ndim(key):
            positions.append(column_positions(rows.facts, key))
            keys.extend(key_columns(rows, positions[-1:]))
        else:
            raise UnsupportedError(
                f"{where()}groupby by {type(key).__name__}: keys are column labels, or columns at "
                "the parties"
            )
    options: dict[str, Any] = {"sort": sort, "dropna": dropna}
    if observed is not None:
        options["observed"] = observed
    elif any(key.facts.dtypes[0] == "category" for key in keys):
        options["observed"] = int(pd.__version__.partition(".")[0]) >= 3
    width = rows.shape[1] if rows.ndim == 2 else 1
    return FedGroupBy(
        rows=rows,
        partition=Groups(tuple(keys)),
        names=tuple(key.facts.columns[0] for key in keys),
        positions=tuple(number for number in range(width) if number not in positions),
        options=options,
        as_index=as_index,
        single=rows.ndim == 1,
    )
