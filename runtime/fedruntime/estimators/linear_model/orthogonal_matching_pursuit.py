"""``OrthogonalMatchingPursuit`` and its cross-validation: scikit-learn's own pursuit on the few
rows that stand for the rows of all parties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import (
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
    orthogonal_mp,
)

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare
from fedruntime.estimators.fold_rows import Fold, fold_rows
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import (
    adopt,
    fit_on,
    mean_squared_errors,
    refuse_sparse,
    stand_in,
)

Floats = npt.NDArray[np.float64]


@federated(
    OrthogonalMatchingPursuit,
    Exactness.EXACT,
    "scikit-learn's own pursuit on the factor of the summed Gram matrix",
    parameters={"precompute": ("auto", True, False)},
)
def fit_orthogonal_matching_pursuit(model: OrthogonalMatchingPursuit, cohort: Cohort) -> None:
    """Fit by the features that explain most of what is left, one after another."""
    model._validate_params()
    refuse_sparse(cohort)
    rows = prepare(cohort, target="numeric")
    surrogate = stand_in(rows, centred=model.fit_intercept)
    adopt(model, fit_on(model, surrogate), surrogate, cohort)


@federated(
    OrthogonalMatchingPursuitCV,
    Exactness.EXACT,
    "scikit-learn's own folds and pursuits on the factors of Gram matrices summed fold by fold",
)
def fit_orthogonal_matching_pursuit_cv(model: OrthogonalMatchingPursuitCV, cohort: Cohort) -> None:
    """Choose the number of features by cross-validation.

    ``n_jobs`` and ``copy`` have no effect.

    Raises
    ------
    DataError
        For several targets.
    """
    model._validate_params()
    refuse_sparse(cohort)
    rows = prepare(cohort, target="numeric")
    rows = rows.replace(y=single_target(rows))
    most = model.max_iter or min(max(int(0.1 * rows.n_features), 5), rows.n_features)
    errors = [_errors(model, fold, most) for fold in fold_rows(model.cv, rows)]
    shortest = min(len(one) for one in errors)
    best = int(np.argmin(np.mean([one[:shortest] for one in errors], axis=0))) + 1
    surrogate = stand_in(rows, centred=model.fit_intercept)
    adopt(model, fit_on(_chosen(model, best), surrogate), surrogate, cohort)
    model.n_nonzero_coefs_ = best


def _chosen(model: Any, count: int) -> OrthogonalMatchingPursuit:
    return OrthogonalMatchingPursuit(n_nonzero_coefs=count, fit_intercept=model.fit_intercept)


def _errors(model: Any, fold: Fold, most: int) -> Floats:
    """Mean squared errors on the test rows of a fold, after one feature, two, ..."""
    surrogate = stand_in(fold.train, centred=model.fit_intercept)
    coefs = orthogonal_mp(
        surrogate.X, surrogate.y, n_nonzero_coefs=most, precompute=False, return_path=True
    )
    steps = np.reshape(coefs, (surrogate.X.shape[1], -1)).T
    return mean_squared_errors(fold.test, steps[:, np.newaxis], surrogate)[:, 0]
