"""``LinearRegression`` and ``Ridge`` by noisy gradients, after one noisy Gram matrix where there
are rows enough for it.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import record_features
from fedruntime.estimators.private.bounded_rows import require_numbers
from fedruntime.estimators.private.descent import descend, schedule
from fedruntime.estimators.private.families import PREDICTOR_PARTS, PrivateFit, private
from fedruntime.estimators.private.losses import Loss
from fedruntime.estimators.private.purse import purse, require_useful, surplus
from fedruntime.estimators.private.scales import feature_scales, target_scales
from fedruntime.estimators.tables import require_table

_MEANING = "squared error of predictions, in variances of the target"
_HOW = "noisy clipped gradients, preconditioned by a noisy Gram matrix where there are rows enough"


@private(LinearRegression, _HOW, parameters={"positive": (False,)})
@private(Ridge, _HOW, parameters={"positive": (False,)})
def fit(model: LinearRegression | Ridge, cohort: Cohort) -> PrivateFit:
    """Fit by least squares.

    ``rank_`` and ``singular_`` are not set: they would be of the rows. ``n_iter_`` of ``Ridge`` is
    the number of gradients.

    Raises
    ------
    BudgetError
        If the squared error through noise is expected to exceed the budget's tolerance, as a share
        of the target's variance.
    """
    model._validate_params()
    require_table(cohort["X"])
    require_numbers(cohort["X"], "X")
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed, but the target y is None")
    require_numbers(cohort["y"], "y")
    several = cohort["y"].ndim == 2
    outputs = int(cohort["y"].shape[1]) if several else 1
    left = purse(cohort, PREDICTOR_PARTS)
    alpha = _alpha(model, outputs)
    coefficients = cohort.n_features + int(model.fit_intercept)
    expected = partial(
        schedule,
        cohort.n_samples,
        coefficients,
        loss=Loss("squared", outputs),
        surplus=surplus(cohort),
    )
    require_useful(cohort, lambda mu: expected(mu=mu).noise ** 2, left.mu, _MEANING)
    target, left = target_scales(cohort, left)
    scales, left = feature_scales(cohort, left)
    if not model.fit_intercept:
        scales, target = scales.uncentred(), target.uncentred()
    loss = Loss("squared", outputs, target.centre, target.scale)
    plan = schedule(cohort.n_samples, coefficients, left.rest, loss, surplus(cohort))
    found = descend(cohort, scales, plan, loss, alpha / scales.scale**2, model.fit_intercept)
    coef = found[: cohort.n_features].T / scales.scale * target.scale[:, np.newaxis]
    intercept = np.zeros(outputs)
    if model.fit_intercept:
        intercept = target.centre + found[-1] * target.scale - coef @ scales.centre
    record_features(model, cohort["X"])
    model.coef_ = coef if several else coef[0]
    model.intercept_ = 0.0 if not model.fit_intercept else intercept if several else intercept[0]
    if isinstance(model, Ridge):
        model.n_iter_, model.solver_ = plan.steps, "private"
    return PrivateFit(
        left.mu,
        plan.noise**2,
        _MEANING,
        dict(vars(plan)),
    )


def _alpha(model: Any, outputs: int) -> float:
    alpha = np.ravel(getattr(model, "alpha", 0.0)).astype(np.float64)
    if len(set(alpha.tolist())) != 1 or not math.isfinite(alpha[0]):
        raise DataError(f"alpha must be one number under a budget, not {len(alpha)} different ones")
    return float(alpha[0])
