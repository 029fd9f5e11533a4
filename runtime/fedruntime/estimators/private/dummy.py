"""``DummyClassifier`` and ``DummyRegressor``: noisy shares of the classes, a noisy mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier, DummyRegressor

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError, DataError
from fedruntime.estimators.private.bounded_rows import (
    as_numbers,
    positive,
    require_numbers,
    standardised,
)
from fedruntime.estimators.private.families import PREDICTOR_PARTS, PrivateFit, private
from fedruntime.estimators.private.labels import class_labels, label_counts
from fedruntime.estimators.private.purse import purse, require_useful, surplus
from fedruntime.estimators.private.scales import target_scales
from fedruntime.estimators.tables import example
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_CELL = 3.0  # how far a target may lie from the centre, in units of the scale
_CERTAIN = 1000.0  # mu times rows from which clipping gives way


@private(
    DummyClassifier,
    "noisy counts of the classes",
    parameters={"strategy": ("prior", "most_frequent", "stratified", "uniform")},
)
def fit_classifier(model: DummyClassifier, cohort: Cohort) -> PrivateFit:
    """Fit ``class_prior_``.

    Raises
    ------
    BudgetError
        If the share of a class is expected to be off by more than the budget's tolerance.
    """
    model._validate_params()
    left = purse(cohort, PREDICTOR_PARTS)
    meaning, one = "error of the share of a class", surplus(cohort) / cohort.n_samples
    error = require_useful(cohort, lambda mu: one / mu, left.mu, meaning)
    classes, left = class_labels(cohort, left)
    counts = cohort.only(y=cohort["y"]).noisy_sum(label_counts, mu=left.rest, labels=classes)
    shares = np.maximum(counts["counts"], 1.0)
    model.fit(_example(cohort, len(classes)), classes)
    model.class_prior_ = shares / shares.sum()
    return PrivateFit(left.mu, error, meaning)


@private(DummyRegressor, "a noisy mean of clipped targets", parameters={"strategy": ("mean",)})
def fit_regressor(model: DummyRegressor, cohort: Cohort) -> PrivateFit:
    """Fit ``constant_``.

    Raises
    ------
    BudgetError
        If the mean is expected to be off by more than the budget's tolerance, in standard
        deviations of the target; for several targets.
    """
    model._validate_params()
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed, but the target y is None")
    y = cohort["y"]
    require_numbers(y, "y")
    if y.ndim != 1:
        raise BudgetError(f"{cohort.purpose}: several targets have no private fit")
    left = purse(cohort, PREDICTOR_PARTS)
    farthest = _CELL * max(1.0, left.mu * len(y) / _CERTAIN) ** 0.25
    meaning, one = "error of the mean, in standard deviations", farthest * surplus(cohort) / len(y)
    error = require_useful(cohort, lambda mu: one / mu, left.mu, meaning)
    scales, left = target_scales(cohort, left)
    total = cohort.only(y=y).noisy_sum(
        clipped_sum, mu=left.rest, centre=scales.centre, scale=scales.scale, farthest=farthest
    )["sum"]
    model.fit(_example(cohort, 2), np.zeros(2))
    model.constant_ = (scales.centre + total / len(y) * scales.scale).reshape(1, 1)
    return PrivateFit(left.mu, error, meaning)


def _example(cohort: Cohort, rows: int) -> Any:
    X = cohort["X"]
    return example(X.facts, rows) if X.ndim == 2 else np.zeros(rows)


def _farthest(public: Mapping[str, Any]) -> float:
    return positive(public, "farthest")


@party_op("private_fit.clipped_sum", sensitivity=_farthest)
def clipped_sum(y: Any, centre: Floats, scale: Floats, farthest: float) -> Statistics:
    """The sum of targets, in units of the scale and clipped; one column."""
    values = standardised(as_numbers(y, len(centre)), centre, scale)
    return {"sum": np.clip(values[:, :1], -farthest, farthest).sum(axis=0)}
