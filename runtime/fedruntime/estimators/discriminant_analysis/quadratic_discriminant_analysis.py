"""``QuadraticDiscriminantAnalysis``: scikit-learn's own fit on a few public rows a class, which
have the scatter of the rows of all parties.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from sklearn.base import clone
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from fedruntime.cohort import Cohort
from fedruntime.estimators.class_moments import ClassMeans, class_means
from fedruntime.estimators.design import classes_of, prepare
from fedruntime.estimators.discriminant_analysis.class_covariances import shrunk_covariances
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.scatter_factors import class_factors
from fedruntime.estimators.tables import labelled, require_dense, require_table
from fedruntime.messages import Array

Floats = npt.NDArray[np.float64]


@federated(
    QuadraticDiscriminantAnalysis,
    Exactness.EXACT,
    "class means from sums, and scikit-learn's own solver on the factor of each class's summed "
    "scatter; rotations_ up to their signs, which scikit-learn takes from the order of rows",
    parameters={"covariance_estimator": (None,)},
)
def fit(model: QuadraticDiscriminantAnalysis, cohort: Cohort) -> None:
    """Fit as ``QuadraticDiscriminantAnalysis.fit``.

    Raises
    ------
    ValueError, LinAlgError, NotImplementedError
        In scikit-learn's words, for a single class, a class of one row or without full rank, and
        parameters that do not go together.
    """
    model._validate_params()
    require_table(cohort["X"])
    require_dense(cohort["X"])
    classes = classes_of(cohort)
    rows = prepare(cohort, target="labels", classes=classes)
    means = class_means(rows, len(classes))
    factors = class_factors(rows, means)
    solved = clone(model)
    if getattr(model, "shrinkage", None) == "auto" and model.solver == "eigen":
        covariances = shrunk_covariances(rows, means.mean, factors, means.count)
        factors = [
            _root(covariance) * np.sqrt(count)
            for covariance, count in zip(covariances, means.count, strict=True)
        ]
        solved.set_params(shrinkage=None)
    _fit_stand_ins(solved, cohort, classes, means, factors)
    _adopt(model, solved, cohort, means)


def _fit_stand_ins(
    solved: Any, cohort: Cohort, classes: Array, means: ClassMeans, factors: list[Floats]
) -> None:
    """Fit on the public rows, with the warning that the rows of all parties would give."""
    lacking = getattr(solved, "solver", "svd") == "svd" and not _refuses_collinear()
    stand_ins = [
        _stand_ins(solved, factor, int(count), cohort.n_features)
        for factor, count in zip(factors, means.count, strict=True)
    ]
    labels = np.repeat(classes, [len(rows) for rows in stand_ins])
    with warnings.catch_warnings():
        if lacking:
            warnings.filterwarnings("ignore", "Variables are collinear")
        solved.fit(labelled(cohort["X"], np.concatenate(stand_ins)), labels)
    for factor in factors if lacking else ():
        if np.sum(linalg.svdvals(factor) > solved.tol) < cohort.n_features:
            warnings.warn("Variables are collinear", stacklevel=4)


def _stand_ins(solved: Any, factor: Floats, count: int, n_features: int) -> Floats:
    """Rows with mean zero and the covariance of a class, as scikit-learn divides it.

    A class with no more rows than features keeps their number, which scikit-learn looks at.
    """
    size = min(count, n_features + 1)
    stand_ins = np.zeros((size, n_features))
    if size > 1:
        kept = factor[: size - 1]
        stand_ins = linalg.helmert(size)[: len(kept)].T @ kept
    less = _divisor_less() if getattr(solved, "solver", "svd") == "svd" else 0
    return np.asarray(stand_ins * np.sqrt((size - less) / max(count - less, 1)))


def _adopt(model: Any, solved: Any, cohort: Cohort, means: ClassMeans) -> None:
    kind = precision_of(cohort["X"])
    for name in _fitted(model):
        delattr(model, name)
    for name in _fitted(solved):
        value = getattr(solved, name)
        if isinstance(value, list):  # one entry a class
            value = [entry.astype(kind, copy=False) for entry in value]
        setattr(model, name, value)
    model.means_ = means.mean.astype(kind, copy=False)
    if model.priors is None:
        model.priors_ = means.count / float(cohort.n_samples)


def _fitted(model: Any) -> list[str]:
    return [name for name in vars(model) if name.endswith("_") and not name.startswith("_")]


def _root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))).T)


@functools.cache
def _divisor_less() -> int:
    """What the installed version subtracts from the number of rows to divide their scatter by."""
    found = QuadraticDiscriminantAnalysis().fit([[-1.0], [1.0], [3.0], [5.0]], [0, 0, 1, 1])
    return round(float(2 - 2 / found.scalings_[0][0]))


@functools.cache
def _refuses_collinear() -> bool:
    """Whether the installed version refuses classes without full rank, which others warn of."""
    rows = [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0], [3.0, 0.0], [5.0, 0.0], [4.0, 0.0]]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            QuadraticDiscriminantAnalysis().fit(rows, [0, 0, 0, 1, 1, 1])
    except linalg.LinAlgError:
        return True
    return False
