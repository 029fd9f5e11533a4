"""What a party does with its own rows in histogram-based boosting: bins, gradients and predictions,
which stay with it, by scikit-learn's own code; and the sums that losses are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.ensemble._hist_gradient_boosting.common import X_BINNED_DTYPE, Y_DTYPE
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from fedruntime.estimators.linear_model.pointwise_loss import Pointwise, pointwise_loss
from fedruntime.estimators.state import import_state
from fedruntime.messages import Array, Public
from fedruntime.operations import Statistics, party_op, row_op

Binned = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


@row_op("boosting.binned")
def binned_rows(X: Floats, mapper: Public) -> Binned:
    """Rows as numbers of bins, column by column in memory."""
    if not len(X):
        return np.empty(X.shape, dtype=X_BINNED_DTYPE, order="F")
    return np.asarray(import_state(mapper).transform(X))


@row_op("boosting.start")
def first_predictions(y: Floats, baseline: Floats) -> Floats:
    """The baseline of each tree of an iteration, for every row."""
    raw = np.zeros((len(y), baseline.shape[1]), dtype=Y_DTYPE, order="F")
    raw += baseline
    return raw


@row_op("boosting.advance")
def add_trees(
    X: Binned, raw: Floats, iterations: Sequence[Sequence[Public]], missing_bin: int
) -> Floats:
    """Raw predictions with those of more trees; an iteration has one in each column."""
    raw = raw.copy(order="F")
    for trees in iterations:
        for column, tree in enumerate(trees):
            raw[:, column] += _predicted(tree, X, missing_bin)
    return raw


@row_op("boosting.gradients")
def gradients_of(
    raw: Floats, y: Floats, sample_weight: Floats | None, pointwise: Pointwise, constant: bool
) -> Singles:
    """Gradients of the loss, one column a tree, and after these the Hessians unless constant."""
    loss = pointwise_loss(pointwise)
    trees = raw.shape[1]
    found = np.empty((len(y), trees if constant else 2 * trees), dtype=np.float32, order="F")
    gradient, hessian = found[:, :trees], found[:, trees:]
    if trees == 1:
        gradient, hessian = found[:, 0], found[:, -1]
    arguments = {
        "y_true": y,
        "raw_prediction": raw,
        "sample_weight": sample_weight,
        "gradient_out": gradient,
        "n_threads": _openmp_effective_n_threads(),
    }
    if constant:
        loss.gradient(**arguments)
    else:
        loss.gradient_hessian(hessian_out=hessian, **arguments)
    return found


@party_op("boosting.loss")
def loss_sum(
    raw: Floats, y: Floats, sample_weight: Floats | None, pointwise: Pointwise
) -> Statistics:
    """The loss of predictions and the weight of the rows."""
    losses = pointwise_loss(pointwise).loss(y_true=y, raw_prediction=raw, sample_weight=None)
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    return {"loss": weight @ losses, "weight": weight.sum()}


@row_op("boosting.responses")
def responses(raw: Floats, pointwise: Pointwise, classes: Array | None, method: str) -> Array:
    """What a method of the model gives for rows of known raw predictions."""
    if method == "predict_proba":
        return np.asarray(pointwise_loss(pointwise).predict_proba(raw))
    single = raw.ravel() if raw.shape[1] == 1 else raw
    if method == "decision_function":
        return np.asarray(single)
    if classes is None:
        return np.asarray(pointwise_loss(pointwise).link.inverse(single))
    codes = (single > 0).astype(int) if single.ndim == 1 else np.argmax(single, axis=1)
    return np.asarray(classes[codes])


@row_op("boosting.labels")
def labels_of(y: Floats, classes: Array) -> Array:
    """Codes as the labels that they stand for."""
    return np.asarray(classes[y.astype(np.intp)])


@row_op("boosting.residuals")
def residuals_by_leaf(
    X: Binned, y: Floats, raw: Floats, tree: Public, missing_bin: int, leaves: int
) -> Any:
    """What predictions leave of targets, each in the column of its row's leaf; the values of the
    tree are the numbers of its leaves.
    """
    leaf = _predicted(tree, X, missing_bin).astype(np.int32)
    starts = np.arange(len(y) + 1, dtype=np.int32)
    return sparse.csr_matrix((y - raw[:, 0], leaf, starts), shape=(len(y), leaves))


@row_op("boosting.residuals_apart")
def apart(X: Any) -> Floats:
    """Residuals by leaf as an array, NaN in the columns of other leaves."""
    dense = np.full(X.shape, np.nan)
    dense[np.arange(X.shape[0]), X.indices] = X.data
    return dense


@party_op("boosting.negative", counts=("negative",))
def count_negative(X: Any) -> Statistics:
    """The number of negative residuals of each leaf."""
    negative = X.indices[X.data < 0]
    return {"negative": np.bincount(negative, minlength=X.shape[1])}


@party_op("boosting.target", counts=("signs",))
def target_signs(y: Floats) -> Statistics:
    """How many targets are negative, zero and positive."""
    return {"signs": np.array([(y < 0).sum(), (y == 0).sum(), (y > 0).sum()])}


@party_op("boosting.mean")
def target_sum(y: Floats, sample_weight: Floats | None) -> Statistics:
    """Weighted targets and the weight of the rows."""
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    return {"y": weight @ y, "weight": weight.sum()}


def _predicted(tree: Public, X: Binned, missing_bin: int) -> Floats:
    predictor = import_state(tree)
    return np.asarray(predictor.predict_binned(X, missing_bin, _openmp_effective_n_threads()))
