"""The scales that a private fit works in: declared by the budget's bounds, told by a look at the
length of the rows, or estimated from them; each for its part of what the fit may use.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.private.bounded_rows import Scales, as_numbers
from fedruntime.estimators.private.magnitudes import magnitudes, misplaced
from fedruntime.estimators.private.purse import Purse, account, require_useful, surplus
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_LOOK = 0.03  # of a fit's squared mu: whether rows are of unit scale already
_TARGET = 0.03  # of a fit's squared mu: the scale of the target
_ESTIMATE = 0.25  # of a fit's squared mu: the scales of the features
_LOOKED = "Only the looks before this one, at labels, target or length of rows, were paid for"
_SHORTEST, _LONGEST = 0.25, 4.0  # rows of unit scale, as root mean squares over their entries


def feature_scales(cohort: Cohort, left: Purse) -> tuple[Scales, Purse]:
    """Centres and scales to fit in: declared, those of rows of unit scale, or estimated."""
    columns = cohort.n_features
    declared = _declared(cohort, "X")
    if all(bounds is not None for bounds in declared):
        return _from_bounds(declared), left
    mu, left = left.part(_LOOK)
    public = {"columns": columns, "low": _SHORTEST, "high": _LONGEST}
    count = cohort.only(X=cohort["X"]).noisy_sum(rows_of_length, mu=mu, **public)["count"]
    if count > cohort.n_samples / 2.0:
        return Scales(np.zeros(columns), np.ones(columns)), left
    mu, left = left.part(_ESTIMATE)
    return column_scales(cohort, "X", mu, so_far=_LOOKED), left


def target_scales(cohort: Cohort, left: Purse) -> tuple[Scales, Purse]:
    """The same of the target."""
    declared = _declared(cohort, "y")
    if all(bounds is not None for bounds in declared):
        return _from_bounds(declared), left
    mu, left = left.part(_TARGET)
    return column_scales(cohort, "y", mu), left


def column_scales(cohort: Cohort, name: str, mu: float, so_far: str = "Nothing was sent") -> Scales:
    """Declared scales, and estimates of those that are not declared.

    Raises
    ------
    BudgetError
        Instead of the estimate, if too many columns would be taken for another magnitude.
    """
    declared = _declared(cohort, name)
    unknown = [number for number, bounds in enumerate(declared) if bounds is None]
    if not unknown:
        return _from_bounds(declared)
    require_useful(
        cohort,
        partial(misplaced, cohort.n_samples, len(unknown), noise=surplus(cohort)),
        mu,
        "share of columns that are taken for another magnitude",
        so_far=so_far,
    )
    found = magnitudes(cohort, name, unknown, mu)
    scales = _from_bounds([bounds or (0.0, 1.0) for bounds in declared])
    scales.centre[unknown], scales.scale[unknown] = found.centre, found.scale
    return scales


def declared_bounds(cohort: Cohort) -> list[tuple[float, float] | None]:
    """The bounds that the budget declares for each feature, if any."""
    return _declared(cohort, "X")


def _declared(cohort: Cohort, name: str) -> list[tuple[float, float] | None]:
    budget = account(cohort).budget
    return [budget.bounds_of(column) for column in column_names(cohort[name], name)]


def column_names(rows: Handle, name: str) -> list[str]:
    """The names under which a budget declares something of the columns of ``X`` or ``y``."""
    if rows.ndim == 1:
        label = rows.facts.columns[0] if rows.facts.columns else None
        return [str(label) if label is not None else name]
    if rows.facts.columns is not None:
        return [str(column) for column in rows.facts.columns]
    numbers = [str(number) for number in range(int(rows.shape[1]))]
    return numbers if name == "X" else [f"{name}{number}" for number in numbers]


def _from_bounds(bounds: list[Any]) -> Scales:
    """The centre and the standard deviation of values that are evenly spread between bounds."""
    low, high = np.asarray(bounds, dtype=np.float64).reshape(-1, 2).T
    return Scales((low + high) / 2.0, (high - low) / math.sqrt(12.0))


def _one(public: Mapping[str, Any]) -> float:
    return 1.0


@party_op("private_fit.rows_of_length", sensitivity=_one)
def rows_of_length(X: Any, columns: int, low: float, high: float) -> Statistics:
    """How many rows have a root mean square entry between two values."""
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.square(as_numbers(X, columns)).mean(axis=1)
    return {"count": np.count_nonzero((square >= low**2) & (square <= high**2))}
