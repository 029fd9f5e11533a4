"""``LinearRegression``: scikit-learn's own least-squares solver on the triangular factor that
stands for the rows of all parties.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.gram import reduce_rows
from fedruntime.estimators.registry import Exactness, federated


@federated(
    LinearRegression,
    Exactness.EXACT,
    "summed Gram matrix, in an orthogonal basis where it is ill-conditioned",
    parameters={"positive": (False,)},
)
def fit_linear_regression(model: LinearRegression, cohort: Cohort) -> None:
    """Fit by ordinary least squares; ``n_jobs`` and ``copy_X`` have no effect.

    ``rank_`` and ``singular_`` are those of the pooled centred rows, cut off where the installed
    scikit-learn cuts them off.
    """
    model._validate_params()
    rows = prepare(cohort, target="numeric")
    reduction = reduce_rows(rows, centred=model.fit_intercept)
    # The installed version's own solver, so that its cut-off of singular values holds here, too.
    solved = clone(model).set_params(fit_intercept=False)
    solved.fit(reduction.factor, reduction.target)
    record_features(model, cohort["X"])
    model.coef_ = solved.coef_
    model.rank_ = solved.rank_
    model.singular_ = np.zeros(min(cohort["X"].shape))
    model.singular_[: len(solved.singular_)] = solved.singular_
    model.intercept_ = reduction.intercept(model.coef_) if model.fit_intercept else 0.0
