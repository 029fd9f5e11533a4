"""``SVR`` with a linear kernel: the optimum of its epsilon-insensitive loss."""

from __future__ import annotations

import numpy as np
from sklearn.svm import SVR

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.linear_model.absolute_loss import AbsoluteLoss
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.svm.libsvm import LINEAR, OPTIMUM, judge_kernel, optimum, set_solution


@federated(SVR, Exactness.EQUIVALENT, OPTIMUM, parameters=LINEAR, judge=judge_kernel)
def fit_svr(model: SVR, cohort: Cohort) -> None:
    """Fit by interior-point steps; ``tol``, ``max_iter`` and ``shrinking`` have no effect."""
    model._validate_params()
    rows = prepare(cohort, target="numeric")
    rows = rows.replace(y=single_target(rows))
    loss = AbsoluteLoss(rows, fit_intercept=True, distance=model.epsilon)
    # max(0, abs(r) - epsilon) = abs(r - epsilon) / 2 + abs(r + epsilon) / 2 - epsilon
    coef, intercept, steps = optimum(
        loss, strength=model.C / loss.n_targets, constant=-model.C * model.epsilon * loss.weight
    )
    record_features(model, cohort["X"])
    set_solution(
        model,
        rows,
        vectors=coef[np.newaxis],
        dual=np.ones((1, 1)),
        per_class=[1, 0],
        intercept=np.array([intercept]),
        steps=[steps],
    )
    model.n_iter_ = steps
