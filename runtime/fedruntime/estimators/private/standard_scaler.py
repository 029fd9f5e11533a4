"""``StandardScaler``: magnitudes from noisy histograms, and where there are rows enough for them,
noisy means and squares of values clipped to these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import StandardScaler

from fedruntime.cohort import Cohort
from fedruntime.estimators.private.bounded_rows import (
    Scales,
    in_ball,
    positive,
    require_numbers,
)
from fedruntime.estimators.private.families import NOTHING, SCALER_PARTS, PrivateFit, private
from fedruntime.estimators.private.purse import purse, require_useful, surplus
from fedruntime.estimators.private.scales import column_scales, declared_bounds
from fedruntime.estimators.tables import labelled, require_table
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_ROUGH = 0.35  # of a scale: how far off magnitudes alone are
_CELL = 3.0  # how far values may lie from the centre, in units of the scale
_ROW = 1.5  # how far rows may, as a root mean square over the columns
_CERTAIN = 500.0  # mu times rows by the root of columns from which clipping gives way
_REFINE = 0.6  # of the squared mu, where means and squares pay
_SQUARES = 0.5  # of that, for the squares
_MEANING = "error of a mean or a scale, in standard deviations"
_OF_RANGE = "error of a column's variance, as a share of that of the declared range"


@private(StandardScaler, "noisy histograms of magnitudes, then noisy clipped means and squares")
def fit(model: StandardScaler, cohort: Cohort) -> PrivateFit:
    """Fit ``mean_``, ``var_`` and ``scale_``; missing cells count as values at the centre.

    Raises
    ------
    BudgetError
        If more columns than the budget's tolerance would be taken for another magnitude.
    """
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    require_numbers(X, "X")
    if not model.with_mean and not model.with_std:
        model.fit(labelled(X, np.zeros((2, cohort.n_features))))
        model.n_samples_seen_ = cohort.n_samples
        return PrivateFit(0.0, 0.0, NOTHING)
    left = purse(cohort, SCALER_PARTS)
    spread_error = partial(_spread_error, cohort)
    if None in declared_bounds(cohort):
        refined = spread_error(left.mu * math.sqrt(_REFINE)) < _ROUGH / 2.0
        mu, left = left.part(1.0 - _REFINE if refined else 1.0)
        scales = column_scales(cohort, "X", mu)
    else:
        refined = True
        require_useful(cohort, spread_error, left.mu, _OF_RANGE)
        scales = column_scales(cohort, "X", left.mu)
    error = spread_error(left.rest) if refined else _ROUGH
    if refined:
        scales = _refine(cohort, scales, left.rest)
    model.fit(labelled(X, np.array([scales.centre - scales.scale, scales.centre + scales.scale])))
    model.n_samples_seen_ = cohort.n_samples
    return PrivateFit(left.mu, error, _MEANING, {"refined": refined})


def _widening(cohort: Cohort, mu: float) -> float:
    certainty = mu * cohort.n_samples / math.sqrt(cohort.n_features)
    return float(max(1.0, certainty / _CERTAIN) ** 0.25)


def _spread_error(cohort: Cohort, mu: float) -> float:
    """The expected error of a variance, as a share of it."""
    wide = _widening(cohort, mu)
    scale = _CELL * wide * _ROW * wide * math.sqrt(cohort.n_features)
    return scale * surplus(cohort) / (mu * math.sqrt(_SQUARES) * cohort.n_samples)


def _refine(cohort: Cohort, scales: Scales, mu: float) -> Scales:
    wide = _widening(cohort, mu)
    public: dict[str, Any] = {
        "centre": scales.centre,
        "scale": scales.scale,
        "radius": _ROW * wide * math.sqrt(cohort.n_features),
        "farthest": _CELL * wide,
    }
    sums = cohort.only(X=cohort["X"]).noisy_sum(clipped_moments, mu=mu, **public)
    mean = sums["sum"] / cohort.n_samples
    variance = sums["square"] / cohort.n_samples - mean**2
    # Below this, noise is all there is.
    spread = np.sqrt(np.maximum(variance, _spread_error(cohort, mu) ** 2 + 1e-12))
    return Scales(scales.centre + mean * scales.scale, spread * scales.scale)


def _scales_of_moments(public: Mapping[str, Any]) -> dict[str, float]:
    radius, farthest = positive(public, "radius"), positive(public, "farthest")
    return {
        "sum": radius / math.sqrt(1.0 - _SQUARES),
        "square": radius * farthest / math.sqrt(_SQUARES),
    }


@party_op("private_fit.moments", sensitivity=_scales_of_moments)
def clipped_moments(
    X: Any, centre: Floats, scale: Floats, radius: float, farthest: float
) -> Statistics:
    """Sums of values and of their squares, of rows in a ball whose cells are clipped, too."""
    rows, factor = in_ball(X, centre, scale, radius, constant=False)
    rows = np.clip(rows * factor[:, np.newaxis], -farthest, farthest)
    return {"sum": rows.sum(axis=0), "square": np.square(rows).sum(axis=0)}
