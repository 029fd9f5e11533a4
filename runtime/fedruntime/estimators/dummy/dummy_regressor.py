"""``DummyRegressor``: means of the targets from sums, their quantiles by radix selection."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyRegressor

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.column_sums import column_sums
from fedruntime.estimators.design import as_targets, as_weights
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.tables import example
from fedruntime.operations import row_op
from fedruntime.order_statistics import quantiles_and_medians
from fedruntime.weighted_order_statistics import weighted_quantiles

Floats = npt.NDArray[np.float64]

_KEPT = {"float32", "int32", "int64"}
_RANKS = (
    Exactness.EXACT,
    "order statistics by radix selection over summed counts or weights, equal to the last bit",
)


def _judge(model: DummyRegressor) -> Level | None:
    return _RANKS if model.strategy in ("median", "quantile") else None


@federated(DummyRegressor, Exactness.EXACT, "means from sums", judge=_judge)
def fit(model: DummyRegressor, cohort: Cohort) -> None:
    """Fit as ``DummyRegressor.fit``, on one target or several; it looks at no features.

    Raises
    ------
    DataError
        If the sample weights add up to zero.
    ValueError, TypeError
        In scikit-learn's words, for a constant or quantile that is missing, or the wrong shape.
    """
    model._validate_params()
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed, but the target y is None")
    _fit_example(model, cohort)
    rows = cohort.only(
        X=cohort.derive(as_target_columns),
        sample_weight=cohort.derive(as_weights) if cohort.has("sample_weight") else None,
    )
    if model.strategy == "constant":
        return
    found = _means(rows) if model.strategy == "mean" else _quantiles(model, rows)
    model.constant_ = found.reshape(1, -1).astype(model.constant_.dtype)


def _fit_example(model: Any, cohort: Cohort) -> None:
    """Let scikit-learn check parameters, record names and choose a dtype, on two public rows."""
    X, y = cohort["X"], cohort["y"]
    rows = example(X.facts, 2) if X.ndim == 2 else np.zeros(2)
    targets = np.zeros((2, *y.shape[1:]), dtype=_dtype_of(y))
    weight = np.ones(2) if cohort.has("sample_weight") else None
    model.fit(rows, targets, sample_weight=weight)


def _dtype_of(y: Handle) -> Any:
    """The dtype of the pooled targets, where scikit-learn keeps it."""
    names = y.facts.dtypes
    return names[0] if set(names) <= _KEPT and len(set(names)) == 1 else np.float64


def _means(rows: Cohort) -> Floats:
    sums = rows.sum(column_sums)
    if not (sums["weight"] > 0).all():
        raise DataError("Weights sum to zero, can't be normalized")
    return np.asarray(sums["sum"] / sums["weight"])


def _quantiles(model: Any, rows: Cohort) -> Floats:
    level = 0.5 if model.strategy == "median" else model.quantile
    if rows.has("sample_weight"):
        return np.asarray(weighted_quantiles(rows, [level], average=False)[0])
    quantiles, medians = quantiles_and_medians(rows, [level])
    return medians if model.strategy == "median" else np.asarray(quantiles[0])


@row_op("dummy_regressor.targets")
def as_target_columns(y: Any) -> Floats:
    """A numeric target, or several, as a table."""
    targets = np.asarray(as_targets(y))
    return targets if targets.ndim == 2 else targets[:, np.newaxis]
