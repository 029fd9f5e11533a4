"""``LogisticRegression``, of two classes or several, by noisy clipped gradients."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError
from fedruntime.estimators.design import record_features
from fedruntime.estimators.private.bounded_rows import require_numbers
from fedruntime.estimators.private.descent import descend, flipped, schedule
from fedruntime.estimators.private.families import PREDICTOR_PARTS, PrivateFit, private
from fedruntime.estimators.private.labels import class_labels
from fedruntime.estimators.private.losses import Loss
from fedruntime.estimators.private.purse import purse, require_useful, surplus
from fedruntime.estimators.private.scales import feature_scales
from fedruntime.estimators.tables import require_table

_MEANING = "share of decisions turned by noise, of rows whose odds are about seven to one"


@private(
    LogisticRegression,
    "noisy clipped gradients, preconditioned by a noisy Gram matrix where there are rows enough",
    parameters={
        "penalty": ("l2", None, "deprecated"),
        "l1_ratio": (None, 0, 0.0),
        "class_weight": (None,),
        "dual": (False,),
        "warm_start": (False,),
    },
)
def fit(model: LogisticRegression, cohort: Cohort) -> PrivateFit:
    """Fit with the penalty of the model, whatever its solver; ``n_iter_`` is the number of
    gradients.

    Raises
    ------
    BudgetError
        If noise is expected to turn more decisions than the budget's tolerance; if the labels are
        unknown.
    """
    model._validate_params()
    if getattr(model, "multi_class", "auto") == "ovr":
        raise BudgetError("LogisticRegression(multi_class='ovr') has no private fit")
    require_table(cohort["X"])
    require_numbers(cohort["X"], "X")
    left = purse(cohort, PREDICTOR_PARTS)
    coefficients = cohort.n_features + int(model.fit_intercept)
    expected = partial(
        schedule, cohort.n_samples, coefficients, loss=Loss("binomial"), surplus=surplus(cohort)
    )
    require_useful(cohort, lambda mu: flipped(expected(mu=mu).noise), left.mu, _MEANING)
    classes, left = class_labels(cohort, left)
    scales, left = feature_scales(cohort, left)
    if not model.fit_intercept:
        scales = scales.uncentred()
    binary = len(classes) == 2
    loss = Loss("binomial" if binary else "multinomial", 1 if binary else len(classes))
    loss = Loss(loss.kind, loss.outputs, classes=classes)
    plan = schedule(cohort.n_samples, coefficients, left.rest, loss, surplus(cohort))
    strength = 0.0 if model.penalty is None or math.isinf(model.C) else 1.0 / model.C
    found = descend(cohort, scales, plan, loss, strength / scales.scale**2, model.fit_intercept)
    record_features(model, cohort["X"])
    model.classes_ = classes
    model.coef_ = found[: cohort.n_features].T / scales.scale
    model.intercept_ = np.zeros(loss.outputs)
    if model.fit_intercept:
        model.intercept_ = found[-1] - model.coef_ @ scales.centre
    model.n_iter_ = np.array([plan.steps], dtype=np.int32)
    return PrivateFit(left.mu, flipped(plan.noise), _MEANING, dict(vars(plan)))
