"""What parties compute for ``GradientBoosting``: raw predictions and gradients of their own rows,
which stay with them, and the sums that leaf values and losses are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn._loss.loss import (
    ExponentialLoss,
    HalfBinomialLoss,
    HalfMultinomialLoss,
)
from sklearn.ensemble import _gb

from fedruntime.estimators.linear_model.pointwise_loss import Pointwise, pointwise_loss
from fedruntime.estimators.tree.scikit_tree import from_message
from fedruntime.messages import Public
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NEWTON = (ExponentialLoss, HalfBinomialLoss, HalfMultinomialLoss)
"""Losses whose leaf values are one Newton step."""


@row_op("gradient_boosting.start")
def raw_start(X: Floats, columns: int, predicted: Any, loss: Pointwise, classify: bool) -> Floats:
    """Raw predictions of the initial estimator, as ``_init_raw_predictions`` makes them; zeros
    without one.
    """
    if predicted is None or not len(X):
        return np.zeros((len(X), columns))
    known = _Known(np.asarray(predicted))
    return np.asarray(_gb._init_raw_predictions(X, known, pointwise_loss(loss), classify))


@dataclass(frozen=True)
class _Known:
    """An estimator whose predictions for some rows are known."""

    predictions: Floats

    def predict(self, X: Floats) -> Floats:
        return self.predictions

    def predict_proba(self, X: Floats) -> Floats:
        return self.predictions


@row_op("gradient_boosting.single")
def in_single_precision(X: Floats) -> npt.NDArray[np.float32]:
    """The rows as trees take them."""
    return np.ascontiguousarray(X, dtype=np.float32)


@row_op("gradient_boosting.moments")
def gradient_moments(y: Floats, raw: Floats, loss: Pointwise) -> Floats:
    """Negative gradients and their squares, shape (rows, trees, 2)."""
    if not len(y):
        return np.zeros((0, raw.shape[1], 2))
    gradient = -_gradient(y, raw, loss)
    return np.stack([gradient, np.square(gradient)], axis=2)


@row_op("gradient_boosting.sampled")
def sampled_weight(
    positions: Integers, sample_weight: Floats | None, chosen: Integers, n_samples: int
) -> Floats:
    """Weights of rows, zero for those at positions that are not among the chosen ones."""
    drawn = np.zeros(n_samples, dtype=bool)
    drawn[chosen] = True
    own = drawn[positions].astype(np.float64)
    return (own if sample_weight is None else own * sample_weight)[:, np.newaxis]


@party_op("gradient_boosting.leaves")
def leaf_steps(
    X: Floats, y: Floats, raw: Floats, weight: Floats | None, loss: Pointwise, trees: Public
) -> Statistics:
    """Numerator and denominator of one Newton step at every node of each tree."""
    measure = pointwise_loss(loss)
    grown = [from_message(tree) for tree in trees]
    sizes = [tree.node_count for tree in grown]
    up, down = np.zeros(sum(sizes)), np.zeros(sum(sizes))
    if not len(X):
        return {"up": up, "down": down}
    single = np.ascontiguousarray(X, dtype=np.float32)
    gradient = -_gradient(y, raw, loss)
    first = 0
    for number, tree in enumerate(grown):
        own = gradient[:, number]
        target = (y == number).astype(np.float64) if measure.is_multiclass else y
        if isinstance(measure, ExponentialLoss):
            curve = np.where(target == 0, -own, own)
        else:
            curve = (target - own) * (1 - (target - own))
        w = 1.0 if weight is None else weight[:, 0]
        leaf = tree.apply(single)
        part = slice(first, first + sizes[number])
        up[part] = np.bincount(leaf, own * w, minlength=sizes[number])
        down[part] = np.bincount(leaf, curve * w, minlength=sizes[number])
        first += sizes[number]
    return {"up": up, "down": down}


@row_op("gradient_boosting.residuals_by_leaf")
def residuals_by_leaf(X: Floats, y: Floats, raw: Floats, weight: Any, tree: Public) -> Floats:
    """Residuals in the column of their leaf, NaN in all others and where the weight is zero."""
    grown = from_message(tree)
    leaves = np.flatnonzero(grown.children_left == -1)
    columns = np.full((len(X), len(leaves)), np.nan)
    counted = np.flatnonzero(np.ones(len(X)) if weight is None else weight[:, 0])
    if len(counted):
        leaf = grown.apply(np.ascontiguousarray(X[counted], dtype=np.float32))
        columns[counted, np.searchsorted(leaves, leaf)] = y[counted] - raw[counted, 0]
    return columns


@party_op("gradient_boosting.clipped")
def clipped_residuals(X: Floats, sample_weight: Floats, middle: Floats, delta: float) -> Statistics:
    """Sums by column of what lies ``delta`` around a middle value, and the weights."""
    off = X - middle
    clipped = np.sign(off) * np.minimum(delta, np.abs(off))
    there = ~np.isnan(X)
    weights = np.where(there, sample_weight[:, np.newaxis], 0.0)
    return {
        "sum": (weights * np.where(there, clipped, 0.0)).sum(axis=0),
        "weight": weights.sum(axis=0),
    }


@row_op("gradient_boosting.absolute")
def absolute_residuals(y: Floats, raw: Floats) -> Floats:
    """Absolute residuals as a table of one column."""
    return np.abs(y[:, np.newaxis] - raw)


@row_op("gradient_boosting.ones")
def flat_weight(y: Floats, weight: Floats | None) -> Floats:
    """One weight a row."""
    return np.ones(len(y)) if weight is None else weight[:, 0]


@row_op("gradient_boosting.step")
def raw_step(X: Floats, raw: Floats, trees: Public, learning_rate: float) -> Floats:
    """Raw predictions after one more stage."""
    moved = raw.copy()
    if len(X):
        single = np.ascontiguousarray(X, dtype=np.float32)
        for number, message in enumerate(trees):
            tree = from_message(message)
            values = tree.value[:, 0, 0].take(tree.apply(single))
            moved[:, number] += learning_rate * values
    return np.asarray(moved)


@party_op("gradient_boosting.loss")
def loss_sums(
    y: Floats, raw: Floats, sample_weight: Floats | None, weight: Any, loss: Pointwise
) -> Statistics:
    """Weighted losses and weights of the rows that count for a stage, and of the others."""
    plain = np.ones(len(y)) if sample_weight is None else sample_weight
    inside = np.ones(len(y)) if weight is None else (weight[:, 0] != 0).astype(np.float64)
    terms = np.zeros(len(y))
    if len(y):
        terms = pointwise_loss(loss).loss(y_true=y, raw_prediction=_flat(raw))
    sides = (inside, 1.0 - inside)
    return {
        "loss": np.array([(plain * side) @ terms for side in sides]),
        "weight": np.array([(plain * side).sum() for side in sides]),
    }


def _gradient(y: Floats, raw: Floats, loss: Pointwise) -> Floats:
    gradient = pointwise_loss(loss).gradient(y_true=y, raw_prediction=_flat(raw))
    return np.asarray(gradient).reshape(raw.shape)


def _flat(raw: Floats) -> Floats:
    return raw[:, 0] if raw.shape[1] == 1 else raw
