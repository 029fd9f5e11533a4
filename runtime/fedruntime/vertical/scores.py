"""Figures of rows that are sums over their columns, such as linear predictors and distances: every
party adds up its own columns and seals the sums for the one party that is to know them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Form:
    """What is added up over the columns of a row.

    Parameters
    ----------
    coef : ndarray of shape (p, k)
        Weights of the columns; or, with centres, of squared distances from these.
    centres : ndarray of shape (p, k), optional
    """

    coef: Floats
    centres: Floats | None = None

    @property
    def width(self) -> int:
        return int(self.coef.shape[1])

    def of(self, columns: npt.NDArray[np.intp]) -> dict[str, Any]:
        """The part of some of the columns, as arguments."""
        centres = None if self.centres is None else self.centres[columns]
        return {"coef": self.coef[columns], "centres": centres}


def scores_at(
    X: Aligned, reader: str, form: Form, *, purpose: str, batch: Array | None = None
) -> tuple[str, list[tuple[str, str, Array]]]:
    """Let the other parties seal what their columns add to the scores for one of them.

    Parameters
    ----------
    batch : ndarray of int, optional
        Which rows; by default all.

    Returns
    -------
    session : str
    boxes : list of (str, str, ndarray)
        Sender, name and sealed sums, as ``opened`` takes them.
    """
    federation = X.federation
    session = session_of(federation)
    each = {
        party: {"rows": block, "reader": reader, "batch": batch, **form.of(columns)}
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
    reveals="weighted sums of a party's columns in each row, or of their squared distances from "
    "given points, to the party that has the label",
)
def send_scores(
    session: PartySession,
    rows: Any,
    coef: Floats,
    reader: str,
    centres: Floats | None = None,
    batch: Array | None = None,
) -> Mapping[str, Array]:
    """What a party's columns add to the scores of each row, sealed for another party."""
    scores = partial_scores(rows if batch is None else rows[batch], coef, centres)
    if not np.isfinite(scores).all():
        raise DataError("columns hold NaN or infinity: fill them before the fit")
    return {sealed_for(reader): seal_array(session, reader, "scores", scores)}


def opened(session: PartySession, boxes: Sequence[tuple[str, str, Array]], width: int) -> Floats:
    """The sum over other parties of what they have sealed for this one; zero without any."""
    total: Any = 0.0
    for sender, name, box in boxes:
        total = total + unseal_array(session, sender, name, box, np.float64, width)
    return np.asarray(total)


def partial_scores(rows: Any, coef: Floats, centres: Floats | None = None) -> Floats:
    """What a party's own columns add to the scores, of shape (n, k)."""
    columns = as_columns(rows)
    if centres is None:
        return np.asarray(columns @ coef)
    scores = np.empty((len(columns), coef.shape[1]))
    for number in range(coef.shape[1]):
        scores[:, number] = (columns - centres[:, number]) ** 2 @ coef[:, number]
    return scores


def gather(X: Aligned, reader: str, form: Form, intercept: Floats, *, purpose: str) -> Handle:
    """The scores of shape (n, k), each with its intercept, as rows that lie at one party."""
    session, boxes = scores_at(X, reader, form, purpose=purpose)
    federation = X.federation
    own: dict[str, Any] = {"boxes": boxes, "intercept": intercept}
    if reader in X.parties:
        number = X.parties.index(reader)
        own.update(rows=X.blocks[number], **form.of(X.columns_of[number]))
    return federation.map(
        add_scores,
        layout=layout_at(federation.parties, reader, len(X)),
        each={reader: own},
        purpose=purpose,
        session=session,
        width=form.width,
    )


@session_op("across.add_scores", keeps=True)
def add_scores(
    session: PartySession,
    width: int,
    boxes: Sequence[tuple[str, str, Array]] = (),
    intercept: Floats | None = None,
    rows: Any = None,
    coef: Floats | None = None,
    centres: Floats | None = None,
) -> Floats:
    """The scores of all columns, from what other parties have sealed and own columns; no rows at
    the parties that are given nothing."""
    if intercept is None:
        return np.zeros((0, width))
    total = opened(session, boxes, width) + intercept
    if rows is not None and coef is not None:
        total = total + partial_scores(rows, coef, centres)
    return np.asarray(total)
