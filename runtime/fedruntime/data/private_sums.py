"""Sums, means and variances of columns under a privacy budget: each value is kept between public
bounds, so that one row cannot move a sum by more than these allow, and one noisy sum gives all.

Missing values contribute nothing; how many there are is part of the same release.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.numbers import numbers
from fedruntime.errors import BudgetError, ProtocolError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op
from fedruntime.privacy.column_bounds import Interval, bounds

PRIVATE_AGGREGATES = ("count", "mean", "sem", "std", "sum", "var")
_VISIBLE = 4.0  # fewer missing values than so many standard deviations are taken for none


@dataclass(frozen=True)
class PrivateMoments:
    """What one release tells of columns.

    Parameters
    ----------
    total : ndarray
        Sums of the values, as far as they are not missing.
    present : ndarray
        How many values are not missing.
    squares : ndarray, optional
        Sums of squared differences to the mean, never negative.
    """

    total: Array
    present: Array
    squares: Array | None


def require_private_aggregate(handle: Handle, name: str) -> None:
    """Refuse an aggregate that has no private form, before anything is paid.

    Raises
    ------
    BudgetError
        Names those that have one.
    """
    if handle.federation.budget is not None and name not in PRIVATE_AGGREGATES:
        raise BudgetError(
            f"{name} of {handle!r} has no private form; under a privacy budget there are "
            f"{', '.join(PRIVATE_AGGREGATES)}, value_counts of declared values, and histograms of "
            "declared ranges"
        )


def private_moments(
    handle: Handle,
    purpose: str,
    columns: Sequence[int] | None = None,
    *,
    squares: bool = False,
    together: bool = False,
) -> PrivateMoments:
    """Noisy totals of columns, paid from the federation's privacy budget.

    Parameters
    ----------
    columns : sequence of int, optional
        Of a frame, by position; by default everything.
    squares : bool
        Whether squared differences to the means are wanted, too.
    together : bool
        Whether all values count as one column.

    Raises
    ------
    BudgetError
        If too little is left, or the result would be mostly noise. Nothing has been sent.
    """
    account = handle.federation.budget
    assert account is not None
    mu = account.allot(purpose)
    interval, mu = bounds(handle, purpose, mu, columns)
    cohort = Cohort(handle.federation, AGGREGATOR, {"rows": handle}, purpose)
    public: dict[str, Any] = {
        "columns": None if columns is None else list(columns),
        "low": interval.low,
        "high": interval.high,
        "squares": squares,
    }
    _require_useful(cohort, public, mu, interval)
    found = cohort.noisy_sum(bounded_moments, mu=mu, **public)
    rows = len(handle)
    missing = np.asarray(found["missing"])
    visible = _VISIBLE * cohort.noise_sd(bounded_moments, mu=mu, **public)["missing"]
    missing = np.where(missing < visible, 0.0, np.minimum(np.rint(missing), rows))
    shape = () if together or not handle.facts.tail else (-1,)
    return _moments(found, interval, rows - missing, together, shape)


def private_count(handle: Handle, purpose: str, columns: Sequence[int] | None = None) -> Array:
    """How many values of each column are not missing."""
    account = handle.federation.budget
    assert account is not None
    mu = account.allot(purpose)
    width = math.prod(handle.facts.tail) if columns is None else len(columns)
    cohort = Cohort(handle.federation, AGGREGATOR, {"rows": handle}, purpose)
    public: dict[str, Any] = {"columns": None if columns is None else list(columns), "width": width}
    error = float(np.max(cohort.noise_sd(missing_counts, mu=mu, **public)["missing"]))
    rows = len(handle)
    account.require_useful(purpose, error, account.budget.tolerance * rows, "a count")
    found = cohort.noisy_sum(missing_counts, mu=mu, **public)["missing"]
    count = np.clip(rows - np.rint(found), 0, rows).astype(np.int64)
    return count if handle.facts.tail else np.asarray(count[0])


def _require_useful(
    cohort: Cohort, public: Mapping[str, Any], mu: float, interval: Interval
) -> None:
    """Refuse where the mean of a column would be off by more than the tolerance of its range."""
    account = cohort.federation.budget
    assert account is not None
    rows = max(1, len(cohort["rows"]))
    errors = cohort.noise_sd(bounded_moments, mu=mu, **public)["sum"] / rows
    worst = int(np.argmax(errors / interval.width))
    account.require_useful(
        cohort.purpose,
        float(errors[worst]),
        float(account.budget.tolerance * interval.width[worst]),
        f"the mean of column {worst}",
    )
    if public["squares"]:
        off = cohort.noise_sd(bounded_moments, mu=mu, **public)["squares"] / rows
        most = (interval.width / 2.0) ** 2
        worst = int(np.argmax(off / most))
        account.require_useful(
            cohort.purpose,
            float(off[worst]),
            float(account.budget.tolerance * most[worst]),
            f"the variance of column {worst}",
        )


def _moments(
    found: Mapping[str, Array],
    interval: Interval,
    present: Array,
    together: bool,
    shape: tuple[int, ...],
) -> PrivateMoments:
    middle, half = (interval.low + interval.high) / 2.0, interval.width / 2.0
    total = found["sum"] + middle * present
    if "squares" not in found:
        squares = None
    else:
        about_middle = np.clip(found["squares"] + half**2 / 2.0 * present, 0.0, None)
        mean = total.sum() / max(present.sum(), 1.0) if together else total / np.maximum(present, 1)
        # Steiner: from the middle of the bounds to the mean.
        offset = (middle - mean) ** 2 * present + 2.0 * (middle - mean) * found["sum"]
        squares = about_middle + offset
    if together:
        total, present = total.sum(), present.sum()
        squares = None if squares is None else squares.sum()
    return PrivateMoments(
        np.asarray(total).reshape(shape),
        np.asarray(present).reshape(shape),
        None if squares is None else np.maximum(np.asarray(squares).reshape(shape), 0.0),
    )


# -- at the parties -------------------------------------------------------------------------


def _moment_scales(public: Mapping[str, Any]) -> dict[str, Any]:
    """A cell is either missing, or its deviation d from the middle is within the half width h and
    its square within h**2 / 2 of the middle of the squares. With squares, d**2 counts 3/4 and the
    other 1/4, which together never exceed 1 for any d.
    """
    half = (np.asarray(public["high"]) - np.asarray(public["low"])) / 2.0
    root = math.sqrt(half.size)
    if not public["squares"]:
        return {"sum": half * root, "missing": root}
    return {
        "sum": half * (root * math.sqrt(4.0 / 3.0)),
        "squares": half**2 * root,
        "missing": root,
    }


@party_op("private.moments", sensitivity=_moment_scales)
def bounded_moments(rows: Any, columns: Any, low: Array, high: Array, squares: bool) -> Statistics:
    """Sums of deviations from the middle of the bounds, and of their squares, over what is
    present; how many values are missing.
    """
    values = _of_width(numbers(rows, columns, "float64"), np.size(low))
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    missing = np.isnan(values)
    deviation = np.where(missing, 0.0, np.clip(values, low, high) - middle)
    found = {"sum": deviation.sum(axis=0), "missing": missing.sum(axis=0)}
    if squares:
        centred = np.where(missing, 0.0, deviation**2 - half**2 / 2.0)
        found["squares"] = centred.sum(axis=0)
    return found


@party_op("private.missing", sensitivity=lambda public: {"missing": math.sqrt(public["width"])})
def missing_counts(rows: Any, columns: Any, width: int) -> Statistics:
    """How many values of each column are missing."""
    chosen = rows if columns is None else rows.iloc[:, list(columns)]
    missing = chosen.isna().to_numpy() if hasattr(chosen, "isna") else np.isnan(np.asarray(chosen))
    return {"missing": _of_width(missing, width).sum(axis=0)}


def _of_width(values: Array, width: int) -> Array:
    """One row of so many entries a row, or a refusal: the noise was sized for that many."""
    flat = values.reshape(len(values), -1)
    if flat.shape[1] != width:
        raise ProtocolError(f"noise was sized for {width} columns; there are {flat.shape[1]}")
    return flat
