"""``PoissonRegressor``, ``GammaRegressor`` and ``TweedieRegressor`` by noisy clipped gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError, DataError
from fedruntime.estimators.design import record_features
from fedruntime.estimators.private.bounded_rows import require_numbers
from fedruntime.estimators.private.descent import descend, schedule
from fedruntime.estimators.private.families import PREDICTOR_PARTS, Fit, PrivateFit, private
from fedruntime.estimators.private.losses import Loss
from fedruntime.estimators.private.purse import purse, require_useful, surplus
from fedruntime.estimators.private.scales import feature_scales, target_scales
from fedruntime.estimators.tables import require_table

_MEANING = "error of the logarithm of a prediction"
_POWERS = {PoissonRegressor: 1.0, GammaRegressor: 2.0}


def _with_log_link(kind: type) -> Callable[[Fit], Fit]:
    return private(
        kind,
        "noisy clipped gradients of the deviance, in units of the target's size",
        parameters={"fit_intercept": (True,), "warm_start": (False,)},
    )


@_with_log_link(GammaRegressor)
@_with_log_link(PoissonRegressor)
@_with_log_link(TweedieRegressor)
def fit(model: Any, cohort: Cohort) -> PrivateFit:
    """Fit with the model's link and penalty, whatever its solver; ``n_iter_`` is the number of
    gradients. Targets that the loss does not take contribute nothing.

    Raises
    ------
    BudgetError
        If the logarithm of a prediction is expected to be off by more than the budget's tolerance
        through noise; if the link is not the logarithm.
    """
    model._validate_params()
    power = _POWERS.get(type(model), getattr(model, "power", 0.0))
    link = getattr(model, "link", "log")
    if power < 1.0 or link not in ("log", "auto"):
        raise BudgetError(
            f"{type(model).__name__}(power={power}, link={link!r}) has no private fit: with a "
            "budget there are powers from 1 with the logarithm as link, and Ridge"
        )
    require_table(cohort["X"])
    require_numbers(cohort["X"], "X")
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed, but the target y is None")
    require_numbers(cohort["y"], "y")
    left = purse(cohort, PREDICTOR_PARTS)
    coefficients = cohort.n_features + 1
    expected = partial(
        schedule, cohort.n_samples, coefficients, loss=Loss("tweedie"), surplus=surplus(cohort)
    )
    require_useful(cohort, lambda mu: expected(mu=mu).noise, left.mu, _MEANING)
    target, left = target_scales(cohort, left)
    scales, left = feature_scales(cohort, left)
    unit = max(float(target.centre[0]), float(target.scale[0]) / 2.0)
    loss = Loss("tweedie", 1, 0.0, unit, power)
    plan = schedule(cohort.n_samples, coefficients, left.rest, loss, surplus(cohort))
    # scikit-learn's penalty stands beside the mean deviance of the targets as they are.
    penalty = model.alpha * cohort.n_samples * loss.scale ** (power - 2.0) / scales.scale**2
    found = descend(cohort, scales, plan, loss, penalty, intercept=True)[:, 0]
    record_features(model, cohort["X"])
    model._base_loss = model._get_loss()
    model.coef_ = found[: cohort.n_features] / scales.scale
    model.intercept_ = float(found[-1] + np.log(unit) - model.coef_ @ scales.centre)
    model.n_iter_ = plan.steps
    return PrivateFit(left.mu, plan.noise, _MEANING, dict(vars(plan)))
