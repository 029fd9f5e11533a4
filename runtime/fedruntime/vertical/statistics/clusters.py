"""Statistics of clusters across columns: the label party adds up each row's squared distances to
all centres, finds the nearest, and tells the other parties, each of which sums its own columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.session import PartySession
from fedruntime.data.handle import Handle
from fedruntime.estimators.cluster import lloyd, seeding
from fedruntime.estimators.cluster.clustered_rows import inertia
from fedruntime.estimators.cluster.lloyd import sum_by_label
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.messages import Array
from fedruntime.operations import Operation, sealed_for, session_op
from fedruntime.vertical.aligned import Aligned, layout_at
from fedruntime.vertical.class_products import about
from fedruntime.vertical.cohort import AlignedCohort, across, across_rows
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.products.party import as_columns
from fedruntime.vertical.scores import Form, opened, partial_scores, scores_at
from fedruntime.vertical.sealed_arrays import seal_array, unseal_array
from fedruntime.vertical.sessions import ask

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

_LABELS = "nearest centres"


@across(column_sums)
def sums_of_columns(cohort: AlignedCohort) -> dict[str, Array]:
    """As ``column_sums.column_sums``."""
    return _by_column(cohort, column_sums, {})


@across(column_deviations)
def deviations_of_columns(cohort: AlignedCohort, mean: Floats) -> dict[str, Array]:
    """As ``column_sums.column_deviations``."""
    return _by_column(cohort, column_deviations, {"mean": mean})


def _by_column(
    cohort: AlignedCohort, operation: Operation, given: Mapping[str, Floats]
) -> dict[str, Array]:
    """A statistic with an entry a column, of which each party tells those of its own."""
    X = cohort.X
    found: dict[str, Array] = {}
    for block, columns in zip(X.blocks, X.columns_of, strict=True):
        own = {name: values[columns] for name, values in given.items()}
        sums = cohort.aggregator.sum_statistics(
            cohort.federation, operation, {"X": block, **own}, purpose=cohort.purpose
        )
        for name, values in sums.items():
            whole = found.setdefault(name, np.zeros(X.shape[1], dtype=values.dtype))
            whole[columns] = values
    return found


@across_rows(lloyd.centred)
def about_mean(cohort: AlignedCohort, mean: Floats) -> Aligned:
    """As ``lloyd.centred``."""
    return about(cohort, mean, 1)


@dataclass(frozen=True)
class _Nearest:
    """What is known of the rows nearest to each centre, for each of several starts.

    Parameters
    ----------
    rows : ndarray of shape (s, k)
    squares : ndarray of shape (s, k)
        Squared distances to the centre, added up.
    sums : ndarray of shape (s, k, p), optional
    """

    rows: Floats
    squares: Floats
    sums: Floats | None


def _nearest(cohort: AlignedCohort, centers: Floats, *, with_sums: bool) -> _Nearest:
    X, federation = cohort.X, cohort.federation
    starts, size, width = centers.shape
    reader, form = label_party(federation), _form(centers)
    session, boxes = scores_at(X, reader, form, purpose=cohort.purpose)
    asked: dict[str, Any] = {
        "boxes": boxes,
        "starts": starts,
        "size": size,
        "readers": [sender for sender, _, _ in boxes] if with_sums else [],
        "with_sums": with_sums,
    }
    if reader in X.parties:
        number = X.parties.index(reader)
        asked.update(rows=X.blocks[number], **form.of(X.columns_of[number]))
    told = ask(federation, find_nearest, {reader: asked}, session=session, purpose=cohort.purpose)
    found = told[reader]
    if not with_sums:
        return _Nearest(found["rows"], found["squares"], None)
    parts = {reader: found["sums"]} if reader in X.parties else {}
    each = {
        party: {
            "rows": X.blocks[X.parties.index(party)],
            "sender": reader,
            "box": found[sealed_for(party)],
            "starts": starts,
            "size": size,
        }
        for party, _, _ in boxes
    }
    if each:
        told = ask(federation, sum_labelled, each, session=session, purpose=cohort.purpose)
        parts.update({party: one["sums"] for party, one in told.items()})
    sums = np.zeros((starts, size, width))
    for party, part in parts.items():
        sums[:, :, X.columns_of[X.parties.index(party)]] = part
    return _Nearest(found["rows"], found["squares"], sums)


def _form(centers: Floats) -> Form:
    """Squared distances to the centres of all starts."""
    points = centers.reshape(-1, centers.shape[-1]).T
    return Form(np.ones_like(points), points)


@across(lloyd.cluster_sums)
def cluster_sums(cohort: AlignedCohort, centers: Floats) -> dict[str, Array]:
    """As ``lloyd.cluster_sums``."""
    found = _nearest(cohort, centers, with_sums=True)
    assert found.sums is not None
    return {"weight": found.rows, "sum": found.sums}


@across(lloyd.cluster_inertia)
def cluster_inertia(cohort: AlignedCohort, centers: Floats) -> dict[str, Array]:
    """As ``lloyd.cluster_inertia``."""
    found = _nearest(cohort, centers, with_sums=False)
    return {"inertia": found.squares.sum(axis=1), "rows": found.rows.astype(np.int64)}


@across(inertia)
def objective(cohort: AlignedCohort, centers: Floats) -> dict[str, Array]:
    """As ``clustered_rows.inertia``."""
    found = _nearest(cohort, centers[np.newaxis], with_sums=False)
    return {"inertia": found.squares.sum()}


@across(seeding.rows_near_points)
def rows_near_points(cohort: AlignedCohort, points: Floats) -> dict[str, Array]:
    """As ``seeding.rows_near_points``."""
    found = _nearest(cohort, points[np.newaxis], with_sums=False)
    return {"rows": found.rows[0].astype(np.int64)}


@across(seeding.group_sums)
def group_sums(cohort: AlignedCohort, points: Floats) -> dict[str, Array]:
    """As ``seeding.group_sums``."""
    found = _nearest(cohort, points[np.newaxis], with_sums=True)
    assert found.sums is not None
    return {
        "rows": found.rows[0].astype(np.int64),
        "weight": found.rows[0],
        "sum": found.sums[0],
        "square": found.squares[0],
    }


@across_rows(lloyd.nearest_centers)
def nearest_centers(cohort: AlignedCohort, centers: Floats) -> Handle:
    """As ``lloyd.nearest_centers``; the labels lie at the label party."""
    return labels_at(cohort.X, centers, label_party(cohort.federation), cohort.purpose)


def labels_at(X: Aligned, centers: Floats, reader: str, purpose: str) -> Handle:
    """The nearest centre of every row, one column a start, at one party."""
    federation, form = X.federation, _form(centers)
    session, boxes = scores_at(X, reader, form, purpose=purpose)
    own: dict[str, Any] = {"boxes": boxes, "size": centers.shape[1]}
    if reader in X.parties:
        number = X.parties.index(reader)
        own.update(rows=X.blocks[number], **form.of(X.columns_of[number]))
    return federation.map(
        keep_nearest,
        layout=layout_at(federation.parties, reader, len(X)),
        each={reader: own},
        purpose=purpose,
        session=session,
        starts=len(centers),
    )


@session_op(
    "across.nearest",
    protection="in the clear",
    reveals="how many rows are nearest to each centre, their squared distances added up, and sums "
    "of the label party's columns by centre; to the other parties, which centre is nearest to "
    "each row",
)
def find_nearest(
    session: PartySession,
    boxes: Sequence[tuple[str, str, Array]],
    starts: int,
    size: int,
    readers: Sequence[str],
    with_sums: bool,
    rows: Any = None,
    coef: Floats | None = None,
    centres: Floats | None = None,
) -> Mapping[str, Array]:
    """The label party's part: the nearest centre of each row, for each of several starts."""
    distances = _distances(session, boxes, starts, size, rows, coef, centres)
    labels = distances.argmin(axis=2).astype(np.int32)
    least = distances.min(axis=2)
    told: dict[str, Array] = {
        "rows": np.array([np.bincount(own, minlength=size) for own in labels.T], dtype=float),
        "squares": np.array(
            [
                np.bincount(own, squares, minlength=size)
                for own, squares in zip(labels.T, least.T, strict=True)
            ]
        ),
    }
    if with_sums and rows is not None:
        told["sums"] = _sums(as_columns(rows), labels, size)
    for peer in readers:
        told[sealed_for(peer)] = seal_array(session, peer, _LABELS, labels)
    return told


@session_op(
    "across.sums_by_centre",
    reveals="sums of a party's columns over the rows nearest to each centre",
)
def sum_labelled(
    session: PartySession, rows: Any, sender: str, box: Array, starts: int, size: int
) -> Mapping[str, Array]:
    """Another party's part: sums of its columns by nearest centre."""
    labels = unseal_array(session, sender, _LABELS, box, np.int32, starts)
    return {"sums": _sums(as_columns(rows), labels, size)}


@session_op("across.keep_nearest", keeps=True)
def keep_nearest(
    session: PartySession,
    starts: int,
    boxes: Sequence[tuple[str, str, Array]] | None = None,
    size: int = 0,
    rows: Any = None,
    coef: Floats | None = None,
    centres: Floats | None = None,
) -> Labels:
    """At the label party, the nearest centre of each row, one column a start."""
    if boxes is None:
        return np.empty((0, starts), dtype=np.int32)
    distances = _distances(session, boxes, starts, size, rows, coef, centres)
    nearest: Labels = distances.argmin(axis=2).astype(np.int32)
    return nearest


def _distances(
    session: PartySession,
    boxes: Sequence[tuple[str, str, Array]],
    starts: int,
    size: int,
    rows: Any,
    coef: Floats | None,
    centres: Floats | None,
) -> Floats:
    """Squared distances of shape (n, s, k)."""
    total = opened(session, boxes, starts * size)
    if rows is not None and coef is not None:
        total = total + partial_scores(rows, coef, centres)
    return np.asarray(total).reshape(-1, starts, size)


def _sums(columns: Floats, labels: Labels, size: int) -> Floats:
    ones = np.ones(len(columns))
    return np.array([sum_by_label(columns, own, ones, size) for own in labels.T])
