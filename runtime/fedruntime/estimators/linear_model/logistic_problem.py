"""Logistic regression as the problem that its parameters name: the form it takes for several
classes, its penalty, and the solver. ``LogisticRegression`` solves one such problem, and
``LogisticRegressionCV`` many.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgWarning
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import _logistic

from fedruntime.cohort import Cohort
from fedruntime.estimators.class_weights import class_factors, class_sums, is_class, weigh_classes
from fedruntime.estimators.linear_model.linear_loss import SummedLinearLoss
from fedruntime.estimators.linear_model.linear_optimum import Penalty, find_optimum
from fedruntime.estimators.linear_model.linear_solvers import SOLVERS, Solver, lbfgs
from fedruntime.messages import Array

Floats = npt.NDArray[np.float64]

# Versions of scikit-learn that fit several classes one by one have a function that says when.
_FORM_OF_VERSION = getattr(_logistic, "_check_multi_class", None)
HAS_FORMS = _FORM_OF_VERSION is not None

_MIRRORED: dict[str, Solver] = {
    **SOLVERS,
    "lbfgs": partial(lbfgs, advice=_logistic._LOGISTIC_SOLVER_CONVERGENCE_MSG),
}


class Form(Enum):
    """What is fitted for the classes that there are."""

    BINARY = "binary"
    MULTINOMIAL = "multinomial"
    ONE_VS_REST = "one vs rest"


def form_of(model: Any, n_classes: int) -> Form:
    """The form in which the installed scikit-learn fits a model."""
    if _FORM_OF_VERSION is None:
        return Form.BINARY if n_classes == 2 else Form.MULTINOMIAL
    asked = "auto" if model.multi_class == "deprecated" else model.multi_class
    if _FORM_OF_VERSION(asked, model.solver, n_classes) == "multinomial":
        return Form.MULTINOMIAL
    return Form.BINARY if n_classes == 2 else Form.ONE_VS_REST


def rehearsed(model: Any, classes: Array, **other: Any) -> Any:
    """scikit-learn's own fit of one public row a class, with other parameters.

    It warns and refuses as the installed version does, and has attributes of the right kinds.
    """
    rehearsal = clone(model).set_params(max_iter=1, verbose=0, n_jobs=None, **other)
    with warnings.catch_warnings():
        for noise in (ConvergenceWarning, LinAlgWarning, RuntimeWarning):
            warnings.simplefilter("ignore", noise)
        warnings.filterwarnings("ignore", "Line Search failed")
        return rehearsal.fit(np.ones((len(classes), 1)), classes)


@dataclass(frozen=True)
class Problem:
    """A logistic regression of the classes in ``y`` at some strength of the penalty.

    Parameters
    ----------
    model : LogisticRegression or LogisticRegressionCV
        For ``solver``, ``tol``, ``max_iter`` and ``fit_intercept``.
    rows : Cohort
        With ``y`` as class codes and class weights in the sample weights.
    total_weight : float
    n_classes : int
    form : Form
        ``BINARY`` or ``MULTINOMIAL``.
    intercept_scaling : float
        Of liblinear, whose penalty counts the intercept.
    """

    model: Any
    rows: Cohort
    total_weight: float
    n_classes: int
    form: Form
    intercept_scaling: float

    @property
    def shape(self) -> tuple[int, int]:
        """Of the coefficients: one row a class, or one for two; intercepts are the last column."""
        curves = 1 if self.n_classes == 2 else self.n_classes
        return curves, self.rows.n_features + int(self.model.fit_intercept)

    def solve(self, C: float, l1_ratio: float, start: Floats | None = None) -> tuple[Floats, int]:
        """Coefficients, and the iterations they took.

        Raises
        ------
        ValueError
            If the start is of another shape.
        """
        model = self.model
        loss = SummedLinearLoss(
            self.rows,
            pointwise=self._pointwise,
            fit_intercept=model.fit_intercept,
            total_weight=self.total_weight,
        )
        coef = self._flat(start, loss)
        strength = 1.0 / (C * self.total_weight)
        if model.solver in _MIRRORED:
            solve = _MIRRORED[model.solver]
            coef, iterations = solve(loss, coef, strength, model.tol, model.max_iter)
        else:
            scaling = self.intercept_scaling if model.solver == "liblinear" else None
            penalty = Penalty.elastic_net(loss, strength, l1_ratio, scaling)
            coef, iterations = find_optimum(loss, coef, penalty)
        coef = coef.reshape((loss.n_curves, -1), order="F")
        return np.ascontiguousarray(coef[-self.shape[0] :]), iterations

    @property
    def _pointwise(self) -> dict[str, Any]:
        if self.form is Form.BINARY:
            return {"name": "HalfBinomialLoss"}
        return {"name": "HalfMultinomialLoss", "n_classes": self.n_classes}

    def _flat(self, start: Floats | None, loss: SummedLinearLoss) -> Floats:
        if start is None:
            return np.zeros(loss.size)
        if start.shape != self.shape:
            raise ValueError(
                f"Initialization coef is of shape {start.shape}, expected shape {self.shape}"
            )
        if loss.n_curves > len(start):  # two classes in multinomial form
            start = np.concatenate([-start, start])
        return start.ravel(order="F")


def problems(
    model: Any, rows: Cohort, classes: Array, class_weight: Any, form: Form
) -> Iterator[Problem]:
    """The problem of a model, or one a class where each is fitted against the rest."""
    if form is not Form.ONE_VS_REST:
        weighed, total = weigh_classes(rows, class_weight, classes)
        yield Problem(model, weighed, total, len(classes), form, model.intercept_scaling)
        return
    own_weights, rows = _one_vs_rest_weights(model.solver, rows, classes, class_weight)
    for code, weights in enumerate(own_weights):
        part = rows.replace(y=rows.derive(is_class, code=code))
        weighed, total = weigh_classes(part, weights, np.arange(2))
        yield Problem(model, weighed, total, 2, Form.BINARY, model.intercept_scaling)


def _one_vs_rest_weights(
    solver: str, rows: Cohort, classes: Array, class_weight: Any
) -> tuple[list[Any], Cohort]:
    """The weights of the two sides in each problem, and the rows with those of all problems."""
    if class_weight is None:
        return [None] * len(classes), rows
    if solver == "liblinear":  # its rest has no weights
        factors = class_factors(class_weight, classes, rows.sum(class_sums, n_classes=len(classes)))
        return [{0: 1.0, 1: factor} for factor in factors], rows
    if class_weight == "balanced":
        return ["balanced"] * len(classes), rows
    return [None] * len(classes), weigh_classes(rows, class_weight, classes)[0]
