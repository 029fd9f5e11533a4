"""``LinearDiscriminantAnalysis``: class means from sums, and the triangular factor of the scatter
within classes in the place of the centred rows.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from sklearn.base import clone
from sklearn.covariance import shrunk_covariance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.class_moments import ClassMeans, class_means
from fedruntime.estimators.design import classes_of, prepare
from fedruntime.estimators.discriminant_analysis.class_covariances import shrunk_covariances
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.scatter_factors import class_factors, within_factor
from fedruntime.estimators.tables import labelled, require_dense, require_table
from fedruntime.messages import Array

Floats = npt.NDArray[np.float64]

_FITTED = (
    "coef_",
    "covariance_",
    "explained_variance_ratio_",
    "intercept_",
    "means_",
    "priors_",
    "scalings_",
    "xbar_",
)


@federated(
    LinearDiscriminantAnalysis,
    Exactness.EXACT,
    "class means from sums, singular values from the factor of the summed scatter within classes; "
    "scalings_ up to their signs, which scikit-learn takes from the order of rows",
    parameters={"covariance_estimator": (None,)},
)
def fit(model: LinearDiscriminantAnalysis, cohort: Cohort) -> None:
    """Fit as ``LinearDiscriminantAnalysis.fit``, with any solver and shrinkage.

    Raises
    ------
    DataError
        In scikit-learn's words, for as many classes as rows.
    ValueError, NotImplementedError
        In scikit-learn's words, for parameters that do not go together.
    """
    model._validate_params()
    require_table(cohort["X"])
    require_dense(cohort["X"])
    classes = classes_of(cohort)
    rehearsal = _rehearse(model, cohort, classes)
    if cohort.n_samples == len(classes):
        raise DataError("The number of samples must be more than the number of classes.")
    rows = prepare(cohort, target="labels", classes=classes)
    means = class_means(rows, len(classes))
    if model.priors is None:
        model.priors_ = means.count / float(cohort.n_samples)
    model.means_ = means.mean
    if model.solver == "svd":
        _solve_svd(model, rows, means)
    elif model.solver == "lsqr":
        model.covariance_ = _within_covariance(model, rows, means)
        model.coef_ = linalg.lstsq(model.covariance_, model.means_.T)[0].T
        model.intercept_ = _intercept(model)
    else:
        _solve_eigen(model, rows, means)
    if len(classes) == 2:
        model.coef_ = (model.coef_[1] - model.coef_[0]).reshape(1, -1)
        model.intercept_ = (model.intercept_[1] - model.intercept_[0]).reshape(1)
    for name in vars(rehearsal).keys() & set(_FITTED):
        kind = getattr(rehearsal, name).dtype
        setattr(model, name, getattr(model, name).astype(kind, copy=False))


def _rehearse(model: Any, cohort: Cohort, classes: Array) -> Any:
    """Let scikit-learn check parameters and priors, record names, and choose dtypes, on public
    rows; returned is what it fitted to them.
    """
    rehearsal = clone(model)
    if model.solver == "eigen":
        rehearsal.set_params(solver="lsqr")  # which takes as few rows
    kind = precision_of(cohort["X"])
    example = np.tile(np.arange(2 * len(classes), dtype=kind), (cohort.n_features, 1)).T
    rehearsal.fit(labelled(cohort["X"], example), np.repeat(classes, 2))
    for name in (*_FITTED, "feature_names_in_"):
        vars(model).pop(name, None)
    for name in ("classes_", "priors_", "_max_components", "_n_features_out", "n_features_in_"):
        setattr(model, name, getattr(rehearsal, name))
    if hasattr(rehearsal, "feature_names_in_"):
        model.feature_names_in_ = rehearsal.feature_names_in_
    return rehearsal


def _intercept(model: Any) -> Floats:
    return np.asarray(-0.5 * np.diag(model.means_ @ model.coef_.T) + np.log(model.priors_))


def _within_covariance(model: Any, rows: Cohort, means: ClassMeans) -> Floats:
    """The covariances of the classes, averaged by their priors."""
    if model.shrinkage == "auto":
        each = shrunk_covariances(rows, means.mean, class_factors(rows, means), means.count)
        return np.asarray(np.tensordot(model.priors_, each, axes=1))
    factor = within_factor(rows, means, model.priors_ / means.count)
    return _shrunk(factor.T @ factor, model.shrinkage)


def _shrunk(covariance: Floats, weight: Any) -> Floats:
    return covariance if weight is None else np.asarray(shrunk_covariance(covariance, weight))


def _total_covariance(model: Any, rows: Cohort, means: ClassMeans) -> Floats:
    everywhere = ClassMeans(
        means.count, means.weight, np.tile(means.overall, (len(means.mean), 1)), means.unit
    )
    factor = within_factor(rows, everywhere)
    if model.shrinkage == "auto":
        one = rows.replace(y=None)
        count = np.array([rows.n_samples])
        return shrunk_covariances(one, everywhere.mean[:1], [factor], count)[0]
    return _shrunk(factor.T @ factor / rows.n_samples, model.shrinkage)


def _solve_eigen(model: Any, rows: Cohort, means: ClassMeans) -> None:
    """``LinearDiscriminantAnalysis._solve_eigen`` on covariances found over the parties."""
    model.covariance_ = _within_covariance(model, rows, means)
    between = _total_covariance(model, rows, means) - model.covariance_
    values, vectors = linalg.eigh(between, model.covariance_)
    order = np.argsort(values)[::-1]
    model.explained_variance_ratio_ = np.sort(values / np.sum(values))[::-1][
        : model._max_components
    ]
    model.scalings_ = vectors[:, order]
    model.coef_ = (model.means_ @ model.scalings_) @ model.scalings_.T
    model.intercept_ = _intercept(model)


def _solve_svd(model: Any, rows: Cohort, means: ClassMeans) -> None:
    """``LinearDiscriminantAnalysis._solve_svd`` on the factor of the scatter within classes."""
    factor = within_factor(rows, means)
    if model.store_covariance:
        model.covariance_ = _within_covariance(model, rows, means)
    n_samples, n_classes = rows.n_samples, len(means.mean)
    model.xbar_ = model.priors_ @ model.means_
    std = np.linalg.norm(factor, axis=0) / np.sqrt(n_samples)
    std[std == 0] = 1.0
    divisor = n_samples if _divides_by_rows() else n_samples - n_classes
    _, S, Vt = linalg.svd(np.sqrt(1.0 / divisor) * (factor / std), full_matrices=False)
    rank = np.sum(model.tol < S)
    scalings = (Vt[:rank] / std).T / S[:rank]
    between = 1.0 if n_classes == 1 else 1.0 / (n_classes - 1)
    weights = np.sqrt(n_samples * model.priors_ * between)
    centres = (weights * (model.means_ - model.xbar_).T).T @ scalings
    _, S, Vt = linalg.svd(centres, full_matrices=False)
    if model._max_components == 0:
        model.explained_variance_ratio_ = np.empty((0,), dtype=S.dtype)
    else:
        model.explained_variance_ratio_ = (S**2 / np.sum(S**2))[: model._max_components]
    model.scalings_ = scalings @ Vt.T[:, : np.sum(model.tol * S[0] < S)]
    coef = (model.means_ - model.xbar_) @ model.scalings_
    model.coef_ = coef @ model.scalings_.T
    model.intercept_ = -0.5 * np.sum(coef**2, axis=1) + np.log(model.priors_)
    model.intercept_ -= model.xbar_ @ model.coef_.T


@functools.cache
def _divides_by_rows() -> bool:
    """Whether the installed version divides the scatter within classes by the number of rows, not
    by that less the number of classes.
    """
    rows = np.array([[-1.0], [1.0], [3.0], [5.0]])
    found = LinearDiscriminantAnalysis().fit(rows, [0, 0, 1, 1])
    return bool(np.isclose(np.abs(found.scalings_[0, 0]), 1.0))
