"""Errors of numeric predictions under a privacy budget: true and predicted values are kept between
public bounds of the target, so that one row cannot move a sum of errors by more than these allow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError, ProtocolError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op
from fedruntime.privacy.column_bounds import Interval, bounds

POWERS = {"mean_absolute_error": 1, "mean_squared_error": 2}
"""The metrics that are means of a power of the absolute error, by name."""

_SPREAD = 4.0  # a target's standard deviation is about its range over this, when R2 is judged


def private_mean_error(cohort: Cohort, metric: str) -> Array:
    """The noisy mean of a power of the absolute error, one an output.

    Raises
    ------
    BudgetError
        For weighted rows and other metrics, if too little is left, or if the result would be
        mostly noise. Nothing has been sent.
    """
    if metric not in POWERS:
        raise BudgetError(
            f"{where()}{cohort.purpose} has no private form: one row's share of it is not bounded; "
            f"under a privacy budget there are {', '.join(POWERS)}, their roots, and r2_score"
        )
    power = POWERS[metric]
    mu, interval, rows = _prepared(cohort)
    public = _public(interval, power=power, spread=False)
    error = cohort.noise_sd(bounded_errors, mu=mu, **public)["errors"] / rows
    _require_useful(cohort, error, interval.width**power, "the mean error")
    found = cohort.noisy_sum(bounded_errors, mu=mu, **public)["errors"]
    return np.clip(found / rows + interval.width**power / 2.0, 0.0, interval.width**power)


def private_sums_of_squares(cohort: Cohort) -> dict[str, Array]:
    """Noisy sums, one an output: squared errors, and squared distances of the true values to
    their mean. Errors are those of ``private_mean_error``.
    """
    mu, interval, rows = _prepared(cohort)
    public = _public(interval, power=2, spread=True)
    error = cohort.noise_sd(bounded_errors, mu=mu, **public)["errors"] / rows
    _require_useful(cohort, error / (interval.width / _SPREAD) ** 2, np.ones_like(error), "R2")
    found = cohort.noisy_sum(bounded_errors, mu=mu, **public)
    about_middle = found["squares"] + rows * interval.width**2 / 8.0
    return {
        "errors": np.maximum(found["errors"] + rows * interval.width**2 / 2.0, 0.0),
        "targets": np.maximum(about_middle - found["targets"] ** 2 / rows, 0.0),
    }


def _prepared(cohort: Cohort) -> tuple[float, Interval, int]:
    """What a metric may use, the bounds of the target, and the number of rows."""
    if cohort.has("sample_weight"):
        raise BudgetError(
            f"{where()}{cohort.purpose}: sample_weight has no private form, because one row's "
            "weight is not bounded; leave it out under a privacy budget"
        )
    account = cohort.federation.budget
    assert account is not None
    mu = account.allot(cohort.purpose)
    interval, mu = bounds(cohort["y_true"], cohort.purpose, mu, vector="y")
    return mu, interval, max(1, len(cohort["y_true"]))


def _public(interval: Interval, **options: Any) -> dict[str, Any]:
    return {"low": interval.low, "high": interval.high, **options}


def _require_useful(cohort: Cohort, errors: Array, spans: Array, what: str) -> None:
    account = cohort.federation.budget
    assert account is not None
    worst = int(np.argmax(errors / spans))
    limit = account.budget.tolerance * float(spans[worst])
    account.require_useful(cohort.purpose, float(errors[worst]), limit, what)


# -- at the parties -------------------------------------------------------------------------


def _error_scales(public: Mapping[str, Any]) -> dict[str, Any]:
    """Errors are at most the width w of the bounds, and are told as distances of their power from
    the middle of what it can be. With the spread of the targets each half of the noise's
    variance goes to one of the two; in that, a deviation d from the middle and d**2 share as
    in ``private.moments``.
    """
    width = np.asarray(public["high"]) - np.asarray(public["low"])
    root = math.sqrt(width.size)
    errors = width ** public["power"] / 2.0 * root
    if not public["spread"]:
        return {"errors": errors}
    half = width / 2.0
    return {
        "errors": errors * math.sqrt(2.0),
        "targets": half * (root * math.sqrt(8.0 / 3.0)),
        "squares": half**2 * (root * math.sqrt(2.0)),
    }


@party_op("private.errors", sensitivity=_error_scales)
def bounded_errors(
    y_true: Any, y_pred: Any, low: Array, high: Array, power: int, spread: bool
) -> Statistics:
    """Sums of a power of the absolute errors, and what the spread of the targets follows from."""
    if power not in (1, 2):
        raise ProtocolError(f"errors are summed to the power 1 or 2, not {power}")
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    true, predicted = (_within(rows, low, high) for rows in (y_true, y_pred))
    errors = np.abs(true - predicted) ** power - (2.0 * half) ** power / 2.0
    found = {"errors": errors.sum(axis=0)}
    if spread:
        deviation = true - middle
        found["targets"] = deviation.sum(axis=0)
        found["squares"] = (deviation**2 - half**2 / 2.0).sum(axis=0)
    return found


def _within(rows: Any, low: Array, high: Array) -> Array:
    """Values between the bounds, one column an output; a missing one is in the middle."""
    values = np.asarray(rows, dtype=np.float64).reshape(len(rows), -1)
    if values.shape[1] != np.size(low):
        raise ProtocolError(f"noise was sized for {np.size(low)} columns, not {values.shape[1]}")
    return np.clip(np.where(np.isnan(values), (low + high) / 2.0, values), low, high)
