"""``LogisticRegression``: scikit-learn's own iterations over summed losses where its solver looks
at all rows in each, and the optimum of the same objective where it goes from row to row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import (
    classes_of,
    prepare,
    record_features,
    require_two_classes,
)
from fedruntime.estimators.linear_model.logistic_problem import form_of, problems, rehearsed
from fedruntime.estimators.registry import Exactness, Level, federated

Floats = npt.NDArray[np.float64]

OPTIMUM = (
    Exactness.EQUIVALENT,
    "the optimum of the same objective, whatever tol and max_iter: to a relative 1e-9 by Newton "
    "steps on the summed gradient and Hessian, 1e-6 by L-BFGS beyond 2000 coefficients",
)


def judge_solver(model: Any) -> Level | None:
    """Solvers that go from row to row have the optimum in common with ours, and not the path."""
    return OPTIMUM if model.solver in ("liblinear", "sag", "saga") else None


@federated(
    LogisticRegression,
    Exactness.EXACT,
    "scikit-learn's own iterations on the summed loss, gradient and Hessian",
    when={("solver", solver): OPTIMUM for solver in ("sag", "saga")},
    judge=judge_solver,
)
def fit_logistic_regression(model: LogisticRegression, cohort: Cohort) -> None:
    """Fit by the model's own solver, or to the optimum that ``liblinear``, ``sag`` and ``saga``
    approach; ``random_state``, ``n_jobs``, ``verbose`` and ``dual`` have no effect on it.

    An l1 penalty on an even number of classes above two has many optima, with equal predictions.
    ``saga`` stops without looking at intercepts; ours are those of the optimum.

    Raises
    ------
    DataError
        If there is one class only.
    ValueError
        In scikit-learn's words, for parameters that do not go together.
    """
    model._validate_params()
    classes = classes_of(cohort)
    require_two_classes(classes)
    rehearsal = rehearsed(model, classes)
    form = form_of(model, len(classes))
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    C, l1_ratio = _penalty_of(model)
    starts = _warm_start(model)
    solutions = [
        problem.solve(C, l1_ratio, None if starts is None else starts[code : code + size])
        for code, problem in enumerate(problems(model, rows, classes, model.class_weight, form))
        for size in problem.shape[:1]
    ]
    coef = np.concatenate([solution for solution, _ in solutions])
    record_features(model, cohort["X"])
    model.classes_ = classes
    model.coef_ = np.ascontiguousarray(coef[:, : rows.n_features])
    model.intercept_ = coef[:, -1].copy() if model.fit_intercept else rehearsal.intercept_
    iterations = [count for _, count in solutions]
    model.n_iter_ = np.array(iterations, dtype=rehearsal.n_iter_.dtype)


def _penalty_of(model: LogisticRegression) -> tuple[float, float]:
    """C and the share of the l1 penalty, from what versions of scikit-learn call the penalty."""
    penalty = getattr(model, "penalty", "deprecated")
    if penalty is None:
        return np.inf, 0.0
    fixed = {"l1": 1.0, "l2": 0.0}
    return model.C, float(fixed.get(penalty, model.l1_ratio or 0.0))


def _warm_start(model: LogisticRegression) -> Floats | None:
    """The coefficients of the fit before, one row a class."""
    if not model.warm_start or model.solver == "liblinear" or not hasattr(model, "coef_"):
        return None
    if not model.fit_intercept:
        return np.asarray(model.coef_)
    return np.column_stack([model.coef_, model.intercept_])
