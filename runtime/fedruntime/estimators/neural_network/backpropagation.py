"""Losses and gradients of a multilayer perceptron, summed over the rows of a batch at a party by
scikit-learn's own backpropagation, and the scores of rows that were set aside. What is done with
the sums is in ``summed_perceptron``.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neural_network import MLPRegressor

from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]

# Since 1.7 it takes sample weights.
_TAKES_WEIGHTS = "sample_weight" in inspect.signature(MLPRegressor._backprop).parameters


@row_op("neural_network.row_numbers")
def row_numbers(X: Any, positions: Array) -> Array:
    """The position of each row in the pooled table."""
    return np.asarray(positions)


@party_op("neural_network.backpropagation")
def backpropagation(
    X: Any,
    y: Floats,
    row_number: Array,
    sample_weight: Floats | None,
    batch: Array | None,
    network: dict[str, Any],
    n_classes: int,
) -> Statistics:
    """The loss of a batch and its gradient, each a sum over rows, without the penalty.

    Parameters
    ----------
    batch : ndarray of int, optional
        Pooled positions of its rows; by default all rows.
    network : dict
        ``coefs``, ``intercepts``, ``activation``, ``out_activation`` and ``loss``.
    n_classes : int
        How many classes ``y`` has codes of; 0 for numbers.
    """
    X, y, weight = _of_batch(X, y, row_number, sample_weight, batch)
    total = float(weight.sum())
    size = sum(part.size for part in (*network["coefs"], *network["intercepts"]))
    if total == 0.0:
        return {"loss": np.zeros(()), "gradient": np.zeros(size), "weight": np.zeros(())}
    loss, coefs, intercepts, _ = backpropagate(X, y, network, n_classes, weight)
    gradient = np.concatenate([part.ravel() for part in (*coefs, *intercepts)])
    return {"loss": np.asarray(loss), "gradient": gradient, "weight": np.asarray(total)}


def backpropagate(
    X: Any,
    y: Floats,
    network: dict[str, Any],
    n_classes: int,
    sample_weight: Floats | None = None,
) -> tuple[float, list[Floats], list[Floats], Floats]:
    """scikit-learn's own backpropagation, summed over rows.

    Returns
    -------
    loss : float
    coefs, intercepts : list of ndarray
        The gradient by layer.
    first : ndarray of shape (n, h)
        The gradient at the inputs of the first hidden layer, row by row.
    """
    model = _built(network)
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    activations = [X, *[None] * (model.n_layers_ - 1)]
    deltas: list[Any] = [None] * (model.n_layers_ - 1)
    empty = [[np.empty_like(part) for part in parts] for parts in (model.coefs_, model.intercepts_)]
    weights = (weight,) if _TAKES_WEIGHTS else ()
    loss, coefs, intercepts = model._backprop(
        X, _targets(y, n_classes), *weights, activations, deltas, *empty
    )
    total = float(weight.sum())
    return (
        float(loss * total),
        [part * total for part in coefs],
        [part * total for part in intercepts],
        deltas[0],
    )


@party_op("neural_network.correct", counts=("weight", "correct"))
def correct(
    X: Any,
    y: Floats,
    row_number: Array,
    sample_weight: Floats | None,
    batch: Array,
    network: dict[str, Any],
) -> Statistics:
    """The weight of the rows of a batch, and of those whose class is predicted rightly."""
    X, y, weight = _of_batch(X, y, row_number, sample_weight, batch)
    if not len(y):
        return {"weight": np.zeros(()), "correct": np.zeros(())}
    output = _built(network)._forward_pass_fast(X, check_input=False)
    found = output.argmax(axis=1) if output.shape[1] > 1 else output[:, 0] > 0.5
    return {"weight": weight.sum(), "correct": weight[found == y].sum()}


@party_op("neural_network.squared_errors")
def squared_errors(
    X: Any,
    y: Floats,
    row_number: Array,
    sample_weight: Floats | None,
    batch: Array,
    network: dict[str, Any],
    centre: Floats,
) -> Statistics:
    """Of the rows of a batch: their weight, targets, squared targets about a centre, and squared
    errors, each by output."""
    X, y, weight = _of_batch(X, y, row_number, sample_weight, batch)
    if not len(y):
        nothing = np.zeros(len(centre))
        return {"weight": np.zeros(()), "sum": nothing, "square": nothing, "error": nothing}
    targets = _targets(y, 0)
    error = targets - _built(network)._forward_pass_fast(X, check_input=False)
    off = targets - centre
    return {
        "weight": weight.sum(),
        "sum": weight @ off,
        "square": weight @ off**2,
        "error": weight @ error**2,
    }


def _of_batch(
    X: Any, y: Floats, row_number: Array, sample_weight: Floats | None, batch: Array | None
) -> tuple[Any, Floats, Floats]:
    """The party's own rows of a batch, and their weights."""
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    if batch is None:
        return X, y, weight
    order = np.argsort(row_number, kind="stable")
    place = np.searchsorted(row_number, batch, sorter=order)
    inside = place < len(order)
    own = order[place[inside]]
    own = own[row_number[own] == batch[inside]]
    return X[own], y[own], weight[own]


def _targets(y: Floats, n_classes: int) -> Array:
    """What the output layer is compared with: one column an output."""
    if n_classes > 2:
        return np.asarray(y[:, np.newaxis] == np.arange(n_classes))
    if n_classes:
        return np.asarray(y[:, np.newaxis] == 1)
    return y.reshape(len(y), -1)


def _built(network: dict[str, Any]) -> MLPRegressor:
    """A network with given weights and no penalty, whatever it predicts."""
    model = MLPRegressor(activation=network["activation"], alpha=0.0)
    model.coefs_ = list(network["coefs"])
    model.intercepts_ = list(network["intercepts"])
    model.n_layers_ = len(model.coefs_) + 1
    model.out_activation_ = network["out_activation"]
    model.loss = network["loss"]
    return model
