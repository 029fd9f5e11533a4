"""Sums at points far from any optimum, where line searches look and turn back: losses there leave
the range of the exact encoding, or that of float64.

A party never sends such a value. It says that it has one, and all are asked again in larger units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fedruntime.cohort import Cohort
from fedruntime.messages import Array
from fedruntime.operations import Operation, Statistics

# One binary place below the limit of a party's value, which rounding must not reach.
_LIMIT = 2.0**79
_EXPONENTS = range(0, 1001, 100)


def sum_far(cohort: Cohort, operation: Operation, **public: Any) -> dict[str, Array]:
    """The sums of an operation that takes a ``unit`` and returns what ``in_unit`` makes.

    Where a party's values are no numbers even in the largest unit, all sums are infinite.
    """
    for exponent in _EXPONENTS:
        sums = cohort.sum(operation, unit=2.0**-exponent, **public)
        if not sums.pop("beyond"):
            with np.errstate(over="ignore"):
                return {name: np.ldexp(value, exponent) for name, value in sums.items()}
    return {name: np.full_like(value, np.inf) for name, value in sums.items()}


def in_unit(statistics: Mapping[str, Any], unit: float) -> Statistics:
    """Statistics in multiples of a unit, or zeros and the word that some are out of range."""
    scaled = {
        name: np.asarray(value, dtype=np.float64) * unit for name, value in statistics.items()
    }
    if all((np.abs(value) < _LIMIT).all() for value in scaled.values()):
        return {**scaled, "beyond": 0}
    return {**{name: np.zeros_like(value) for name, value in scaled.items()}, "beyond": 1}
