"""Third and fourth moments of columns: skewness, kurtosis and the standard error of the mean, by
the formulas of pandas' ``nanops``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.data.handle import Handle
from fedruntime.data.numbers import numbers
from fedruntime.data.sums import centred_square_sums, column_sums, sum_over_parties
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

_EPSILON = np.finfo(np.float64).eps
# What pandas takes for zero, and what a constant column has: until 3 zero is told by size, since
# then by what rounding leaves of constants.
_NO_SPREAD, _OF_CONSTANTS = (1e-14, 0.0) if pd.__version__ < "3" else (0.0, np.nan)


def skew(handle: Handle, columns: Sequence[int] | None, options: Mapping[str, Any]) -> Array:
    """Skewness of each column, without bias; NaN for fewer than three values."""
    count, moments, _, missing = _moments(handle, columns, "skew")
    second, third, _ = moments
    with np.errstate(invalid="ignore", divide="ignore"):
        found = count * np.sqrt(count - 1) / (count - 2) * third / second**1.5
    found = np.where(second == 0, _OF_CONSTANTS, found)
    return _told(np.where(count < 3, np.nan, found), missing, options)


def kurt(handle: Handle, columns: Sequence[int] | None, options: Mapping[str, Any]) -> Array:
    """Excess kurtosis of each column, without bias; NaN for fewer than four values."""
    count, moments, scale, missing = _moments(handle, columns, "kurt")
    second, _, fourth = moments
    with np.errstate(invalid="ignore", divide="ignore"):
        inner = (count - 2) * (count - 3)
        adjusted = 3 * (count - 1) ** 2 / inner
        upper = count * (count + 1) * (count - 1) * fourth
        lower = inner * second**2
        found = np.where(lower * scale**4 <= _NO_SPREAD, _OF_CONSTANTS, upper / lower - adjusted)
    return _told(np.where(count < 4, np.nan, found), missing, options)


def _moments(handle: Handle, columns: Sequence[int] | None, purpose: str) -> Any:
    """Counts, central moments in units of the spread, the spread, how many values are missing."""
    sums = column_sums(handle, purpose, columns)
    count = np.asarray(sums.present, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.asarray(np.asarray(sums.total, dtype=np.float64) / count)
        squares = centred_square_sums(handle, centre, purpose, columns)
        scale = np.sqrt(squares / count)
    scale = np.where(np.isfinite(scale) & (scale > 0), scale, 1.0)
    found = sum_over_parties(handle, powers, purpose, columns=columns, centre=centre, scale=scale)
    moments = np.asarray(found["powers"])
    plain = np.asarray([moments[place] * scale**power for place, power in enumerate((2, 3, 4))])
    constant = plain[0] <= count * np.square(4 * _EPSILON * np.abs(centre))
    moments = np.where((np.abs(plain) < _NO_SPREAD) | constant, 0.0, moments)
    moments = np.where(np.isfinite(centre), moments, np.nan)
    return count, moments, scale, np.asarray(sums.missing)


def _told(found: Array, missing: Array, options: Mapping[str, Any]) -> Array:
    return found if options.get("skipna", True) else np.where(missing > 0, np.nan, found)


@party_op("rows.powers")
def powers(rows: Any, columns: Any, centre: Any, scale: Any) -> Statistics:
    """Sums of the second to fourth powers of scaled differences to a centre, over finite values."""
    with np.errstate(invalid="ignore", over="ignore"):
        difference = (numbers(rows, columns, "float64") - np.asarray(centre)) / np.asarray(scale)
    difference = np.where(np.isfinite(difference), difference, 0.0)
    return {"powers": np.asarray([(difference**power).sum(axis=0) for power in (2, 3, 4)])}
