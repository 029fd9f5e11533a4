"""``GaussianNB`` by one noisy sum: of rows in a ball, and of their squares, by class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.naive_bayes import GaussianNB

from fedruntime.cohort import Cohort
from fedruntime.estimators.private.bounded_rows import in_ball, positive, require_numbers
from fedruntime.estimators.private.families import PREDICTOR_PARTS, PrivateFit, private
from fedruntime.estimators.private.labels import class_labels, membership
from fedruntime.estimators.private.purse import purse, require_useful, surplus
from fedruntime.estimators.private.scales import feature_scales
from fedruntime.estimators.tables import labelled, require_table
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_ROW = 1.5  # how long rows may be, as a root mean square over the columns, in units of the scales
_CELL = 3.0  # how far a value may lie from its column's centre
_COUNTS = 0.1  # of the squared mu of the release, for the sizes of the classes
_SUMS = 0.6  # about the share of a fit's mu that the sums get
_CERTAIN = 1000.0  # mu times rows by the root of columns from which clipping gives way
_MEANING = "error of a class's mean in a column, in standard deviations of the column"


@private(GaussianNB, "noisy sums of clipped rows and of their squares, by class")
def fit(model: GaussianNB, cohort: Cohort) -> PrivateFit:
    """Fit means, variances and shares of the classes.

    Raises
    ------
    BudgetError
        If the mean of a class of average size is expected to be off by more than the budget's
        tolerance, in standard deviations of a column.
    """
    model._validate_params()
    require_table(cohort["X"])
    require_numbers(cohort["X"], "X")
    left = purse(cohort, PREDICTOR_PARTS)
    columns, root = cohort.n_features, math.sqrt(cohort.n_features)
    one = _ROW * root * surplus(cohort) / (_SUMS * cohort.n_samples)
    require_useful(cohort, lambda mu: 2 * one / mu, left.mu, _MEANING)
    classes, left = class_labels(cohort, left)
    error = len(classes) * one / left.mu
    scales, left = feature_scales(cohort, left)
    wide = max(1.0, left.rest * cohort.n_samples / root / _CERTAIN) ** 0.25
    public: dict[str, Any] = {
        "classes": classes,
        "centre": scales.centre,
        "scale": scales.scale,
        "radius": _ROW * wide * root,
        "farthest": _CELL * wide,
    }
    sums = cohort.noisy_sum(class_moments, mu=left.rest, **public)
    count = np.maximum(sums["count"], 1.0)[:, np.newaxis]
    mean = np.clip(sums["sum"] / count, -_CELL * wide, _CELL * wide)
    # Below the noise of a class's squares there is nothing to tell it from.
    floor = np.maximum(_CELL * wide * error * cohort.n_samples / (count * len(classes)), 1e-9)
    variance = np.maximum(sums["square"] / count - mean**2, np.minimum(floor, 1.0))
    model.fit(labelled(cohort["X"], np.zeros((len(classes), columns))), classes)
    model.theta_ = scales.centre + mean * scales.scale
    model.var_ = variance * scales.scale**2
    model.epsilon_ = model.var_smoothing * float(model.var_.max())
    model.var_ = model.var_ + model.epsilon_
    model.class_count_ = count[:, 0]
    if model.priors is None:
        model.class_prior_ = model.class_count_ / model.class_count_.sum()
    return PrivateFit(left.mu, error, _MEANING, {"radius": public["radius"]})


def _scales_of_class_moments(public: Mapping[str, Any]) -> dict[str, float]:
    radius, farthest = positive(public, "radius"), positive(public, "farthest")
    each = math.sqrt((1.0 - _COUNTS) / 2.0)
    return {
        "count": 1.0 / math.sqrt(_COUNTS),
        "sum": radius / each,
        "square": radius * farthest / each,
    }


@party_op("private_fit.class_moments", sensitivity=_scales_of_class_moments)
def class_moments(
    X: Any,
    y: Any,
    classes: Array,
    centre: Floats,
    scale: Floats,
    radius: float,
    farthest: float,
) -> Statistics:
    """Rows, sums and sums of squares by class, of rows in a ball whose cells are clipped, too."""
    rows, factor = in_ball(X, centre, scale, radius, constant=False)
    rows = np.clip(rows * factor[:, np.newaxis], -farthest, farthest)
    member = membership(y, classes)
    return {
        "count": member.sum(axis=1),
        "sum": member @ rows,
        "square": member @ np.square(rows),
    }
