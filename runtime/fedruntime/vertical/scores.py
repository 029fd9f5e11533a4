"""Weighted sums of the columns of each row, such as linear predictors: every party adds up its own
columns and seals the sums for the one party that is to know them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.session import PartySession
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.operations import sealed_for, session_op
from fedruntime.vertical.aligned import Aligned, layout_at
from fedruntime.vertical.products.party import as_columns
from fedruntime.vertical.sealed_arrays import seal_array, unseal_array
from fedruntime.vertical.sessions import ask, session_of

Floats = npt.NDArray[np.float64]


def scores_at(
    X: Aligned, reader: str, coef: Floats, *, purpose: str
) -> tuple[str, list[tuple[str, str, Array]]]:
    """Let the parties send ``X @ coef`` of their own columns to one of them.

    Parameters
    ----------
    coef : ndarray of shape (p, k)

    Returns
    -------
    session : str
    boxes : list of (str, str, ndarray)
        Sender, name and sealed sums, as ``opened`` takes them.
    """
    federation = X.federation
    session = session_of(federation)
    each = {
        party: {"rows": block, "coef": coef[columns], "reader": reader}
        for party, block, columns in zip(X.parties, X.blocks, X.columns_of, strict=True)
        if party != reader
    }
    if not each:
        return session, []
    told = ask(federation, send_scores, each, session=session, purpose=purpose)
    return session, [(party, "scores", told[party][sealed_for(reader)]) for party in each]


@session_op(
    "across.scores",
    protection="sealed",
    reveals="weighted sums of a party's columns in each row, to the party that has the label",
)
def send_scores(session: PartySession, rows: Any, coef: Floats, reader: str) -> Mapping[str, Array]:
    """Weighted sums of a party's columns in each row, sealed for another party."""
    scores = partial_scores(rows, coef)
    if not np.isfinite(scores).all():
        raise DataError("columns hold NaN or infinity: fill them before the fit")
    return {sealed_for(reader): seal_array(session, reader, "scores", scores)}


def opened(session: PartySession, boxes: Sequence[tuple[str, str, Array]], width: int) -> Floats:
    """The sum over other parties of what they have sealed for this one; zero without any."""
    total: Any = 0.0
    for sender, name, box in boxes:
        total = total + unseal_array(session, sender, name, box, np.float64, width)
    return np.asarray(total)


def partial_scores(rows: Any, coef: Floats) -> Floats:
    """What a party's own columns add to the scores, of shape (n, k)."""
    return np.asarray(as_columns(rows) @ coef)


def gather(X: Aligned, reader: str, coef: Floats, intercept: Floats, *, purpose: str) -> Handle:
    """``X @ coef + intercept`` as rows of shape (n, k) that lie at one party."""
    session, boxes = scores_at(X, reader, coef, purpose=purpose)
    federation = X.federation
    own: dict[str, Any] = {"boxes": boxes, "intercept": intercept}
    if reader in X.parties:
        number = X.parties.index(reader)
        own.update(rows=X.blocks[number], coef=coef[X.columns_of[number]])
    return federation.map(
        add_scores,
        layout=layout_at(federation.parties, reader, len(X)),
        each={reader: own},
        purpose=purpose,
        session=session,
        width=coef.shape[1],
    )


@session_op("across.add_scores", keeps=True)
def add_scores(
    session: PartySession,
    width: int,
    boxes: Sequence[tuple[str, str, Array]] = (),
    intercept: Floats | None = None,
    rows: Any = None,
    coef: Floats | None = None,
) -> Floats:
    """The scores of all columns, from what other parties have sealed and own columns; no rows at
    the parties that are given nothing."""
    if intercept is None:
        return np.zeros((0, width))
    total = opened(session, boxes, width) + intercept
    if rows is not None and coef is not None:
        total = total + partial_scores(rows, coef)
    return np.asarray(total)
