"""``NearestCentroid``: class means from sums, or medians by radix selection."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.neighbors import NearestCentroid

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.class_moments import (
    ClassMeans,
    class_means,
    class_squares,
    is_rounding,
)
from fedruntime.estimators.design import classes_of, prepare
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import labelled, require_table
from fedruntime.messages import Array
from fedruntime.operations import row_op
from fedruntime.order_statistics import medians

Floats = npt.NDArray[np.float64]


@federated(
    NearestCentroid,
    Exactness.EXACT,
    "class means from sums",
    when={
        ("metric", "manhattan"): (
            Exactness.EXACT,
            "class medians by radix selection over summed counts, equal to the last bit",
        )
    },
)
def fit(model: NearestCentroid, cohort: Cohort) -> None:
    """Fit as ``NearestCentroid.fit``; medians of sparse rows are found on dense copies of them.

    Raises
    ------
    DataError
        In scikit-learn's words, for rows that are all alike.
    ValueError
        In scikit-learn's words, for a single class, negative priors, and for shrinking on sparse
        rows where the installed version does not do that.
    """
    model._validate_params()
    require_table(cohort["X"])
    classes = classes_of(cohort)
    _fit_example(model, cohort, classes)
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    means = class_means(rows, len(classes))
    model.centroids_ = means.mean
    if model.metric == "manhattan":
        model.centroids_ = np.array(
            [medians(rows.only(X=rows.derive(of_class, code=code))) for code in range(len(classes))]
        )
    if getattr(model, "priors", None) == "empirical":
        model.class_prior_ = means.count / float(cohort.n_samples)
    reports = hasattr(model, "within_class_std_dev_")  # since scikit-learn 1.6
    if reports or model.shrink_threshold:
        _spread(model, rows, means, reports)


def _fit_example(model: NearestCentroid, cohort: Cohort, classes: Array) -> None:
    """Let scikit-learn check parameters, and record names and priors, on public rows."""
    values = np.tile(np.arange(2.0 * len(classes)), (cohort.n_features, 1)).T
    example: Any = labelled(cohort["X"], values)
    if cohort["X"].facts.kind == "sparse":
        example = sparse.csr_matrix(values)
    model.fit(example, np.repeat(classes, 2))


def _spread(model: Any, rows: Cohort, means: ClassMeans, reports: bool) -> None:
    """The spread within classes, and centroids shrunk by it, as scikit-learn's own ``fit`` does."""
    n_samples, n_classes = rows.n_samples, len(means.mean)
    about_means = class_squares(rows, means.mean, means.unit)
    _refuse_constant(about_means, means, n_samples)
    euclidean = model.metric == "euclidean"
    squares = about_means if euclidean else class_squares(rows, model.centroids_, means.unit)
    squares[is_rounding(squares, model.centroids_, means.count[:, np.newaxis])] = 0.0
    deviation = np.sqrt(squares.sum(axis=0) / (n_samples - n_classes))
    if reports and (deviation == 0).any():
        warnings.warn(
            "self.within_class_std_dev_ has at least 1 zero standard deviation."
            "Inputs within the same classes for at least 1 feature are identical.",
            stacklevel=4,
        )
    unit = np.sqrt(1.0 / means.count - 1.0 / n_samples)[:, np.newaxis] * (
        deviation + np.median(deviation)
    )
    apart = (model.centroids_ - means.overall) / unit
    if model.shrink_threshold:
        apart = np.sign(apart) * np.maximum(np.abs(apart) - model.shrink_threshold, 0.0)
        model.centroids_ = means.overall + unit * apart
    if reports:
        model.within_class_std_dev_, model.deviations_ = deviation, apart


def _refuse_constant(about_means: Floats, means: ClassMeans, n_samples: int) -> None:
    """Refuse rows that are all alike.

    Raises
    ------
    DataError
    """
    squares = about_means.sum(axis=0) + means.between
    if is_rounding(squares, means.overall, n_samples).all():
        raise DataError("All features have zero variance. Division by zero.")


@row_op("nearest_centroid.of_class")
def of_class(X: Any, y: Floats, code: int) -> Floats:
    """Dense rows with NaN in the place of those of other classes."""
    dense = X.toarray() if sparse.issparse(X) else X
    return np.where((y == code)[:, np.newaxis], dense, np.nan)
