"""``LinearSVR``: the optimum of both of its losses."""

from __future__ import annotations

from sklearn.svm import LinearSVR

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.linear_model.absolute_loss import AbsoluteLoss
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.svm.liblinear import (
    OPTIMUM,
    fit_absolute,
    fit_squared,
    require_combination,
)


def _require_convex(model: LinearSVR) -> Level | None:
    if model.epsilon < 0:
        raise UnsupportedError(
            f"LinearSVR(epsilon={model.epsilon!r}) has no federated fit, because liblinear's "
            "objective is not convex then; use an epsilon of zero or more"
        )
    return None


@federated(LinearSVR, Exactness.EQUIVALENT, OPTIMUM, judge=_require_convex)
def fit_linear_svr(model: LinearSVR, cohort: Cohort) -> None:
    """Fit by Newton steps for the squared loss, by interior-point steps for the other.

    Raises
    ------
    ValueError
        In scikit-learn's words, for what liblinear does not have.
    """
    model._validate_params()
    require_combination(model, cohort["X"], "l2", "ovr")
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    rows = rows.replace(y=single_target(rows))
    epsilon = float(model.epsilon)
    if model.loss == "squared_epsilon_insensitive":
        pointwise = {"name": "SquaredEpsilonInsensitiveLoss", "epsilon": epsilon}
        coef, steps = fit_squared(model, rows, pointwise)
    else:
        loss = AbsoluteLoss(rows, fit_intercept=model.fit_intercept, distance=epsilon)
        # max(0, abs(r) - epsilon) = abs(r - epsilon) / 2 + abs(r + epsilon) / 2 - epsilon
        coef, steps = fit_absolute(
            model,
            loss,
            strength=model.C / loss.n_targets,
            constant=-model.C * epsilon * loss.weight,
        )
    record_features(model, cohort["X"])
    model.coef_ = coef[: rows.n_features]
    model.intercept_ = coef[rows.n_features :] if model.fit_intercept else 0.0
    model.n_iter_ = steps
