"""``HuberRegressor``: scikit-learn's own L-BFGS iterations on the summed loss and gradient. Which
rows are outliers stays with the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize
from sklearn.linear_model import HuberRegressor
from sklearn.utils.optimize import _check_optimize_result

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.far_sums import in_unit, sum_far
from fedruntime.estimators.linear_model.linear_loss_statistics import row_slices
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]


@federated(
    HuberRegressor,
    Exactness.EXACT,
    "scikit-learn's own L-BFGS iterations on the summed loss and gradient",
)
def fit_huber(model: HuberRegressor, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit coefficients and scale together.

    Returns
    -------
    mapping
        ``outliers_``.

    Raises
    ------
    ValueError
        In scikit-learn's words, if L-BFGS fails.
    """
    model._validate_params()
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    rows = rows.replace(y=single_target(rows))
    width = rows.n_features

    def loss_gradient(parameters: Floats) -> tuple[float, Floats]:
        coef, intercept, scale = _parted(parameters, width)
        sums = sum_far(
            rows,
            huber_statistic,
            coef=coef,
            intercept=intercept,
            scale=scale,
            epsilon=model.epsilon,
        )
        gradient = np.empty_like(parameters)
        gradient[:width] = sums["coef"] + 2.0 * model.alpha * coef
        gradient[width:-1] = sums["intercept"]
        gradient[-1] = sums["scale"]
        return float(sums["loss"] + model.alpha * coef @ coef), gradient

    bounds = np.tile([-np.inf, np.inf], (width + 1 + int(model.fit_intercept), 1))
    # A scale of zero would leave the loss undefined.
    bounds[-1][0] = np.finfo(np.float64).eps * 10
    result = optimize.minimize(
        loss_gradient,
        _start(model, width),
        method="L-BFGS-B",
        jac=True,
        options={"maxiter": model.max_iter, "gtol": model.tol},
        bounds=bounds,
    )
    if result.status == 2:
        raise ValueError(
            "HuberRegressor convergence failed: l-BFGS-b solver terminated with " + result.message
        )
    record_features(model, cohort["X"])
    model.n_iter_ = _check_optimize_result("lbfgs", result, model.max_iter)
    model.scale_ = result.x[-1]
    model.intercept_ = result.x[-2] if model.fit_intercept else 0.0
    model.coef_ = result.x[:width]
    return {
        "outliers_": rows.derive(
            outlying_rows,
            coef=model.coef_,
            intercept=float(model.intercept_),
            bound=float(model.scale_ * model.epsilon),
        )
    }


def _start(model: HuberRegressor, width: int) -> Floats:
    if model.warm_start and hasattr(model, "coef_"):
        return np.concatenate((model.coef_, [model.intercept_, model.scale_]))
    start = np.zeros(width + 1 + int(model.fit_intercept))
    start[-1] = 1.0
    return start


def _parted(parameters: Floats, width: int) -> tuple[Floats, float, float]:
    intercept = float(parameters[-2]) if len(parameters) == width + 2 else 0.0
    return parameters[:width], intercept, float(parameters[-1])


@party_op("huber.loss_gradient")
def huber_statistic(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    coef: Floats,
    intercept: float,
    scale: float,
    epsilon: float,
    unit: float = 1.0,
) -> Statistics:
    """A party's part of the loss and its gradient, as ``_huber._huber_loss_and_gradient``.

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``loss``; its derivatives by ``coef`` (p,), ``intercept`` and
        ``scale``.
    """
    by_coef = np.zeros_like(coef)
    weights = inner_squares = outer_weights = outer_sizes = by_intercept = 0.0
    for rows, x in row_slices(X):
        residual = y[rows] - x @ coef - intercept
        weight = np.ones_like(residual) if sample_weight is None else sample_weight[rows]
        size = np.abs(residual)
        outer = size > epsilon * scale
        inner_weight, outer_weight = np.where(outer, 0.0, weight), np.where(outer, weight, 0.0)
        slope = -2.0 * (
            inner_weight * residual / scale + epsilon * outer_weight * np.sign(residual)
        )
        by_coef += x.T @ slope
        by_intercept += slope.sum()
        weights += weight.sum()
        inner_squares += inner_weight @ residual**2
        outer_weights += outer_weight.sum()
        outer_sizes += outer_weight @ size
    squares = inner_squares / scale
    parts = {
        "loss": weights * scale
        + squares
        + 2.0 * epsilon * outer_sizes
        - scale * outer_weights * epsilon**2,
        "coef": by_coef,
        "intercept": by_intercept,
        "scale": weights - outer_weights * epsilon**2 - squares / scale,
    }
    return in_unit(parts, unit)


@row_op("huber.outliers")
def outlying_rows(
    X: Any, y: Floats, coef: Floats, intercept: float, bound: float
) -> npt.NDArray[np.bool_]:
    """Which rows lie farther from their predictions than the bound."""
    return np.asarray(np.abs(y - X @ coef - intercept) > bound)
