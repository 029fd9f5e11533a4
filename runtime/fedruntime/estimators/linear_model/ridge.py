"""``Ridge``: scikit-learn's own solvers on the few rows that stand for the rows of all parties."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge, RidgeClassifier

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import prepare
from fedruntime.estimators.gram import reduce_rows
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import Surrogate, adopt, fit_on, is_sparse, stand_in

Floats = npt.NDArray[np.float64]

_STOCHASTIC = ("sag", "saga")
_DIRECT = ("auto", "cholesky", "svd")
_OPTIMUM = (
    Exactness.EQUIVALENT,
    "the optimum itself, by a direct solver: scikit-learn's with tol=1e-12 is within 1e-6 of it",
)
SOLVERS = {("solver", solver): _OPTIMUM for solver in _STOCHASTIC}
"""The classes of exactness of solvers that draw single rows."""


@federated(
    Ridge,
    Exactness.EXACT,
    "summed Gram matrix, and scikit-learn's own solver on its factor",
    when=SOLVERS,
)
def fit_ridge(model: Ridge, cohort: Cohort) -> None:
    """Fit by penalised least squares; ``alpha`` may have one entry a target.

    ``copy_X`` has no effect. Where ``solver`` is "sag" or "saga", the optimum that they approach
    is found directly, and ``n_iter_`` is None.

    Raises
    ------
    DataError
        If ``alpha`` has neither one entry nor one a target.
    ValueError
        In scikit-learn's words, for solvers that sparse rows do not go with.
    """
    model._validate_params()
    solve_ridge(model, cohort, prepare(cohort, target="numeric", accept_sparse=True))


def solve_ridge(model: Ridge | RidgeClassifier, cohort: Cohort, rows: Cohort) -> None:
    """Fit a ridge model on prepared rows of a cohort."""
    alpha = np.ravel(np.asarray(model.alpha, dtype=np.float64))
    targets = rows["y"].shape[1] if len(rows["y"].shape) == 2 else 1
    if len(alpha) not in (1, targets):
        raise DataError(
            "Number of targets and number of penalties do not correspond: "
            f"{targets} != {len(alpha)}"
        )
    if is_sparse(cohort):
        _refuse_solver(model, cohort.n_features)
    surrogate = ridge_surrogate(model, cohort, rows, float(alpha.min()))
    numeric = _as_regressor(model)
    if model.solver in _STOCHASTIC:
        solved = fit_on(numeric, surrogate, solver="svd" if alpha.min() == 0 else "cholesky")
        if hasattr(solved, "solver_"):
            solved.solver_ = model.solver
    else:
        solved = fit_on(numeric, surrogate, as_sparse=is_sparse(cohort))
    adopt(model, solved, surrogate, cohort)


def ridge_surrogate(model: Any, cohort: Cohort, rows: Cohort, damping: float) -> Surrogate:
    """The rows that a ridge model is solved on: for direct solvers, without what the features do
    not explain of the targets, and with no digits that the penalty covers.
    """
    if is_sparse(cohort) or model.positive or model.solver not in (*_DIRECT, *_STOCHASTIC):
        return stand_in(rows, centred=model.fit_intercept)
    reduction = reduce_rows(rows, centred=model.fit_intercept, damping=damping)
    # Empty rows, so that it takes the primal or the dual way as it would on the pooled rows.
    padding = min(cohort["X"].shape) - len(reduction.factor)
    return Surrogate(
        np.concatenate([reduction.factor, np.zeros((padding, cohort.n_features))]),
        np.concatenate([reduction.target, np.zeros((padding, *reduction.target.shape[1:]))]),
        reduction.x_mean,
        reduction.y_mean,
        reduction.weight,
    )


def _as_regressor(model: Ridge | RidgeClassifier) -> Ridge:
    """The ridge regression that a classifier is, on targets of plus and minus one."""
    own = model.get_params(deep=False)
    return Ridge(**{name: own[name] for name in Ridge().get_params(deep=False)})


def _refuse_solver(model: Ridge | RidgeClassifier, n_features: int) -> None:
    """Let scikit-learn refuse a solver that does not take sparse rows."""
    tiny = sparse.csr_matrix(np.eye(2, n_features))
    trial = clone(_as_regressor(model))
    trial.set_params(alpha=1.0, max_iter=10_000, tol=0.5).fit(tiny, [0.0, 1.0])
