"""``LinearRegression``: scikit-learn's own least-squares solvers on the few rows that stand for the
rows of all parties.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare
from fedruntime.estimators.gram import reduce_rows
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import adopt, fit_on, is_sparse, stand_in


@federated(
    LinearRegression,
    Exactness.EXACT,
    "summed Gram matrix, in an orthogonal basis where it is ill-conditioned",
    when={("positive", True): (Exactness.EXACT, "non-negative least squares on the summed factor")},
)
def fit_linear_regression(model: LinearRegression, cohort: Cohort) -> None:
    """Fit by ordinary least squares; ``n_jobs`` and ``copy_X`` have no effect.

    ``rank_`` and ``singular_`` are those of the pooled centred rows, cut off where the installed
    scikit-learn cuts them off. Sparse rows take the steps of its iterative solver.
    """
    model._validate_params()
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    if model.positive or is_sparse(cohort):
        surrogate = stand_in(rows, centred=model.fit_intercept)
        solved = fit_on(model, surrogate, as_sparse=is_sparse(cohort))
        adopt(model, solved, surrogate, cohort)
        return
    reduction = reduce_rows(rows, centred=model.fit_intercept)
    # The installed version's own solver, so that its cut-off of singular values holds here, too.
    solved = clone(model).set_params(fit_intercept=False)
    solved.fit(reduction.factor, reduction.target)
    adopt(model, solved, reduction, cohort)
    model.singular_ = np.zeros(min(cohort["X"].shape))
    model.singular_[: len(solved.singular_)] = solved.singular_
