"""Between which values the columns of rows at the parties lie: as declared in the budget, as their
dtype has it, or estimated for a share of what a release may cost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import BudgetError
from fedruntime.estimators.private.magnitudes import magnitudes
from fedruntime.messages import Array
from fedruntime.privacy.budget import PrivacyBudget

_ESTIMATE = 0.3  # the share of a release's squared mu that goes into bounds that are not declared
_REACH = 6.0  # estimated bounds are so many scales to each side of the centre
_NARROW = 16  # integers of at most so many bits are bounded by their dtype


@dataclass(frozen=True)
class Interval:
    """Bounds, one a column.

    Parameters
    ----------
    low, high : ndarray of shape (columns,)
        NaN where they are not known.
    """

    low: Array
    high: Array

    @property
    def known(self) -> Array:
        return np.asarray(~np.isnan(self.low))

    @property
    def width(self) -> Array:
        return np.asarray(self.high - self.low)


def names_of(rows: Handle, columns: Sequence[int] | None = None, vector: str = "0") -> list[str]:
    """Under which names a budget has bounds for the columns of rows.

    Parameters
    ----------
    columns : sequence of int, optional
        Positions; by default all.
    vector : str
        The name of an array of one value a row.
    """
    width = math.prod(rows.facts.tail)
    chosen = range(width) if columns is None else columns
    if rows.facts.columns is None:
        return [str(number) for number in chosen] if rows.facts.tail else [vector]
    labels = [vector if label is None else str(label) for label in rows.facts.columns]
    return [labels[number] for number in (chosen if rows.facts.tail else [0])]


def declared_bounds(
    budget: PrivacyBudget, rows: Handle, columns: Sequence[int] | None = None, vector: str = "0"
) -> Interval:
    """The bounds that a budget declares or a dtype implies; NaN for other columns."""
    names = names_of(rows, columns, vector)
    dtypes = rows.facts.dtypes
    if len(dtypes) == 1:
        kinds = [dtypes[0]] * len(names)
    else:
        kinds = [dtypes[number] for number in (range(len(names)) if columns is None else columns)]
    pairs = [
        budget.bounds_of(name) or _of_dtype(kind) or (math.nan, math.nan)
        for name, kind in zip(names, kinds, strict=True)
    ]
    low, high = np.asarray(pairs, dtype=np.float64).reshape(-1, 2).T
    return Interval(low, high)


def _of_dtype(name: str) -> tuple[float, float] | None:
    dtype = pd.api.types.pandas_dtype(name)
    if dtype.kind == "b":
        return 0.0, 1.0
    if isinstance(dtype, np.dtype) and dtype.kind in "iu" and 8 * dtype.itemsize <= _NARROW:
        limits = np.iinfo(dtype)
        return float(limits.min), float(limits.max)
    return None


def bounds(
    rows: Handle,
    purpose: str,
    mu: float,
    columns: Sequence[int] | None = None,
    vector: str = "0",
) -> tuple[Interval, float]:
    """The bounds of columns, and what is left of mu after the estimation of missing ones.

    Raises
    ------
    BudgetError
        If the rows are no numbers, or there is no privacy budget.
    """
    account = rows.federation.budget
    assert account is not None
    found = declared_bounds(account.budget, rows, columns, vector)
    if found.known.all():
        return found, mu
    if rows.facts.kind == "sparse" or len(rows.facts.tail) > 1:
        raise BudgetError(
            f"{purpose} of {rows!r} needs declared bounds: PrivacyBudget(bounds={{'*': (low, "
            "high)})"
        )
    unknown = np.flatnonzero(~found.known).tolist()
    positions = unknown if columns is None else [columns[number] for number in unknown]
    cohort = Cohort(rows.federation, AGGREGATOR, {"X": rows}, purpose)
    scales = magnitudes(cohort, "X", positions, math.sqrt(_ESTIMATE) * mu)
    low, high = found.low.copy(), found.high.copy()
    low[unknown] = scales.centre - _REACH * scales.scale
    high[unknown] = scales.centre + _REACH * scales.scale
    return Interval(low, high), math.sqrt(1.0 - _ESTIMATE) * mu
