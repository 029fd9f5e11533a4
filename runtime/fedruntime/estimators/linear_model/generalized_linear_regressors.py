"""``PoissonRegressor``, ``GammaRegressor`` and ``TweedieRegressor``: scikit-learn's own solvers on
the summed deviance, and the share of it that a model explains.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.linear_model.linear_loss import SummedLinearLoss
from fedruntime.estimators.linear_model.linear_solvers import SOLVERS
from fedruntime.estimators.linear_model.pointwise_loss import (
    Pointwise,
    as_message,
    pointwise_loss,
)
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, Fit, federated
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]


def explained_deviance(model: Any, cohort: Cohort) -> float:
    """D2, the share of the deviance that the model explains, as its own ``score`` has it.

    Raises
    ------
    DataError
        If targets are out of the range of the model's loss.
    """
    raw_prediction = apply(model, "_linear_predictor", cohort["X"])
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    rows = rows.replace(y=single_target(rows), raw_prediction=raw_prediction)
    mean, _ = _target(rows, model._base_loss)
    sums = rows.sum(
        deviance_statistic,
        pointwise=as_message(model._base_loss),
        null_prediction=float(model._base_loss.link.link(np.float64(mean))),
    )
    return float(1 - sums["deviance"] / sums["null_deviance"])


def _generalized_linear(kind: type) -> Callable[[Fit], Fit]:
    return federated(
        kind,
        Exactness.EXACT,
        "scikit-learn's own iterations on the summed deviance, gradient and Hessian",
        parameters={"solver": ("lbfgs", "newton-cholesky")},
        score=explained_deviance,
    )


@_generalized_linear(GammaRegressor)
@_generalized_linear(PoissonRegressor)
@_generalized_linear(TweedieRegressor)
def fit_generalized_linear(model: Any, cohort: Cohort) -> None:
    """Fit by the model's own solver; ``verbose`` has no effect.

    Raises
    ------
    DataError
        If targets are out of the range of the model's loss.
    """
    model._validate_params()
    base_loss = model._get_loss()
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    rows = rows.replace(y=single_target(rows))
    mean, total_weight = _target(rows, base_loss)
    loss = SummedLinearLoss(
        rows,
        pointwise=as_message(base_loss),
        fit_intercept=model.fit_intercept,
        total_weight=total_weight,
    )
    if model.warm_start and hasattr(model, "coef_"):
        start = np.append(model.coef_, [model.intercept_] if model.fit_intercept else [])
    else:
        start = np.zeros(loss.size)
        if model.fit_intercept:
            start[-1] = base_loss.link.link(np.float64(mean))
    solve = SOLVERS[model.solver]
    coef, model.n_iter_ = solve(loss, start, float(model.alpha), model.tol, model.max_iter)
    record_features(model, cohort["X"])
    model._base_loss = base_loss
    model.coef_ = coef[: rows.n_features]
    model.intercept_ = coef[-1] if model.fit_intercept else 0.0


def _target(rows: Cohort, base_loss: Any) -> tuple[float, float]:
    """The mean of the targets, and the total weight, of targets that the loss takes."""
    sums = rows.sum(target_statistic, pointwise=as_message(base_loss))
    if sums["out_of_range"] > 0:
        raise DataError(
            "Some value(s) of y are out of the valid range of the loss "
            f"{type(base_loss).__name__!r}."
        )
    if not sums["weight"] > 0:
        raise DataError("the sample weights add up to zero over all parties")
    return float(sums["y"] / sums["weight"]), float(sums["weight"])


@party_op("generalized_linear.target")
def target_statistic(y: Floats, sample_weight: Floats | None, pointwise: Pointwise) -> Statistics:
    """Weight, weighted targets, and whether there are some that a loss does not take."""
    base_loss = pointwise_loss(pointwise)
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    return {
        "weight": weight.sum(),
        "y": weight @ y,
        "out_of_range": int(not base_loss.in_y_true_range(y)),
    }


@party_op("generalized_linear.deviance")
def deviance_statistic(
    y: Floats,
    raw_prediction: Floats,
    sample_weight: Floats | None,
    pointwise: Pointwise,
    null_prediction: float,
) -> Statistics:
    """Half the deviance of predictions, and of the same prediction for all rows."""
    base_loss = pointwise_loss(pointwise)
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    constant = weight @ base_loss.constant_to_optimal_zero(y_true=y, sample_weight=None)
    null = np.full(len(y), null_prediction)
    return {
        name: base_loss.loss(
            y_true=y, raw_prediction=prediction, sample_weight=sample_weight, n_threads=1
        ).sum()
        + constant
        for name, prediction in (("deviance", raw_prediction), ("null_deviance", null))
    }
