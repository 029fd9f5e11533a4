"""``LogisticRegression``: the solvers that pooled scikit-learn runs, with its own options, driven
by loss, gradient and Hessian summed over the parties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn
from scipy import optimize
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._glm.glm import NewtonCholeskySolver
from sklearn.linear_model._logistic import _LOGISTIC_SOLVER_CONVERGENCE_MSG
from sklearn.utils.fixes import parse_version
from sklearn.utils.optimize import _check_optimize_result

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.class_weights import is_class, weigh_classes
from fedruntime.estimators.design import (
    classes_of,
    prepare,
    record_features,
    require_two_classes,
)
from fedruntime.estimators.linear_model.logistic_loss import SummedLogisticLoss
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array

Floats = npt.NDArray[np.float64]
Solver = Callable[[LogisticRegression, SummedLogisticLoss, Floats, float], tuple[Floats, int]]

_NEWTON_IS_MULTINOMIAL = parse_version(sklearn.__version__) >= parse_version("1.6")


@federated(
    LogisticRegression,
    Exactness.EXACT,
    "scikit-learn's own L-BFGS iterations on the summed loss and gradient",
    parameters={
        "solver": ("lbfgs", "newton-cholesky"),
        "penalty": ("deprecated", "l2", None),
        "l1_ratio": (0.0, 0, None),
        "dual": (False,),
        "warm_start": (False,),
        "multi_class": ("deprecated", "auto", "multinomial"),
    },
    when={
        ("solver", "newton-cholesky"): (
            Exactness.EQUIVALENT,
            "scikit-learn's own Newton iterations on the summed gradient and Hessian, to the "
            "optimum",
        )
    },
)
def fit_logistic_regression(model: LogisticRegression, cohort: Cohort) -> None:
    """Fit by the model's own solver; ``random_state``, ``n_jobs``, ``verbose`` and
    ``intercept_scaling`` have no effect on these solvers.

    Raises
    ------
    DataError
        If there is one class only.
    UnsupportedError
        For a ``multi_class`` that the installed scikit-learn fits in another form.
    """
    model._validate_params()
    classes = classes_of(cohort)
    require_two_classes(classes)
    one_a_class = (
        len(classes) > 2 and model.solver == "newton-cholesky" and not _NEWTON_IS_MULTINOMIAL
    )
    if getattr(model, "multi_class", None) == "multinomial" and (one_a_class or len(classes) == 2):
        raise UnsupportedError(
            "LogisticRegression(multi_class='multinomial') has no federated fit for two classes "
            "or this solver; leave multi_class at its default"
        )
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    if one_a_class:
        solutions = list(_solve_each_class(model, rows, classes))
    else:
        solutions = [_solve(model, rows, model.class_weight, classes)]
    coefficients = np.concatenate([solution for solution, _ in solutions])
    record_features(model, cohort["X"])
    model.classes_ = classes
    model.coef_ = np.ascontiguousarray(coefficients[:, : rows.n_features])
    model.intercept_ = (
        coefficients[:, -1].copy() if model.fit_intercept else np.zeros(len(coefficients))
    )
    model.n_iter_ = np.array([iterations for _, iterations in solutions], dtype=np.int32)


def _solve(
    model: LogisticRegression, rows: Cohort, class_weight: Any, classes: Array
) -> tuple[Floats, int]:
    """Coefficients, one row a class or one row for two classes, and the iterations they took."""
    rows, total_weight = weigh_classes(rows, class_weight, classes)
    loss = SummedLogisticLoss(
        rows,
        n_classes=len(classes),
        fit_intercept=model.fit_intercept,
        total_weight=total_weight,
    )
    penalised = not (hasattr(model, "penalty") and model.penalty is None)
    l2_reg_strength = 1.0 / (model.C * total_weight) if penalised else 0.0
    outputs = 1 if len(classes) == 2 else len(classes)
    width = rows.n_features + int(model.fit_intercept)
    solution, iterations = _SOLVERS[model.solver](
        model, loss, np.zeros(outputs * width), l2_reg_strength
    )
    return solution.reshape((outputs, width), order="F"), iterations


def _solve_each_class(
    model: LogisticRegression, rows: Cohort, classes: Array
) -> Iterator[tuple[Floats, int]]:
    """One model a class against the rest, as scikit-learn 1.5 does for newton-cholesky."""
    balanced = model.class_weight == "balanced"
    if not balanced:
        rows, _ = weigh_classes(rows, model.class_weight, classes)
    for code in range(len(classes)):
        against_rest = rows.replace(y=rows.derive(is_class, code=code))
        yield _solve(model, against_rest, "balanced" if balanced else None, np.arange(2))


def _lbfgs(
    model: LogisticRegression, loss: SummedLogisticLoss, start: Floats, l2_reg_strength: float
) -> tuple[Floats, int]:
    """The call of ``sklearn.linear_model._logistic._logistic_regression_path``."""
    result = optimize.minimize(
        loss.loss_gradient,
        start,
        method="L-BFGS-B",
        jac=True,
        args=(None, None, None, l2_reg_strength),
        options={
            "maxiter": model.max_iter,
            "maxls": 50,
            "gtol": model.tol,
            "ftol": 64 * np.finfo(float).eps,
        },
    )
    iterations = _check_optimize_result(
        "lbfgs", result, model.max_iter, extra_warning_msg=_LOGISTIC_SOLVER_CONVERGENCE_MSG
    )
    return result.x, int(iterations)


def _newton_cholesky(
    model: LogisticRegression, loss: SummedLogisticLoss, start: Floats, l2_reg_strength: float
) -> tuple[Floats, int]:
    solver = NewtonCholeskySolver(
        coef=start,
        linear_loss=loss,
        l2_reg_strength=l2_reg_strength,
        tol=model.tol,
        max_iter=model.max_iter,
    )
    # The solver looks at type and width of X, and leaves its rows to the loss.
    solution = solver.solve(X=np.empty((0, loss.n_features)), y=None, sample_weight=None)
    return solution.ravel(order="F"), int(solver.iteration)


_SOLVERS: dict[str, Solver] = {"lbfgs": _lbfgs, "newton-cholesky": _newton_cholesky}
