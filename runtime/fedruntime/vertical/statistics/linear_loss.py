"""The loss of a linear model and its gradient across columns.

The other parties seal their part of the linear predictor for the label party, which alone
computes losses and slopes. The slopes never leave it in the clear: what they and another party's
columns come to is a product of masked columns, of which the gradient is all that is revealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.session import PartySession
from fedruntime.estimators.far_sums import in_unit
from fedruntime.estimators.linear_model.linear_loss_statistics import loss_gradient_statistic
from fedruntime.estimators.linear_model.pointwise_loss import Pointwise, pointwise_loss
from fedruntime.messages import Array
from fedruntime.operations import session_op
from fedruntime.vertical.aligned import owner_of
from fedruntime.vertical.class_products import masked_features
from fedruntime.vertical.cohort import AlignedCohort, across
from fedruntime.vertical.products.coordinator import (
    Masked,
    boxes_by_reader,
    joined,
    new_mask,
    next_round,
)
from fedruntime.vertical.products.fixed_point import limb_bits
from fedruntime.vertical.products.party import (
    as_columns,
    forget_columns,
    keep_masked,
    mask_for,
    term,
)
from fedruntime.vertical.scores import Form, opened, partial_scores, scores_at
from fedruntime.vertical.sessions import ask, session_of

Floats = npt.NDArray[np.float64]


@across(loss_gradient_statistic)
def loss_gradient(
    cohort: AlignedCohort,
    weights: Floats,
    intercept: Floats,
    pointwise: Pointwise,
    total_weight: float,
    unit: float = 1.0,
) -> dict[str, Array]:
    """As ``linear_loss_statistics.loss_gradient_statistic``."""
    X, federation, reader = cohort.X, cohort.federation, owner_of(cohort["y"])
    masked = masked_features(cohort, cohort.X, reader)
    coef = np.atleast_2d(weights).T
    session, boxes = scores_at(X, reader, Form(coef), purpose=cohort.purpose)
    name, key = new_mask(federation)
    rounds = {one.party: next_round(federation) for one in masked}
    asked: dict[str, Any] = {
        "y": cohort["y"],
        "boxes": boxes,
        "width": coef.shape[1],
        "intercept": intercept,
        "pointwise": pointwise,
        "name": name,
        "key": np.frombuffer(key, dtype=np.uint8),
        "bits": limb_bits(len(X)),
        "terms": [(one.party, one.name, rounds[one.party]) for one in masked],
    }
    if cohort.has("sample_weight"):
        asked["sample_weight"] = cohort["sample_weight"]
    if reader in X.parties:
        number = X.parties.index(reader)
        asked.update(rows=X.blocks[number], coef=coef[X.columns_of[number]])
    told = ask(federation, label_loss, {reader: asked}, session=session, purpose=cohort.purpose)
    at_label = told[reader]
    gradient = np.zeros((X.shape[1], coef.shape[1]))
    if reader in X.parties:
        gradient[X.columns_of[X.parties.index(reader)]] = at_label["gradient"]
    if masked:
        slopes = Masked(reader, name, len(X), coef.shape[1], at_label["exponents"], key)
        _others_gradient(cohort, gradient, masked, slopes, told, rounds)
    total = {
        "loss": at_label["loss"],
        "weights": gradient.T.reshape(weights.shape),
        "intercept": at_label["offset"].reshape(weights.shape[:-1]),
    }
    return {name: np.asarray(value) for name, value in in_unit(total, unit / total_weight).items()}


def _others_gradient(
    cohort: AlignedCohort,
    gradient: Floats,
    masked: Sequence[Masked],
    slopes: Masked,
    told: Mapping[str, Mapping[str, Array]],
    rounds: Mapping[str, int],
) -> None:
    """Fill in the gradient of the coefficients of other parties' columns."""
    X, federation = cohort.X, cohort.federation
    boxes = boxes_by_reader(federation.parties, [slopes], told)
    each = {
        one.party: {
            "own": one.name,
            "box": boxes[one.party][0],
            "number": rounds[one.party],
            "bits": limb_bits(slopes.rows),
        }
        for one in masked
    }
    terms = ask(
        federation, features_term, each, session=session_of(federation), purpose=cohort.purpose
    )
    for one in masked:
        own = X.columns_of[X.parties.index(one.party)]
        at_label = told[slopes.party][f"term {one.party}"]
        gradient[own] = joined(one, slopes, terms[one.party]["term"], at_label)


@session_op(
    "across.loss",
    protection="in the clear",
    reveals="the loss, the slope of the intercept, and the gradient of the label party's own "
    "columns, as sums over all rows",
)
def label_loss(
    session: PartySession,
    y: Floats,
    boxes: Sequence[tuple[str, str, Array]],
    width: int,
    intercept: Floats,
    pointwise: Pointwise,
    name: str,
    key: Array,
    bits: int,
    terms: Sequence[tuple[str, str, int]],
    sample_weight: Floats | None = None,
    rows: Any = None,
    coef: Floats | None = None,
) -> Mapping[str, Array]:
    """The label party's part: losses, slopes, and its terms of products with these.

    Returns
    -------
    dict
        ``loss``, ``offset`` (k,); ``gradient`` of its own columns; ``exponents`` of the slopes,
        a sealed box of them and a ``term`` for each other party.
    """
    scores = opened(session, boxes, width)
    if rows is not None and coef is not None:
        scores = scores + partial_scores(rows, coef)
    base_loss = pointwise_loss(pointwise)
    raw = np.ascontiguousarray(np.broadcast_to(scores, (len(y), width)) + intercept)
    losses, slopes = base_loss.loss_gradient(
        y_true=y,
        raw_prediction=raw if base_loss.is_multiclass else raw[:, 0],
        sample_weight=sample_weight,
        n_threads=1,
    )
    slopes = as_columns(slopes)
    told: dict[str, Array] = {"loss": np.asarray(losses.sum()), "offset": slopes.sum(axis=0)}
    if rows is not None:
        told["gradient"] = as_columns(rows).T @ slopes
    readers = [peer for peer, _, _ in terms]
    told.update(mask_for(session, slopes, name, key.tobytes(), bits, readers))
    for peer, theirs, number in terms:
        told[f"term {peer}"] = term(session, name, peer, theirs, number, bits)
    forget_columns(session, [name])
    return told


@session_op(
    "across.gradient",
    protection="masked",
    reveals="the gradient of a party's columns, as sums over all rows",
)
def features_term(
    session: PartySession, own: str, box: tuple[str, str, int, Array], number: int, bits: int
) -> Mapping[str, Array]:
    """Another party's term of the product of its columns with the slopes."""
    sender, name, width, sealed = box
    keep_masked(session, sender, name, width, sealed)
    found = term(session, own, sender, name, number, bits)
    forget_columns(session, [name])
    return {"term": found}
