"""Logistic regression of two classes on shares: nobody sees linear predictors, residuals or labels;
gradients and products of columns are all that is revealed.

Fixed-Hessian steps (Boehning 1992: a quarter of the Gram matrix bounds the Hessian) with Anderson
acceleration (Walker and Ni 2011), which need gradients only. The sigmoid on the SPU is a
polynomial, so the optimum comes out to a few 1e-6 of the largest coefficient, not to rounding.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.design import classes_of, prepare, record_features
from fedruntime.shares.device import run_on_spu
from fedruntime.shares.objects import reveal_shared
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.moments import column_moments

Floats = npt.NDArray[np.float64]

_MOST_STEPS = 60
_ENOUGH = 1e-7  # of the largest coefficient: the size of a step that is the last
_NOISE = 1e-6  # steps below this share do not shrink any more once rounding has its say
_MEMORY = 10


def fit_on_shares(model: LogisticRegression, cohort: AlignedCohort) -> None:
    """Fit to the optimum of the penalised loss; ``tol`` and ``max_iter`` have no effect.

    Raises
    ------
    UnsupportedError
        For an l1 penalty and for class weights.
    DataError
        If there are not two classes.
    """
    model._validate_params()
    if getattr(model, "l1_ratio", None) or getattr(model, "penalty", "l2") in ("l1", "elasticnet"):
        raise UnsupportedError('reveal="none" takes an l2 penalty or none')
    if model.class_weight is not None:
        raise UnsupportedError('reveal="none" takes no class_weight')
    classes = classes_of(cohort)
    if len(classes) != 2:
        raise DataError(
            f'LogisticRegression with reveal="none" takes two classes, and y has {len(classes)}: '
            'use reveal="logits", or one model a class'
        )
    rows: Any = prepare(cohort, target="labels", classes=classes)
    penalty = 0.0 if getattr(model, "penalty", "l2") is None else 1 / (model.C * rows.n_samples)
    moments = column_moments(rows.replace(y=None))
    bound, free = _bound(moments, penalty, model.fit_intercept)
    gradient = _gradient_on_shares(rows, penalty, model.fit_intercept)
    inverse = np.asarray(np.linalg.pinv(bound, hermitian=True), dtype=np.float64)
    coef, steps = _accelerated(gradient, inverse, np.zeros(free))
    record_features(model, cohort["X"])
    p = rows.n_features
    model.classes_ = classes
    model.coef_ = coef[np.newaxis, :p]
    model.intercept_ = coef[p:] if model.fit_intercept else np.zeros(1)
    model.n_iter_ = np.array([steps], dtype=np.int32)


def _bound(moments: Any, penalty: float, fit_intercept: bool) -> tuple[Floats, int]:
    """A matrix that is larger than the Hessian everywhere, and its size."""
    p, rows = len(moments.mean), moments.rows
    size = p + int(fit_intercept)
    bound = np.zeros((size, size))
    bound[:p, :p] = moments.about(np.zeros(p)).astype(np.float64) / (4 * rows)
    bound[np.arange(p), np.arange(p)] += penalty
    if fit_intercept:
        bound[:p, p] = bound[p, :p] = moments.mean / 4
        bound[p, p] = 0.25
    return bound, size


def _gradient_on_shares(
    rows: AlignedCohort, penalty: float, fit_intercept: bool
) -> Callable[[Floats], Floats]:
    """The gradient of the mean loss, whose rows are shared once."""
    X, federation, p = rows.X, rows.federation, rows.n_features
    shared = run_on_spu(federation, share, [*X.blocks, rows["y"]])

    def gradient(coef: Floats) -> Floats:
        public = [coef[columns] for columns in X.columns_of]
        public.append(coef[p:] if fit_intercept else np.zeros(1))
        told = run_on_spu(federation, slopes, [len(X.blocks), *shared, *public])
        *parts, offset = [np.asarray(reveal_shared(one)) for one in told]
        found = np.zeros_like(coef)
        for columns, part in zip(X.columns_of, parts, strict=True):
            found[columns] = part / len(X) + penalty * coef[columns]
        if fit_intercept:
            found[p:] = offset / len(X)
        return found

    return gradient


def share(*columns: Any) -> tuple[Any, ...]:
    """Columns and the label as they are."""
    return columns


def slopes(count: int, *given: Any) -> tuple[Any, ...]:
    """Products of each party's columns with the residuals, and the sum of these.

    Parameters
    ----------
    count : int
        How many blocks of columns come first; then the label, the coefficients of each block, and
        the intercept.
    """
    blocks, label, coefs = given[:count], given[count], given[count + 1 :]
    *own, intercept = coefs
    if any(coef.any() for coef in own):
        predictors = [block @ coef for block, coef in zip(blocks, own, strict=True)]
        residuals = expit(sum(predictors) + intercept[0]) - label
    else:  # at the start all predictors are the intercept, which is public
        residuals = expit(float(intercept[0])) - label
    return (*(block.T @ residuals for block in blocks), residuals.sum())


def _accelerated(
    gradient: Callable[[Floats], Floats], inverse: Floats, start: Floats
) -> tuple[Floats, int]:
    """Where the gradient vanishes, by Anderson's acceleration of fixed-Hessian steps."""
    coef, points, steps = start, list[Floats](), list[Floats]()
    best, least = start, np.inf
    for number in range(1, _MOST_STEPS + 1):
        step = -inverse @ gradient(coef)
        size = np.abs(step).max(initial=0.0) / max(np.abs(coef + step).max(initial=0.0), 1e-300)
        if size < least:
            best, least = coef + step, size
        if size <= _ENOUGH or (size > least and least <= _NOISE):
            return best, number
        points.append(coef)
        steps.append(step)
        del points[: -_MEMORY - 1], steps[: -_MEMORY - 1]
        coef = coef + step
        if len(steps) > 1:
            moved = np.diff(np.array(points), axis=0).T
            changed = np.diff(np.array(steps), axis=0).T
            weights, *_ = np.linalg.lstsq(changed, step, rcond=1e-12)
            coef = coef - (moved + changed) @ weights
    warnings.warn(
        "no optimum was reached on shares: without a penalty, separable classes have none",
        ConvergenceWarning,
        stacklevel=2,
    )
    return best, _MOST_STEPS
