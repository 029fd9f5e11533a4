"""``TransformedTargetRegressor``: a regressor fitted on what a transformer makes of the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression

from fedruntime.cohort import Cohort
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.design import as_targets
from fedruntime.estimators.parts import fit_part
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.operations import row_op


def parts_of(model: TransformedTargetRegressor) -> list[tuple[str, Any]]:
    """The regressor and, unless a function is given, the transformer."""
    regressor = LinearRegression() if model.regressor is None else model.regressor
    transformer = [] if model.transformer is None else [("transformer", model.transformer)]
    return [("regressor", regressor), *transformer]


@federated(
    TransformedTargetRegressor,
    Exactness.EXACT,
    "regressor and transformer by their own federated fits; as exact as the weaker one",
    parts=parts_of,
)
def fit(model: TransformedTargetRegressor, cohort: Cohort) -> None:
    """Fit as ``TransformedTargetRegressor.fit`` does; whether ``inverse_func`` inverts ``func`` is
    checked on ones, not on the target.
    """
    model._validate_params()
    model._training_dim = len(cohort["y"].shape)
    targets = cohort.only(X=cohort.derive(target_table))
    if model.func is not None or model.inverse_func is not None or model.transformer is None:
        model._fit_transformer(np.ones((2, targets.n_features)))
    else:
        model.transformer_ = fit_part(model.transformer, targets, "transformer")
    transformed = apply(model.transformer_, "transform", targets["X"])
    model.regressor_ = clone(dict(parts_of(model))["regressor"])
    rows = cohort.replace(y=targets.derive(as_single_target, rows=transformed))
    registry.fit(model.regressor_, rows.named(f"{cohort.purpose}: regressor"))
    if hasattr(model.regressor_, "feature_names_in_"):
        model.feature_names_in_ = model.regressor_.feature_names_in_


@row_op("transformed_target.table")
def target_table(y: Any) -> Array:
    """Targets as the columns of a table."""
    targets: Array = as_targets(y)
    return targets if targets.ndim == 2 else targets[:, np.newaxis]


@row_op("transformed_target.single")
def as_single_target(rows: Array) -> Array:
    """A single column as a vector."""
    return rows[:, 0] if rows.ndim == 2 and rows.shape[1] == 1 else rows
