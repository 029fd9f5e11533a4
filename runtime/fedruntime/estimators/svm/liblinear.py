"""What ``LinearSVC`` and ``LinearSVR`` have in common: the objectives that liblinear approximates,
and their optimum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.svm._base import _get_liblinear_solver_type
from sklearn.svm._classes import _validate_dual_parameter

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.linear_model import absolute_loss, linear_optimum
from fedruntime.estimators.linear_model.linear_loss import SummedLinearLoss
from fedruntime.estimators.linear_model.pointwise_loss import Pointwise
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

OPTIMUM = (
    "the optimum that liblinear approximates, equal to 1e-6 to what it gives for a tol towards "
    "zero; dual, tol, max_iter and random_state only concern its way there, and n_iter_ counts "
    "steps of our own"
)


def require_combination(model: Any, X: Any, penalty: str, multi_class: str) -> None:
    """Refuse combinations of penalty, loss and dual that liblinear does not have.

    Raises
    ------
    ValueError
        In scikit-learn's words.
    """
    dual = _validate_dual_parameter(model.dual, model.loss, penalty, multi_class, X)
    _get_liblinear_solver_type(multi_class, penalty, model.loss, dual)


def fit_squared(
    model: Any, rows: Cohort, pointwise: Pointwise, *, l1: bool = False
) -> tuple[Floats, int]:
    """Coefficients for a squared loss, the intercept last if there is one, and the steps taken.

    Parameters
    ----------
    model : LinearSVC or LinearSVR
    rows : Cohort
    pointwise : mapping
    l1 : bool
        Whether the penalty is the l1 norm.

    Raises
    ------
    DataError
        If no row has a weight.
    """
    total_weight = float(rows.n_samples)
    if rows.has("sample_weight"):
        total_weight = float(rows.sum(weight_statistic)["weight"])
    if not total_weight > 0:
        raise DataError("the sample weights add up to zero over all parties")
    loss = SummedLinearLoss(
        rows, pointwise=pointwise, fit_intercept=model.fit_intercept, total_weight=total_weight
    )
    penalty = linear_optimum.Penalty.elastic_net(
        loss, 1 / (model.C * total_weight), float(l1), float(model.intercept_scaling)
    )
    return linear_optimum.find_optimum(loss, np.zeros(loss.size), penalty)


def fit_absolute(
    model: Any,
    loss: absolute_loss.AbsoluteLoss,
    *,
    strength: float,
    constant: float,
    towards: float = 0.0,
) -> tuple[Floats, int]:
    """Coefficients for a loss made of absolute deviations, with an l2 penalty; as ``fit_squared``.

    Parameters
    ----------
    model : LinearSVC or LinearSVR
    loss : AbsoluteLoss
    strength : float
        What each absolute deviation costs.
    constant : float
    towards : float
        What products of ``y`` and predictions gain.
    """
    quadratic = np.ones(len(loss.x))
    if model.fit_intercept:
        quadratic[-1] /= float(model.intercept_scaling) ** 2
    objective = absolute_loss.Objective(
        strength=strength,
        quadratic=quadratic,
        l1=np.zeros(len(loss.x)),
        linear=-towards * loss.xy,
        constant=constant,
    )
    return absolute_loss.find_optimum(loss, objective)


@party_op("liblinear.weight")
def weight_statistic(sample_weight: Floats) -> Statistics:
    """The weight of all rows."""
    return {"weight": sample_weight.sum()}
