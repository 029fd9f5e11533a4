"""``GaussianNB``: means and squared deviations of every class from sums, in two rounds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.naive_bayes import GaussianNB

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.class_moments import ClassMeans, class_means, class_squares
from fedruntime.estimators.design import classes_of, prepare
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import labelled, require_dense, require_table
from fedruntime.messages import Array

Floats = npt.NDArray[np.float64]


@federated(GaussianNB, Exactness.EXACT, "sums by class, then squared deviations from their means")
def fit(model: GaussianNB, cohort: Cohort) -> None:
    """Fit as ``GaussianNB.fit``; with sample weights in four rounds, since ``epsilon_`` comes from
    the variances without them.

    Raises
    ------
    DataError
        For a sparse ``X``, which scikit-learn does not take either.
    ValueError
        In scikit-learn's words, for priors that are none.
    """
    model._validate_params()
    require_table(cohort["X"])
    require_dense(cohort["X"])
    classes = classes_of(cohort)
    _fit_example(model, cohort["X"], classes)
    rows = prepare(cohort, target="labels", classes=classes)
    means, variances = _moments(rows, len(classes))
    weightless = rows.replace(sample_weight=None)
    plain = _moments(weightless, len(classes)) if rows.has("sample_weight") else (means, variances)
    kind = model.theta_.dtype
    model.epsilon_ = model.var_smoothing * _overall_variances(*plain).astype(kind).max()
    model.theta_ = means.mean.astype(kind)
    model.var_ = variances.astype(kind) + model.epsilon_
    model.class_count_ = means.weight.astype(model.class_count_.dtype)
    if model.priors is None:
        model.class_prior_ = model.class_count_ / model.class_count_.sum()


def _fit_example(model: GaussianNB, X: Handle, classes: Array) -> None:
    """Let scikit-learn check parameters, record names, and choose dtypes, on public rows."""
    zeros = np.zeros((len(classes), X.shape[1]), dtype=precision_of(X))
    model.fit(labelled(X, zeros), classes)


def _moments(rows: Cohort, n_classes: int) -> tuple[ClassMeans, Floats]:
    """Means and variances of every class."""
    means = class_means(rows, n_classes)
    squares = class_squares(rows, means.mean, means.unit)
    weight = np.where(means.weight > 0, means.weight, 1.0)
    return means, squares / weight[:, np.newaxis]


def _overall_variances(means: ClassMeans, variances: Floats) -> Floats:
    """The variances of all rows, from those within the classes and between them."""
    return np.asarray((means.weight @ variances + means.between) / means.weight.sum())
