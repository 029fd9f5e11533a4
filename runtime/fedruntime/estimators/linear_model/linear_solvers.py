"""The iterative solvers that scikit-learn runs on smooth linear objectives, with its own options,
driven by sums over the parties. Each takes the steps of the pooled fit, and stops where it stops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import optimize
from sklearn.linear_model._glm.glm import NewtonCholeskySolver
from sklearn.utils.optimize import _check_optimize_result, _newton_cg

from fedruntime.estimators.linear_model.linear_loss import SummedLinearLoss

Floats = npt.NDArray[np.float64]
Solver = Callable[[SummedLinearLoss, Floats, float, float, int], tuple[Floats, int]]
"""``(loss, start, l2_reg_strength, tol, max_iter) -> (solution, iterations)``."""


def lbfgs(
    loss: SummedLinearLoss,
    start: Floats,
    l2_reg_strength: float,
    tol: float,
    max_iter: int,
    advice: str | None = None,
) -> tuple[Floats, int]:
    """The call of ``_logistic._logistic_regression_path`` and of ``_glm.glm``.

    ``advice`` is what scikit-learn adds to its warning if the iterations do not converge.
    """
    result = optimize.minimize(
        loss.loss_gradient,
        start,
        method="L-BFGS-B",
        jac=True,
        args=(None, None, None, l2_reg_strength),
        options={
            "maxiter": max_iter,
            "maxls": 50,
            "gtol": tol,
            "ftol": 64 * np.finfo(float).eps,
        },
    )
    iterations = _check_optimize_result("lbfgs", result, max_iter, extra_warning_msg=advice)
    return result.x, int(iterations)


def newton_cholesky(
    loss: SummedLinearLoss, start: Floats, l2_reg_strength: float, tol: float, max_iter: int
) -> tuple[Floats, int]:
    """scikit-learn's ``NewtonCholeskySolver``."""
    solver = NewtonCholeskySolver(
        coef=start,
        linear_loss=loss,
        l2_reg_strength=l2_reg_strength,
        tol=tol,
        max_iter=max_iter,
    )
    # The solver looks at type and width of X, and leaves its rows to the loss.
    solution = solver.solve(X=np.empty((0, loss.n_features)), y=None, sample_weight=None)
    return solution.ravel(order="F"), int(solver.iteration)


def newton_cg(
    loss: SummedLinearLoss, start: Floats, l2_reg_strength: float, tol: float, max_iter: int
) -> tuple[Floats, int]:
    """scikit-learn's ``_newton_cg``."""
    solution, iterations = _newton_cg(
        grad_hess=loss.gradient_hessian_product,
        func=loss.loss,
        grad=loss.gradient,
        x0=start,
        args=(None, None, None, l2_reg_strength),
        maxiter=max_iter,
        tol=tol,
    )
    return solution, int(iterations)


SOLVERS: Mapping[str, Solver] = {
    "lbfgs": lbfgs,
    "newton-cg": newton_cg,
    "newton-cholesky": newton_cholesky,
}
