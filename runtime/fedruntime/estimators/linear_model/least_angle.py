"""``Lars``, ``LassoLars`` and ``LassoLarsIC``: scikit-learn's own paths of least angles on the few
rows that stand for the rows of all parties.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import Lars, LassoLars, LassoLarsIC, lars_path

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import Surrogate, adopt, fit_on, refuse_sparse, stand_in

Floats = npt.NDArray[np.float64]

HOW = "scikit-learn's own path of least angles on the factor of the summed Gram matrix"
PARAMETERS = {"precompute": ("auto", True, False, None)}


@federated(Lars, Exactness.EXACT, HOW, parameters={**PARAMETERS, "jitter": (None,)})
@federated(LassoLars, Exactness.EXACT, HOW, parameters={**PARAMETERS, "jitter": (None,)})
def fit_least_angle(model: Any, cohort: Cohort) -> None:
    """Follow the path to its end, or to ``alpha`` or the number of coefficients that is wanted.

    ``jitter`` is refused: its noise has one value a row.
    """
    model._validate_params()
    refuse_sparse(cohort)
    rows = prepare(cohort, target="numeric")
    surrogate = stand_in(rows, centred=model.fit_intercept).averaged()
    adopt(model, fit_on(model, surrogate), surrogate, cohort)


@federated(LassoLarsIC, Exactness.EXACT, HOW, parameters=PARAMETERS)
def fit_least_angle_by_criterion(model: LassoLarsIC, cohort: Cohort) -> None:
    """Follow the whole path, and stop where an information criterion is best.

    Raises
    ------
    DataError
        For several targets.
    ValueError
        In scikit-learn's words, if there are too few rows to estimate the variance of the noise.
    """
    model._validate_params()
    refuse_sparse(cohort)
    rows = prepare(cohort, target="numeric")
    rows = rows.replace(y=single_target(rows))
    n_samples, n_parameters = rows.n_samples, rows.n_features + bool(model.fit_intercept)
    if model.noise_variance is None and n_samples <= n_parameters:
        model._estimate_noise_variance(np.zeros((1, rows.n_features)), np.zeros(1), False)
    surrogate = stand_in(rows, centred=model.fit_intercept)
    alphas, coefs, n_iter = path_of(model, surrogate.averaged(), max_iter=model.max_iter)
    noise = model.noise_variance
    if noise is None:
        # The estimate divides by the degrees of freedom of the surrogate.
        left = model._estimate_noise_variance(*_padded(surrogate, n_parameters), model.positive)
        noise = left / (n_samples - n_parameters)
    squares = ((surrogate.y[:, np.newaxis] - surrogate.X @ coefs) ** 2).sum(axis=0)
    freedom = (np.abs(coefs) > np.finfo(np.float64).eps).sum(axis=0)
    factor = 2 if model.criterion == "aic" else math.log(n_samples)
    criterion = n_samples * np.log(2 * np.pi * noise) + squares / noise + factor * freedom
    best = int(np.argmin(criterion))
    record_features(model, cohort["X"])
    model.n_iter_, model.alphas_, model.noise_variance_ = n_iter, alphas, noise
    model.criterion_, model.alpha_, model.coef_ = criterion, alphas[best], coefs[:, best]
    model.intercept_ = surrogate.intercept(model.coef_) if model.fit_intercept else 0.0


def path_of(model: Any, surrogate: Surrogate, **options: Any) -> tuple[Floats, Floats, int]:
    """The lasso path, or that of ``model.method``: strengths, coefficients (p, knots), steps."""
    alphas, _, coefs, n_iter = lars_path(
        surrogate.X,
        surrogate.y,
        Gram=model.precompute,
        copy_X=True,
        copy_Gram=True,
        method=getattr(model, "method", "lasso"),
        verbose=max(0, model.verbose - 1),
        eps=model.eps,
        return_n_iter=True,
        positive=model.positive,
        **options,
    )
    return alphas, coefs, n_iter


def _padded(surrogate: Surrogate, n_parameters: int) -> tuple[Floats, Floats]:
    """The surrogate with empty rows, up to one degree of freedom more than parameters."""
    missing = n_parameters + 1 - len(surrogate.X)
    if missing <= 0:
        return surrogate.X, surrogate.y
    return np.pad(surrogate.X, ((0, missing), (0, 0))), np.pad(surrogate.y, (0, missing))
