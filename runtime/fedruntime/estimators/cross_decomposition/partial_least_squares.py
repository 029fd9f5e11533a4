"""``PLSRegression``, ``PLSCanonical``, ``CCA`` and ``PLSSVD``: scikit-learn's own iterations on the
few rows that stand for the rows of all parties. Scores of rows are computed and stay where the
rows are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.gram import as_columns
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import Surrogate, refuse_sparse, stand_in
from fedruntime.operations import row_op

Floats = npt.NDArray[np.float64]

_HOW = "scikit-learn's own iterations on the factor of the summed Gram matrix"
_OF_ROWS = ("x_scores_", "y_scores_", "_x_scores", "_y_scores")


@federated(PLSRegression, Exactness.EXACT, _HOW)
@federated(PLSCanonical, Exactness.EXACT, _HOW)
@federated(CCA, Exactness.EXACT, _HOW)
@federated(PLSSVD, Exactness.EXACT, _HOW)
def fit_partial_least_squares(model: Any, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit by pairs of directions in which features and targets go together.

    Returns
    -------
    mapping
        ``x_scores_`` and ``y_scores_`` of a ``PLSRegression``.

    Raises
    ------
    DataError
        If there is a single row.
    ValueError
        In scikit-learn's words, for more components than there can be.
    """
    model._validate_params()
    refuse_sparse(cohort)
    if cohort.n_samples < 2:
        raise DataError(
            f"Found array with {cohort.n_samples} sample(s) (shape={cohort['X'].shape}) while a "
            f"minimum of 2 is required by {type(model).__name__}."
        )
    rows = prepare(cohort, target="numeric")
    surrogate = stand_in(rows, centred=True)
    X, y = _about_zero(surrogate, cohort.n_samples)
    solved = clone(model).fit(X, y)
    record_features(model, cohort["X"])
    parameters = model.get_params(deep=False)
    for name, value in vars(solved).items():
        if name not in parameters and name not in (*_OF_ROWS, "n_features_in_"):
            setattr(model, name, value)
    model._x_mean, model._y_mean = surrogate.x_mean, np.atleast_1d(surrogate.y_mean)
    if hasattr(solved, "intercept_"):
        model.intercept_ = model._y_mean
    if not isinstance(model, PLSRegression):
        return {}
    directions = {
        name: getattr(solved, name)
        for name in ("x_weights_", "x_loadings_", "y_weights_", "y_loadings_")
    }
    units = {name: getattr(model, f"_{name}") for name in ("x_mean", "y_mean", "x_std", "y_std")}
    scores = {"x_scores_": x_scores, "y_scores_": y_scores}
    return {name: rows.derive(row, **directions, **units) for name, row in scores.items()}


def _about_zero(surrogate: Surrogate, n_samples: int) -> tuple[Floats, Floats]:
    """Rows with columns of mean zero, and with the standard deviations of the pooled rows.

    The surrogate is put into the space orthogonal to the vector of ones, where inner products stay.
    """
    size = len(surrogate.X) + 1
    ones = np.full(size, 1 / np.sqrt(size))
    ones[0] -= 1.0
    # The reflection that brings the first axis to the vector of ones; its other columns are left.
    others = np.eye(size)[:, 1:] - np.outer(ones, 2 / (ones @ ones) * ones[1:])
    unit = np.sqrt((size - 1) / (n_samples - 1))
    return others @ surrogate.X * unit, others @ surrogate.y * unit


@row_op("partial_least_squares.x_scores")
def x_scores(
    X: Floats,
    y: Floats,
    x_weights_: Floats,
    x_loadings_: Floats,
    y_weights_: Floats,
    y_loadings_: Floats,
    x_mean: Floats,
    y_mean: Floats,
    x_std: Floats,
    y_std: Floats,
) -> Floats:
    """The projections of features, component by component as scikit-learn deflates them."""
    rest = (X - x_mean) / x_std
    scores = np.empty((len(X), x_weights_.shape[1]))
    for number in range(scores.shape[1]):
        scores[:, number] = rest @ x_weights_[:, number]
        rest -= np.outer(scores[:, number], x_loadings_[:, number])
    return scores


@row_op("partial_least_squares.y_scores")
def y_scores(
    X: Floats,
    y: Floats,
    x_weights_: Floats,
    x_loadings_: Floats,
    y_weights_: Floats,
    y_loadings_: Floats,
    x_mean: Floats,
    y_mean: Floats,
    x_std: Floats,
    y_std: Floats,
) -> Floats:
    """The projections of targets, of what earlier components leave of them."""
    explaining: Floats = x_scores(
        X, y, x_weights_, x_loadings_, y_weights_, y_loadings_, x_mean, y_mean, x_std, y_std
    )
    rest = (as_columns(y) - y_mean) / y_std
    scores = np.empty_like(explaining)
    for number in range(scores.shape[1]):
        weights = y_weights_[:, number]
        length = weights @ weights
        scores[:, number] = rest @ weights / (length if length > 0 else 1.0)
        rest -= np.outer(explaining[:, number], y_loadings_[:, number])
    return scores
