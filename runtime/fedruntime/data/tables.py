"""What frames and series share: pandas' methods that are not simply carried, and selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from fedruntime.attempts import attempted
from fedruntime.caller import where
from fedruntime.data.arithmetic import Arithmetic, check_operands
from fedruntime.data.categories import as_categories
from fedruntime.data.group_by import FedGroupBy, group_by
from fedruntime.data.handle import Handle
from fedruntime.data.locators import Locator
from fedruntime.data.numpy_functions import call
from fedruntime.data.refused import REFUSED
from fedruntime.data.row_labels import RowLabels, rows_without, with_labels
from fedruntime.data.row_operations import complete_rows, reindex
from fedruntime.data.take import filter_rows, take
from fedruntime.errors import UnsupportedError

_ARITHMETIC = {
    "add", "sub", "mul", "div", "truediv", "mod", "pow", "radd", "rsub", "rmul", "rdiv",
    "rtruediv", "rpow", "eq", "ne", "lt", "le", "gt", "ge",
}  # fmt: skip


_MEETS_ROWS = _ARITHMETIC | {"between", "clip", "fillna", "mask", "where"}
"""Methods that pair the rows of another handle with their own."""


class Table(Arithmetic):
    """A pandas object whose rows stay at the parties."""

    __array_priority__ = 1000

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return call(function, args, kwargs)

    @property
    def loc(self) -> Locator:
        """Rows by mask and columns by label."""
        return Locator(self, by_label=True)

    @property
    def iloc(self) -> Locator:
        """Rows by mask or public positions, and columns by position."""
        return Locator(self, by_label=False)

    @property
    def values(self) -> Any:
        """The rows as a numpy array at the parties."""
        return self.to_numpy()

    @property
    def empty(self) -> bool:
        return 0 in self.shape

    @property
    def index(self) -> RowLabels:
        """The row labels, which stay at the parties."""
        return RowLabels(self)

    @index.setter
    def index(self, labels: Any) -> None:
        if not isinstance(labels, RowLabels):
            raise UnsupportedError(
                f"{where()}row labels lie at the parties: use set_index, reset_index(drop=True), "
                "or the .index of a handle whose rows lie at the same places"
            )
        self._become(with_labels(self, labels))

    def groupby(self, by: Any = None, **options: Any) -> FedGroupBy:
        """Groups by the values of columns; their figures are public."""
        return group_by(self, by, **options)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """What a function makes of the handle."""
        return func(self, *args, **kwargs)

    def _refuse_name(self, name: str) -> NoReturn:
        if name in REFUSED:
            raise UnsupportedError(f"{where()}.{name} of {self!r} {REFUSED[name]}")
        super()._refuse_name(name)

    def _without(self, labels: Any, errors: str) -> Any:
        """The rows without those that the ``.index`` of other rows names."""
        if not isinstance(labels, RowLabels):
            raise UnsupportedError(
                f"{where()}drop chooses rows by their labels, which are at the parties; keep rows "
                "with a mask such as df[df['x'] > 0], or drop columns with columns=[...]"
            )
        return filter_rows(self, rows_without(self, labels, errors))

    @attempted
    def _run(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if name in ("where", "mask"):
            # A condition may be a function of the whole column: it sees the handle, not one part.
            args = [one(self) if callable(one) else one for one in args]
            kwargs = {key: one(self) if callable(one) else one for key, one in kwargs.items()}
        given = [*args, *kwargs.values()]
        for handle in given:
            if isinstance(handle, Handle) and not (
                name in _MEETS_ROWS and handle.ndim == self.ndim
            ):
                raise UnsupportedError(
                    f"{where()}{name} of {self!r} with {handle!r} would look for rows among other "
                    "rows, which lie at several parties; use public values"
                )
        if name in _ARITHMETIC:
            check_operands([self, *args[:1], *(v for k, v in kwargs.items() if k == "other")])
        if name == "fillna" and (kwargs.get("method") or kwargs.get("limit")):
            raise UnsupportedError(
                f"{where()}fillna with method or limit looks at neighbouring rows, which may lie "
                "at another party; fill with a value, such as the column's mean() or median()"
            )
        if name == "replace" and kwargs.get("method"):
            raise UnsupportedError(f"{where()}replace(method=...) looks at neighbouring rows")
        if name == "astype" and given:
            found = as_categories(self, given[0])
            if found is not None:
                return found
        return super()._run(name, args, kwargs)

    def dropna(
        self,
        *,
        axis: Any = 0,
        how: str = "any",
        thresh: int | None = None,
        subset: Any = None,
        inplace: bool = False,
        ignore_index: bool = False,
    ) -> Any:
        """Drop rows with missing values, or columns; see ``filter_rows`` for what leaves."""
        if axis not in (0, "index"):
            complete = self._complete_columns(how, thresh, subset)
            return self._become(complete) if inplace else complete
        columns = self._subset(subset)
        mask = self._federation.map(
            complete_rows, purpose="dropna", rows=self, columns=columns, how=how, thresh=thresh
        )
        kept = filter_rows(self, mask)
        if ignore_index:
            kept = kept.reset_index(drop=True)
        return self._become(kept) if inplace else kept

    def _complete_columns(self, how: str, thresh: int | None, subset: Any) -> Any:
        raise ValueError(f"{where()}a column of rows has no columns to drop")

    def _subset(self, subset: Any) -> list[int]:
        """The positions of the columns in which ``dropna`` looks for missing values."""
        return [0]

    def reset_index(self, level: None = None, *, drop: bool = False, inplace: bool = False) -> Any:
        """Number the rows as they are pooled."""
        if level is not None:
            raise UnsupportedError(f"{where()}reset_index(level=...) has no counterpart")
        positions = self.layout.positions
        each = {party: {"positions": positions[party]} for party in self.layout.parties}
        fresh = self._federation.map(reindex, each=each, rows=self, drop=drop)
        return self._become(fresh) if inplace else fresh

    def sample(
        self,
        n: int | None = None,
        frac: float | None = None,
        replace: bool = False,
        weights: None = None,
        random_state: Any = None,
        ignore_index: bool = False,
    ) -> Any:
        """Rows at random: those that pandas draws from the pooled rows with this seed."""
        if weights is not None:
            raise UnsupportedError(f"{where()}sample(weights=...) has no counterpart")
        positions = pd.Series(np.arange(len(self)))
        drawn = positions.sample(n=n, frac=frac, replace=replace, random_state=random_state)
        sampled = take(self, drawn.to_numpy())
        return sampled.reset_index(drop=True) if ignore_index else sampled
