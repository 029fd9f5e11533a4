"""``LassoCV``, ``ElasticNetCV`` and their multi-task kin: scikit-learn's own paths on rows that
stand for the training rows of each fold; errors on its test rows are summed by the parties.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import ElasticNetCV, LassoCV, MultiTaskElasticNetCV, MultiTaskLassoCV
from sklearn.linear_model._coordinate_descent import _alpha_grid

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare
from fedruntime.estimators.fold_rows import Fold, fold_rows
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import (
    Surrogate,
    adopt,
    fit_on,
    is_sparse,
    mean_squared_errors,
    stand_in,
)

Floats = npt.NDArray[np.float64]

_HOW = "scikit-learn's own folds and paths on the factors of Gram matrices summed fold by fold"
# Older versions take no notice of sample weights when they lay out strengths.
_GRID_IS_WEIGHTED = "sample_weight" in inspect.signature(_alpha_grid).parameters
_PRECOMPUTED = {"precompute": ("auto", False, True)}
_NOT_OF_PATHS = frozenset(
    {"fit_intercept", "cv", "n_jobs", "n_alphas", "alphas", "eps", "l1_ratio", "copy_X"}
)


@federated(LassoCV, Exactness.EXACT, _HOW, parameters=_PRECOMPUTED)
@federated(ElasticNetCV, Exactness.EXACT, _HOW, parameters=_PRECOMPUTED)
@federated(MultiTaskLassoCV, Exactness.EXACT, _HOW)
@federated(MultiTaskElasticNetCV, Exactness.EXACT, _HOW)
def fit_elastic_net_cv(model: Any, cohort: Cohort) -> None:
    """Choose ``alpha`` and ``l1_ratio`` by cross-validation, and fit with them.

    ``n_jobs`` and ``copy_X`` have no effect.

    Raises
    ------
    DataError
        For several targets of a model of one.
    ValueError
        In scikit-learn's words, for one target of a multi-task model.
    """
    model._validate_params()
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    if not model._is_multitask():
        rows = rows.replace(y=single_target(rows))
    surrogate = stand_in(rows, centred=model.fit_intercept).averaged()
    rehearsal = _rehearsed(model, surrogate, rows)
    ratios = np.atleast_1d(getattr(model, "l1_ratio", 1))
    grid = np.broadcast_to(rehearsal.alphas_, (len(ratios), rehearsal.alphas_.shape[-1]))
    errors = np.stack(
        [_fold_errors(model, fold, ratios, grid, cohort) for fold in fold_rows(model.cv, rows)],
        axis=2,
    )
    mean = errors.mean(axis=2)
    # The first best, as scikit-learn's loops find it.
    ratio, place = np.unravel_index(np.argmin(mean), mean.shape)
    solved = fit_on(
        _estimator(model, ratios[ratio], grid[ratio, place]),
        surrogate,
        as_sparse=is_sparse(cohort),
    )
    adopt(model, solved, surrogate, cohort)
    model.alphas_, model.alpha_ = rehearsal.alphas_, grid[ratio, place]
    model.mse_path_ = np.squeeze(errors)
    if hasattr(model, "l1_ratio"):
        model.l1_ratio_ = ratios[ratio]
    # Its own estimator has attributes that the search has not.
    for name in vars(model).keys() - vars(rehearsal).keys() - {"feature_names_in_"}:
        delattr(model, name)


def _rehearsed(model: Any, surrogate: Surrogate, rows: Cohort) -> Any:
    """The model fitted without folds, for the grid of strengths as the installed version has it."""
    if not _GRID_IS_WEIGHTED and rows.has("sample_weight"):
        plain = rows.replace(sample_weight=None)
        surrogate = stand_in(plain, centred=model.fit_intercept).averaged()
    everything = np.arange(len(surrogate.X))
    return fit_on(clone(model), surrogate, cv=[(everything, everything)], n_jobs=None)


def _fold_errors(model: Any, fold: Fold, ratios: Any, grid: Floats, cohort: Cohort) -> Floats:
    """Mean squared errors on the test rows of a fold, of shape (ratios, alphas)."""
    surrogate = stand_in(fold.train, centred=model.fit_intercept).averaged()
    X = sparse.csc_matrix(surrogate.X) if is_sparse(cohort) else np.asfortranarray(surrogate.X)
    own = model.get_params(deep=False)
    options = {name: value for name, value in own.items() if name not in _NOT_OF_PATHS}
    paths = []
    for ratio, alphas in zip(ratios, grid, strict=True):
        share = {"l1_ratio": ratio} if "l1_ratio" in own else {}
        _, coefs, _ = model.path(X, surrogate.y, alphas=alphas, **share, **options)
        by_strength = np.moveaxis(coefs, -1, 0)
        paths.append(by_strength.reshape(len(alphas), -1, X.shape[1]))
    errors = mean_squared_errors(fold.test, np.concatenate(paths), surrogate)
    return np.asarray(errors.mean(axis=1).reshape(grid.shape))


def _estimator(model: Any, ratio: Any, alpha: float) -> Any:
    """The model that is fitted with what the search has chosen."""
    estimator = model._get_estimator()
    own = model.get_params(deep=False)
    shared = {name: own[name] for name in estimator.get_params(deep=False) if name in own}
    estimator.set_params(**shared)
    estimator.alpha = alpha
    if "l1_ratio" in estimator.get_params(deep=False):
        estimator.l1_ratio = ratio
    if "precompute" in shared and isinstance(shared["precompute"], str):
        estimator.precompute = False
    return estimator
