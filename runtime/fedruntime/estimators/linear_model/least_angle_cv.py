"""``LarsCV`` and ``LassoLarsCV``: scikit-learn's own paths of least angles on rows that stand for
the training rows of each fold; errors on its test rows are summed by the parties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import interpolate
from sklearn.base import clone
from sklearn.linear_model import LarsCV, LassoLarsCV

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare
from fedruntime.estimators.fold_rows import fold_rows
from fedruntime.estimators.linear_model.least_angle import PARAMETERS, path_of
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import (
    Surrogate,
    adopt,
    mean_squared_errors,
    refuse_sparse,
    stand_in,
)

Floats = npt.NDArray[np.float64]

_HOW = "scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"


@federated(LarsCV, Exactness.EXACT, _HOW, parameters=PARAMETERS)
@federated(LassoLarsCV, Exactness.EXACT, _HOW, parameters=PARAMETERS)
def fit_least_angle_cv(model: Any, cohort: Cohort) -> None:
    """Choose where to stop on the path by cross-validation.

    ``n_jobs`` and ``copy_X`` have no effect.

    Raises
    ------
    DataError
        For several targets.
    """
    model._validate_params()
    refuse_sparse(cohort)
    rows = prepare(cohort, target="numeric")
    rows = rows.replace(y=single_target(rows))
    folds = list(fold_rows(model.cv, rows))
    trained = [stand_in(fold.train, centred=model.fit_intercept).averaged() for fold in folds]
    paths = [path_of(model, one, max_iter=model.max_iter)[:2] for one in trained]
    alphas = np.unique(np.concatenate([knots for knots, _ in paths]))
    alphas = alphas[:: int(max(1, int(len(alphas) / float(model.max_n_alphas))))]
    errors = np.stack(
        [
            _errors(fold.test, _coefs_at(alphas, *path), one)
            for fold, path, one in zip(folds, paths, trained, strict=True)
        ],
        axis=1,
    )
    finite = np.isfinite(errors).all(axis=1)
    alphas, errors = alphas[finite], errors[finite]
    best = alphas[np.argmin(errors.mean(axis=1))]
    surrogate = stand_in(rows, centred=model.fit_intercept).averaged()
    solved = clone(model).set_params(fit_intercept=False)
    solved._fit(
        surrogate.X, surrogate.y, max_iter=model.max_iter, alpha=best, Xy=None, fit_path=True
    )
    adopt(model, solved, surrogate, cohort)
    model.alpha_, model.cv_alphas_, model.mse_path_ = best, alphas, errors


def _coefs_at(alphas: Floats, knots: Floats, coefs: Floats) -> Floats:
    """Coefficients (alphas, p) between the knots of a path; scikit-learn interpolates residuals,
    which are linear in them.
    """
    knots, coefs = knots[::-1], coefs.T[::-1]
    if knots[0] != 0:
        knots, coefs = np.r_[0, knots], np.r_[coefs[:1], coefs]
    if knots[-1] != alphas[-1]:
        knots, coefs = np.r_[knots, alphas[-1]], np.r_[coefs, coefs[-1:]]
    return np.asarray(interpolate.interp1d(knots, coefs, axis=0)(alphas))


def _errors(test: Cohort, coefs: Floats, trained: Surrogate) -> Floats:
    return mean_squared_errors(test, coefs[:, np.newaxis], trained)[:, 0]
