"""Stratified splits without the labels: a surrogate label vector that scikit-learn's splitters
treat exactly as the real one, and the way back from its positions to rows.

For each run of consecutive pooled rows that one party holds, that party reveals its class counts,
with the classes in the order in which they first appear. The surrogate has these runs, each sorted
by class in that order. scikit-learn's stratified splitters see nothing else of a label vector than
where the j-th row of each class goes and which class comes first, so their draws are the same; and
position s of the surrogate stands for the row that has the same class and the same rank in it.

Where rows of one party lie together, as when data is loaded, a run is the whole party. A run whose
rows are all of one class has no secret labels left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.data.selection import RowSelection
from fedruntime.errors import RevealError
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.privacy.disclosure import require_repeats

MIN_RUN = 10
"""Counts of fewer rows than this would all but name their labels."""

_PURPOSE = "stratified split"


@party_op(
    "model_selection.class_counts",
    reveals="the class counts of each run, by first appearance",
    counts=("counts",),
)
def class_counts(y: Any, run_lengths: Array, joined: bool) -> Statistics:
    """The classes of one run after another, each run's by first appearance, and their counts."""
    labels = _strata(y, joined)
    first, counts, _ = _by_appearance(labels, run_lengths)
    return {"classes": labels[first], "counts": counts}


@party_op(
    "model_selection.group_counts",
    reveals="the counts of groups in each run, by first appearance",
    counts=("counts",),
)
def group_counts(y: Any, groups: Any, run_lengths: Array) -> Statistics:
    """The same of groups, and of classes within groups where labels are given."""
    members, labels, pairs = _members(y, groups)
    require_repeats(len(np.unique(members)), len(members), "groups")
    first, counts, _ = _by_appearance(pairs, run_lengths)
    found = {"groups": members[first], "counts": counts}
    return found if y is None else {**found, "classes": labels[first]}


@row_op("model_selection.stratified_rows")
def stratified_rows(
    y: Any, run_lengths: Array, joined: bool, chosen: Array, in_order: bool
) -> Array:
    """The numbers of the rows that positions of this party's surrogate stand for.

    Parameters
    ----------
    chosen : ndarray of int
        Positions in the party's part of the surrogate.
    in_order : bool
        Whether the rows keep their own order, as in a k-fold; else they take that of ``chosen``.
    """
    _, _, row_of = _by_appearance(_strata(y, joined), run_lengths)
    numbers = row_of[chosen]
    return np.sort(numbers) if in_order else numbers


@row_op("model_selection.grouped_rows")
def grouped_rows(y: Any, groups: Any, run_lengths: Array, chosen: Array) -> Array:
    """The numbers of the rows that positions of a surrogate of groups stand for, in order."""
    _, _, pairs = _members(y, groups)
    _, _, row_of = _by_appearance(pairs, run_lengths)
    return np.sort(row_of[chosen])


def _by_appearance(labels: Array, run_lengths: Array) -> tuple[Array, Array, Array]:
    """The first row of each class of each run, by appearance; their counts; the rows sorted so.

    A group is a run's rows of one class. As runs follow one another, groups ordered by their
    first row are ordered by run, too.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    run_of_row = np.repeat(np.arange(len(run_lengths)), run_lengths)
    groups = run_of_row * len(classes) + codes
    _, first, group_of_row, counts = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    rank = np.argsort(order)
    return first[order], counts[order], np.argsort(rank[group_of_row], kind="stable")


def _strata(y: Any, joined: bool) -> Array:
    labels = np.asarray(y)
    if joined and labels.ndim == 2:
        # StratifiedShuffleSplit takes each combination of several columns for a class, so named.
        return np.array([" ".join(row.astype("str")) for row in labels], dtype=object)
    return class_labels(y, "y")


def _members(y: Any, groups: Any) -> tuple[Array, Array, Array]:
    """Each row's group, its class, and a number for the pair of both."""
    members = class_labels(groups, "groups")
    labels = members if y is None else class_labels(y, "y")
    _, member = np.unique(members, return_inverse=True)
    classes, label = np.unique(labels, return_inverse=True)
    return members, labels, member * len(classes) + label


@dataclass(frozen=True, eq=False)
class Strata:
    """Labels, groups, or both, at the parties and their public surrogate.

    Parameters
    ----------
    rows : mapping
        Handles ``y`` and ``groups``; one of them may be None.
    labels, groups : ndarray of shape (n_samples,), or None
        The surrogates of both.
    joined : bool
        Whether several columns of ``y`` make one class.
    layout : RowLayout
        Of the rows when the parties were asked for their counts.
    """

    rows: Mapping[str, Handle | None]
    labels: Array | None
    groups: Array | None
    joined: bool
    layout: RowLayout

    @classmethod
    def of(cls, y: Handle, *, joined: bool = False) -> Strata:
        """Ask the parties for class counts and lay out the surrogate.

        Raises
        ------
        RevealError
            If a run has so few rows that its counts would give labels away, unless the parties
            are simulated.
        DataError
            If ``y`` does not hold classes.
        """
        _require_long_runs(y)
        replies = y.federation.collect(
            class_counts, y=y, joined=joined, each=_run_lengths(y), purpose=_PURPOSE
        )
        return cls({"y": y}, _surrogate(y, replies, "classes"), None, joined, y.layout)

    @classmethod
    def of_groups(cls, groups: Handle, y: Handle | None = None) -> Strata:
        """The same for groups of rows, and for the classes within them if ``y`` is given."""
        _require_long_runs(groups)
        rows = {"y": y, "groups": groups}
        replies = groups.federation.collect(
            group_counts, each=_run_lengths(groups), purpose=_PURPOSE, **rows
        )
        labels = None if y is None else _surrogate(groups, replies, "classes")
        return cls(rows, labels, _surrogate(groups, replies, "groups"), False, groups.layout)

    def select(self, positions: Array, *, in_order: bool) -> RowSelection:
        """The rows that positions of the surrogate stand for; see ``stratified_rows``."""
        first = next(handle for handle in self.rows.values() if handle is not None)
        chosen, local = self.layout.take(positions)
        layout = chosen.restricted(first.layout.parties)  # without those who vanished since
        each = {
            party: {"run_lengths": self.layout.split_runs(party), "chosen": local[party]}
            for party in layout.parties
        }
        operation, options = grouped_rows, dict[str, Any]()
        if self.groups is None:
            operation, options = stratified_rows, {"joined": self.joined, "in_order": in_order}
        numbers = first.federation.map(
            operation,
            layout=layout,
            each=each,
            purpose=_PURPOSE,
            **{**self.rows, **options},
        )
        return RowSelection(self.layout, numbers)


def _require_long_runs(rows: Handle) -> None:
    owners, lengths = rows.layout.runs
    if not rows.federation.engine.simulated and len(lengths) and lengths.min() < MIN_RUN:
        party = rows.layout.parties[owners[np.argmin(lengths)]]
        raise RevealError(
            f"a stratified split would reveal class counts of {lengths.min()} rows in a row "
            f"at {party!r}, less than {MIN_RUN}: stratify before rows are shuffled between "
            "parties, or split without stratification"
        )


def _surrogate(rows: Handle, replies: Mapping[str, Any], name: str) -> Array:
    """What the parties counted, repeated and laid out as their rows are."""
    parts = [np.repeat(reply[name], reply["counts"]) for reply in replies.values()]
    by_party = np.concatenate([part for part in parts if len(part)] or parts)
    places = np.concatenate([rows.layout.positions[party] for party in replies])
    return np.asarray(by_party[np.argsort(places)])


def _run_lengths(y: Handle) -> dict[str, dict[str, Array]]:
    return {party: {"run_lengths": y.layout.split_runs(party)} for party in y.layout.parties}
