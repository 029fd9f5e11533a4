"""``Ridge``: scikit-learn's own direct solvers on the triangular factor that stands for the rows of
all parties.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import Ridge

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.gram import reduce_rows
from fedruntime.estimators.registry import Exactness, federated


@federated(
    Ridge,
    Exactness.EXACT,
    "summed Gram matrix and scikit-learn's own direct solver",
    parameters={"positive": (False,), "solver": ("auto", "cholesky", "svd")},
)
def fit_ridge(model: Ridge, cohort: Cohort) -> None:
    """Fit by penalised least squares; ``alpha`` may have one entry a target.

    ``copy_X``, ``max_iter``, ``tol`` and ``random_state`` have no effect on the direct solvers.

    Raises
    ------
    DataError
        If ``alpha`` has neither one entry nor one a target.
    """
    model._validate_params()
    alpha = np.ravel(np.asarray(model.alpha, dtype=np.float64))
    rows = prepare(cohort, target="numeric")
    targets = rows["y"].shape[1] if len(rows["y"].shape) == 2 else 1
    if len(alpha) not in (1, targets):
        raise DataError(
            "Number of targets and number of penalties do not correspond: "
            f"{targets} != {len(alpha)}"
        )
    reduction = reduce_rows(rows, centred=model.fit_intercept, damping=float(alpha.min()))
    # Empty rows, so that it takes the primal or the dual way as it would on the pooled rows.
    padding = min(cohort["X"].shape) - len(reduction.factor)
    solved = clone(model).set_params(fit_intercept=False)
    solved.fit(
        np.concatenate([reduction.factor, np.zeros((padding, cohort.n_features))]),
        np.concatenate([reduction.target, np.zeros((padding, *reduction.target.shape[1:]))]),
    )
    record_features(model, cohort["X"])
    model.coef_ = solved.coef_
    model.n_iter_ = solved.n_iter_
    if hasattr(solved, "solver_"):
        model.solver_ = solved.solver_
    model.intercept_ = reduction.intercept(model.coef_) if model.fit_intercept else 0.0
