"""``BayesianRidge`` and ``ARDRegression``: scikit-learn's own iterations on the few rows that stand
for the rows of all parties.

What these iterations ask of the number of rows is put right by the prior of the noise: with
``alpha_1`` larger by half the rows that are missing, each step is that of the pooled rows.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.linear_model import ARDRegression, BayesianRidge

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import prepare
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import Surrogate, adopt, fit_on, refuse_sparse, stand_in
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_HOW = "scikit-learn's own iterations on the factor of the summed Gram matrix"
_EPS = float(np.finfo(np.float64).eps)
# Newer versions count rows by their weights, and take the variance before rows are weighted.
_COUNTS_WEIGHTS = "sw_sum" in inspect.signature(BayesianRidge._log_marginal_likelihood).parameters


@federated(BayesianRidge, Exactness.EXACT, _HOW)
def fit_bayesian_ridge(model: BayesianRidge, cohort: Cohort) -> None:
    """Fit by maximising the marginal likelihood.

    Raises
    ------
    DataError
        For several targets.
    """
    model._validate_params()
    rows, surrogate = _stand_in(model, cohort)
    alpha = model.alpha_init
    if alpha is None:
        alpha = 1.0 / (_target_variance(rows, surrogate) + _EPS)
    counted = surrogate.weight if _COUNTS_WEIGHTS else rows.n_samples
    missing = counted - len(surrogate.X)
    # A prior that is less than nothing, where weights add up to little, is no error here.
    with sklearn.config_context(skip_parameter_validation=True):
        solved = fit_on(model, surrogate, alpha_init=alpha, alpha_1=model.alpha_1 + missing / 2)
    if model.compute_score:
        solved.scores_ = solved.scores_ - missing / 2 * math.log(2 * math.pi)
    _adopt(model, solved, surrogate, cohort)


@federated(ARDRegression, Exactness.EXACT, _HOW)
def fit_ard_regression(model: ARDRegression, cohort: Cohort) -> None:
    """Fit by maximising the marginal likelihood, with a precision of its own for each feature.

    Raises
    ------
    DataError
        For several targets, or a single row.
    """
    model._validate_params()
    if cohort.n_samples < 2:
        raise DataError(
            f"Found array with {cohort.n_samples} sample(s) (shape={cohort['X'].shape}) while a "
            "minimum of 2 is required by ARDRegression."
        )
    rows, surrogate = _stand_in(model, cohort)
    turned = _with_variance(surrogate, _target_variance(rows, surrogate))
    missing = rows.n_samples - len(surrogate.X)
    solved = fit_on(model, turned, alpha_1=model.alpha_1 + missing / 2)
    _adopt(model, solved, surrogate, cohort)


def _stand_in(model: Any, cohort: Cohort) -> tuple[Cohort, Surrogate]:
    refuse_sparse(cohort)
    rows = prepare(cohort, target="numeric")
    rows = rows.replace(y=single_target(rows))
    return rows, stand_in(rows, centred=model.fit_intercept)


def _adopt(model: Any, solved: Any, surrogate: Surrogate, cohort: Cohort) -> None:
    adopt(model, solved, surrogate, cohort)
    model.X_offset_, model.X_scale_ = surrogate.x_mean, np.ones_like(surrogate.x_mean)


def _target_variance(rows: Cohort, surrogate: Surrogate) -> float:
    """The variance of the target, from which the precision of the noise starts."""
    unit = math.sqrt(surrogate.weight / float(surrogate.y @ surrogate.y) or 1.0)
    centre = float(surrogate.y_mean)
    if not (rows.has("sample_weight") and not _COUNTS_WEIGHTS):
        sums = rows.sum(spread_of_target, centre=centre, unit=unit)
        shift = float(sums["first"]) / surrogate.weight
        if abs(shift) > 1e-8:  # the fit is not about the mean
            centre += shift / unit
            sums = rows.sum(spread_of_target, centre=centre, unit=unit)
        return float(sums["second"]) / surrogate.weight / unit**2
    sums = rows.sum(spread_of_target, centre=centre, unit=unit)
    mean = float(sums["root"]) / rows.n_samples
    return (float(sums["second"]) / rows.n_samples - mean**2) / unit**2


def _with_variance(surrogate: Surrogate, variance: float) -> Surrogate:
    """The surrogate reflected such that its target has a given variance: inner products stay."""
    y, size = surrogate.y, len(surrogate.y)
    squares = float(y @ y)
    mean = math.sqrt(max(squares / size - variance, 0.0))
    wanted = np.full(size, mean)
    wanted[0::2][: size // 2] += math.sqrt(variance * size / (size - size % 2))
    wanted[1::2] -= math.sqrt(variance * size / (size - size % 2))
    normal = y - wanted
    length = float(normal @ normal)
    if length <= _EPS**2 * squares:
        return surrogate
    reflected = surrogate.X - np.outer(normal, 2 / length * (normal @ surrogate.X))
    return replace(surrogate, X=reflected, y=wanted)


@party_op("bayesian_regression.target")
def spread_of_target(
    y: Floats, sample_weight: Floats | None, centre: float, unit: float
) -> Statistics:
    """Sums of a target about a centre: ``first``, of its values; ``second``, of their squares;
    ``root``, of values times the roots of weights. In units of ``1 / unit``.
    """
    rest = (y - centre) * unit
    weight = np.ones_like(rest) if sample_weight is None else sample_weight
    return {
        "first": weight @ rest,
        "second": weight @ rest**2,
        "root": np.sqrt(weight) @ rest,
    }
