"""Counts of values and histograms under a privacy budget: of values and edges that are public
beforehand, because the values that occur would tell of single rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.caller import where
from fedruntime.cohort import Cohort
from fedruntime.data.distinct import plain_values
from fedruntime.data.handle import Handle
from fedruntime.errors import BudgetError, ProtocolError
from fedruntime.messages import Array
from fedruntime.operations import Operation, Statistics, party_op
from fedruntime.privacy.column_bounds import declared_bounds, names_of

_MOST_VALUES = 1000  # integers between declared bounds beyond which they are no categories


def possible_values(handle: Handle, purpose: str, vector: str = "0") -> Array:
    """The values that a column can have: as declared, as its dtype has it, or the integers
    between its bounds.

    Raises
    ------
    BudgetError
        If it is not known.
    """
    account = handle.federation.budget
    assert account is not None
    (name,) = names_of(handle, vector=vector)
    declared = account.budget.values_of(name)
    if declared is not None:
        return np.asarray(declared)
    dtype = pd.api.types.pandas_dtype(handle.facts.dtypes[0])
    if dtype.kind == "b":
        return np.array([False, True])
    interval = declared_bounds(account.budget, handle, vector=vector)
    if dtype.kind in "iu" and interval.known.all() and interval.width[0] < _MOST_VALUES:
        return np.arange(round(float(interval.low[0])), round(float(interval.high[0])) + 1)
    raise BudgetError(
        f"{where()}{purpose} of {handle!r} would tell which values occur; under a privacy budget "
        f"declare those that can: PrivacyBudget(values={{{name!r}: [...]}})"
    )


def private_counts_of(handle: Handle, values: Array, purpose: str) -> Array:
    """How often each of some public values occurs, as integers from 0 on.

    Raises
    ------
    BudgetError
        If too little is left, or counts would be mostly noise. Nothing has been sent.
    """
    return _counts(handle, purpose, value_counts_of, values=values)


def private_histogram(handle: Handle, edges: Array, purpose: str) -> Array:
    """How many values lie in each bin, as integers from 0 on; errors are those of counts."""
    return _counts(handle, purpose, bin_counts, edges=edges)


def declared_range(handle: Handle, purpose: str) -> tuple[float, float]:
    """The declared bounds of a vector, for a histogram that names no range.

    Raises
    ------
    BudgetError
        If there are none.
    """
    account = handle.federation.budget
    assert account is not None
    interval = declared_bounds(account.budget, handle)
    if not interval.known.all():
        raise BudgetError(
            f"{where()}{purpose} of {handle!r} would tell the smallest and the largest value; "
            "under a privacy budget give a range, or declare bounds of the column"
        )
    return float(interval.low.min()), float(interval.high.max())


def _counts(handle: Handle, purpose: str, operation: Operation, **public: Any) -> Array:
    if handle.facts.tail:
        raise BudgetError(
            f"{where()}{purpose} of {handle!r} has no private form: take one column at a time"
        )
    account = handle.federation.budget
    assert account is not None
    mu = account.allot(purpose)
    cohort = Cohort(handle.federation, AGGREGATOR, {"rows": handle}, purpose)
    error = float(np.max(cohort.noise_sd(operation, mu=mu, **public)[""]))
    rows = len(handle)
    account.require_useful(purpose, error, account.budget.tolerance * rows, "a count")
    counts = cohort.noisy_sum(operation, mu=mu, **public)["counts"]
    return np.clip(np.rint(counts), 0, rows).astype(np.int64)


# -- at the parties -------------------------------------------------------------------------


def _one_cell(public: Any) -> float:
    """A row has one value, so it is in one count at most."""
    return 1.0


@party_op("private.value_counts", sensitivity=_one_cell)
def value_counts_of(rows: Any, values: Sequence[Any]) -> Statistics:
    """How often each of some values occurs in a vector; others are not counted."""
    column = pd.Series(_vector(rows))
    known = pd.Index(np.asarray(values))
    found = known.get_indexer(pd.Index(plain_values(column)))
    return {"counts": np.bincount(found[found >= 0], minlength=len(known))}


@party_op("private.histogram", sensitivity=_one_cell)
def bin_counts(rows: Any, edges: Array) -> Statistics:
    """How many values of a vector lie in each bin; others are not counted."""
    values = np.asarray(_vector(rows), dtype=np.float64)
    counts, _ = np.histogram(values[np.isfinite(values)], bins=np.asarray(edges))
    return {"counts": counts}


def _vector(rows: Any) -> Any:
    """One value a row, or a refusal: the noise was sized for that."""
    if np.ndim(rows) != 1:
        raise ProtocolError("noise was sized for one value a row")
    return rows
