"""What ``SVC`` and ``SVR`` with a linear kernel have in common: the optimum that libsvm
approximates, and a fitted model that holds it without any row.

libsvm's models are sums over their support vectors, which are rows. With a linear kernel such a sum
is one product with a vector, so that the vector of coefficients takes the place of all of them.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.svm import SVC

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.linear_model.absolute_loss import (
    AbsoluteLoss,
    Objective,
    find_optimum,
)
from fedruntime.estimators.registry import Level

Floats = npt.NDArray[np.float64]

OPTIMUM = (
    "the optimum itself, which libsvm approximates to its tol, and to 1e-5 at best, as it holds "
    "kernel values in single precision; support_vectors_ are the coefficients: its own are rows"
)
LINEAR = {"kernel": ("linear",)}
# Since scikit-learn 1.9.
_DEPRECATES_PROBABILITY = inspect.signature(SVC).parameters["probability"].default == "deprecated"


def judge_kernel(model: Any) -> Level | None:
    """Refuse kernels whose models are made of rows, before anything is sent.

    Raises
    ------
    UnsupportedError
    """
    if model.kernel != "linear":
        raise UnsupportedError(
            f"{type(model).__name__}(kernel={model.kernel!r}) has no federated fit, because its "
            "model is made of rows; use kernel='linear', or Nystroem or RBFSampler before a "
            "LinearSVC or a Ridge"
        )
    return None


def optimum(
    loss: AbsoluteLoss, *, strength: float, constant: float, towards: float = 0.0
) -> tuple[Floats, float, int]:
    """Coefficients, intercept and steps of a loss of absolute deviations, where the intercept bears
    no penalty.

    Parameters
    ----------
    loss : AbsoluteLoss
        With an intercept.
    strength : float
        What each absolute deviation costs.
    constant : float
    towards : float
        What products of ``y`` and predictions gain.
    """
    penalised = np.append(np.ones(len(loss.x) - 1), 0.0)
    objective = Objective(
        strength=strength,
        quadratic=penalised,
        l1=np.zeros(len(loss.x)),
        linear=-towards * loss.xy,
        constant=constant,
        slope=towards * loss.y / (strength * loss.total),
    )
    coef, steps = find_optimum(loss, objective)
    return coef[:-1], float(coef[-1]), steps


def set_solution(
    model: Any,
    rows: Cohort,
    *,
    vectors: Floats,
    dual: Floats,
    per_class: list[int],
    intercept: Floats,
    steps: list[int],
) -> None:
    """Set the attributes that libsvm's own fit sets.

    Parameters
    ----------
    vectors : ndarray of shape (vectors, features)
    dual : ndarray of shape (classes - 1 or 1, vectors)
        As libsvm has them: products with the vectors, weighted by these, are decisions.
    per_class : list of int
        How many of the vectors stand with each class.
    intercept : ndarray
        One a decision.
    """
    model._sparse = False
    model._gamma = 0.0  # of no use for a linear kernel
    model.support_vectors_ = np.ascontiguousarray(vectors)
    model.support_ = np.arange(len(vectors), dtype=np.int32)
    model._n_support = np.asarray(per_class, dtype=np.int32)
    model._dual_coef_ = model.dual_coef_ = np.ascontiguousarray(dual)
    model._intercept_ = model.intercept_ = intercept
    model._probA = model._probB = np.empty(0)
    if _DEPRECATES_PROBABILITY:
        model._effective_probability = False
    model._num_iter = np.asarray(steps, dtype=np.int32)
    model.fit_status_ = 0
    model.shape_fit_ = (rows.n_samples, rows.n_features)
