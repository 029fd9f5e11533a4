"""What a party computes of a linear model's objective: scikit-learn's own pointwise losses and
their derivatives, summed over its rows block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.estimators.far_sums import in_unit
from fedruntime.estimators.linear_model.pointwise_loss import Pointwise, pointwise_loss
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]


@party_op("linear_loss.loss_gradient")
def loss_gradient_statistic(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    weights: Floats,
    intercept: Floats,
    pointwise: Pointwise,
    total_weight: float,
    unit: float = 1.0,
) -> Statistics:
    """A party's part of the mean loss and its gradient.

    Parameters
    ----------
    weights : ndarray of shape (p,), or (k, p) for k classes
    intercept : ndarray of shape (), or (k,) or () for k classes

    Returns
    -------
    dict
        As ``in_unit`` makes it: ``loss``; ``weights``, of the same shape as the argument;
        ``intercept``, of shape (), or (k,) for k classes.
    """
    base_loss = pointwise_loss(pointwise)
    loss = 0.0
    gradient, offset = np.zeros(weights.shape), np.zeros(weights.shape[:-1])
    for rows, x in row_slices(X):
        values, slopes = base_loss.loss_gradient(
            y_true=y[rows],
            raw_prediction=x @ weights.T + intercept,
            sample_weight=None if sample_weight is None else sample_weight[rows],
            n_threads=1,
        )
        loss += values.sum()
        gradient += (x.T @ slopes).T
        offset += slopes.sum(axis=0)
    return in_unit({"loss": loss, "weights": gradient, "intercept": offset}, unit / total_weight)


@party_op("linear_loss.hessian")
def hessian_statistic(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    weights: Floats,
    intercept: Floats,
    pointwise: Pointwise,
    total_weight: float,
    fit_intercept: bool,
    features: Array | None = None,
) -> Statistics:
    """A party's part of gradient and Hessian; arguments as for the gradient alone.

    Parameters
    ----------
    features : ndarray of int, optional
        Those whose coefficients the Hessian is about, besides the intercepts.

    Returns
    -------
    dict
        ``weights`` and ``intercept``, the gradient; ``hessian``, the upper triangle of the matrix
        of shape (d, d), row by row, in scikit-learn's order of coefficients; ``flat``, the share of
        weight on rows whose curvature vanishes.
    """
    base_loss = pointwise_loss(pointwise)
    curves = base_loss.n_classes if base_loss.is_multiclass else 1
    width = (X.shape[1] if features is None else len(features)) + int(fit_intercept)
    gradient, offset = np.zeros(weights.shape), np.zeros(weights.shape[:-1])
    hessian = np.zeros((width, curves, width, curves))
    flat = 0.0
    for rows, x in row_slices(X):
        arguments = {
            "y_true": y[rows],
            "raw_prediction": x @ weights.T + intercept,
            "sample_weight": None if sample_weight is None else sample_weight[rows],
            "n_threads": 1,
        }
        columns = x if features is None else x[:, features]
        if base_loss.is_multiclass:
            slopes, shares = base_loss.gradient_proba(**arguments)
            weight = 1.0 if sample_weight is None else sample_weight[rows]
            for k in range(curves):
                curvature = weight * shares[:, k] * (1 - shares[:, k])
                hessian[:, k, :, k] += sandwich(columns, curvature, fit_intercept)
                for j in range(k):
                    curvature = weight * shares[:, k] * shares[:, j]
                    hessian[:, j, :, k] -= sandwich(columns, curvature, fit_intercept)
        else:
            slopes, curvature = base_loss.gradient_hessian(**arguments)
            is_flat = curvature <= 0
            flat += is_flat.sum() if sample_weight is None else sample_weight[rows][is_flat].sum()
            hessian[:, 0, :, 0] += sandwich(columns, np.abs(curvature), fit_intercept)
        gradient += (x.T @ slopes).T
        offset += slopes.sum(axis=0)
    for k in range(curves):
        for j in range(k):
            hessian[:, k, :, j] = hessian[:, j, :, k]
    size = width * curves
    return {
        "weights": gradient / total_weight,
        "intercept": offset / total_weight,
        "hessian": hessian.reshape(size, size)[np.triu_indices(size)] / total_weight,
        "flat": flat / total_weight,
    }


@party_op("linear_loss.hessian_product")
def product_statistic(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    weights: Floats,
    intercept: Floats,
    pointwise: Pointwise,
    total_weight: float,
    direction: Floats,
    intercept_direction: Floats,
) -> Statistics:
    """A party's part of the Hessian times a vector, which is given and returned as coefficients."""
    base_loss = pointwise_loss(pointwise)
    product, offset = np.zeros(weights.shape), np.zeros(weights.shape[:-1])
    for rows, x in row_slices(X):
        arguments = {
            "y_true": y[rows],
            "raw_prediction": x @ weights.T + intercept,
            "sample_weight": None if sample_weight is None else sample_weight[rows],
            "n_threads": 1,
        }
        change = x @ direction.T + intercept_direction
        if base_loss.is_multiclass:
            _, shares = base_loss.gradient_proba(**arguments)
            change = shares * (change - (shares * change).sum(axis=1, keepdims=True))
            if sample_weight is not None:
                change *= sample_weight[rows][:, np.newaxis]
        else:
            change *= base_loss.gradient_hessian(**arguments)[1]
        product += (x.T @ change).T
        offset += change.sum(axis=0)
    return {"weights": product / total_weight, "intercept": offset / total_weight}


def sandwich(x: Any, curvature: Floats, fit_intercept: bool) -> Floats:
    """``[x, 1].T @ diag(curvature) @ [x, 1]``, without the ones if there is no intercept."""
    root = np.sqrt(curvature)
    if sparse.issparse(x):
        scaled = x.copy()
        scaled.data *= np.repeat(root, np.diff(x.indptr))
        inner = (scaled.T @ scaled).toarray()
    else:
        # The product of an array and its own transpose is half the work for BLAS.
        scaled = x * root[:, np.newaxis]
        inner = scaled.T @ scaled
    if not fit_intercept:
        return np.asarray(inner)
    border = scaled.T @ root
    return np.block([[inner, border[:, np.newaxis]], [border, curvature.sum()]])


def row_slices(X: Any) -> Iterator[tuple[slice, Any]]:
    """The rows in blocks that fit the cache; sparse ones share memory with the whole, too."""
    if not sparse.issparse(X):
        for rows in row_blocks(*X.shape):
            yield rows, X[rows]
        return
    for rows in row_blocks(X.shape[0], X.nnz // max(X.shape[0], 1)):
        ends = X.indptr[rows.start : rows.stop + 1]
        stored = slice(ends[0], ends[-1])
        parts = (X.data[stored], X.indices[stored], ends - ends[0])
        yield rows, type(X)(parts, shape=(len(ends) - 1, X.shape[1]))
