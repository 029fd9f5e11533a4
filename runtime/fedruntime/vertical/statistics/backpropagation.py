"""The loss of a multilayer perceptron and its gradient across columns, by split learning: the first
layer's weights lie where its columns are, all other layers run at the label party.

Each party sends the label party what its columns add to the first layer's inputs, and is sent back
the gradient there, from which the gradient of its own weights follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.session import PartySession
from fedruntime.estimators.neural_network.backpropagation import (
    backpropagate,
    backpropagation,
)
from fedruntime.messages import Array
from fedruntime.operations import sealed_for, session_op
from fedruntime.vertical.aligned import owner_of
from fedruntime.vertical.cohort import AlignedCohort, across
from fedruntime.vertical.products.party import as_columns
from fedruntime.vertical.scores import Form, opened, partial_scores, scores_at
from fedruntime.vertical.sealed_arrays import seal_array, unseal_array
from fedruntime.vertical.sessions import ask

Floats = npt.NDArray[np.float64]

_CUT = "gradient at the cut"


@across(backpropagation)
def split_backpropagation(
    cohort: AlignedCohort, batch: Array | None, network: dict[str, Any], n_classes: int
) -> dict[str, Array]:
    """As ``backpropagation.backpropagation``."""
    X, federation, reader = cohort.X, cohort.federation, owner_of(cohort["y"])
    first, *others = network["coefs"]
    form = Form(first)
    session, boxes = scores_at(X, reader, form, purpose=cohort.purpose, batch=batch)
    asked: dict[str, Any] = {
        "y": cohort["y"],
        "batch": batch,
        "boxes": boxes,
        "network": {**network, "coefs": [np.eye(first.shape[1]), *others]},
        "n_classes": n_classes,
        "readers": [sender for sender, _, _ in boxes],
    }
    if reader in X.parties:
        number = X.parties.index(reader)
        asked.update(rows=X.blocks[number], coef=first[X.columns_of[number]])
    told = ask(federation, upper_layers, {reader: asked}, session=session, purpose=cohort.purpose)
    at_label = told[reader]
    gradient = np.zeros_like(first)
    if reader in X.parties:
        gradient[X.columns_of[X.parties.index(reader)]] = at_label["own"]
    each = {
        sender: {
            "rows": X.blocks[X.parties.index(sender)],
            "batch": batch,
            "sender": reader,
            "box": at_label[sealed_for(sender)],
            "width": first.shape[1],
        }
        for sender, _, _ in boxes
    }
    if each:
        parts = ask(federation, first_layer, each, session=session, purpose=cohort.purpose)
        for party, part in parts.items():
            gradient[X.columns_of[X.parties.index(party)]] = part["gradient"]
    rest = at_label["gradient"]
    return {
        "loss": at_label["loss"],
        "gradient": np.concatenate([gradient.ravel(), rest]),
        "weight": at_label["weight"],
    }


@session_op(
    "across.upper_layers",
    protection="in the clear",
    reveals="loss and gradient of the upper layers, as sums over a batch; to each party, the "
    "gradient at the first layer in each row",
)
def upper_layers(
    session: PartySession,
    y: Floats,
    batch: Array | None,
    boxes: Sequence[tuple[str, str, Array]],
    network: dict[str, Any],
    n_classes: int,
    readers: Sequence[str],
    rows: Any = None,
    coef: Floats | None = None,
) -> Mapping[str, Array]:
    """The label party's part: the layers above the first, forwards and backwards."""
    targets = y if batch is None else y[batch]
    width = len(network["coefs"][0])
    inputs = np.broadcast_to(opened(session, boxes, width), (len(targets), width))
    own = None
    if rows is not None and coef is not None:
        own = as_columns(rows if batch is None else rows[batch])
        inputs = inputs + partial_scores(own, coef)
    loss, coefs, intercepts, cut = backpropagate(
        np.ascontiguousarray(inputs), targets, network, n_classes
    )
    rest = [part.ravel() for part in (*coefs[1:], *intercepts)]
    told = {
        "loss": np.asarray(loss),
        "weight": np.asarray(float(len(targets))),
        "gradient": np.concatenate(rest),
    }
    if own is not None:
        told["own"] = own.T @ cut
    boxes_out = {sealed_for(peer): seal_array(session, peer, _CUT, cut) for peer in readers}
    return {**told, **boxes_out}


@session_op(
    "across.first_layer",
    protection="in the clear",
    reveals="the gradient of the first layer's weights of a party's columns, as a sum over a batch",
)
def first_layer(
    session: PartySession, rows: Any, batch: Array | None, sender: str, box: Array, width: int
) -> Mapping[str, Array]:
    """Another party's part: the gradient of its own weights."""
    cut = unseal_array(session, sender, _CUT, box, np.float64, width)
    columns = as_columns(rows if batch is None else rows[batch])
    return {"gradient": columns.T @ cut}
