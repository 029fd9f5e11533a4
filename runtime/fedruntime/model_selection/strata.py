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

from dataclasses import dataclass
from typing import Any

import numpy as np

from fedruntime.data.handle import Handle
from fedruntime.data.selection import RowSelection
from fedruntime.errors import RevealError
from fedruntime.messages import Array
from fedruntime.metrics.labels import class_labels
from fedruntime.operations import Statistics, party_op, row_op

MIN_RUN = 10
"""Counts of fewer rows than this would all but name their labels."""

_PURPOSE = "stratified split"


@party_op(
    "model_selection.class_counts", reveals="the class counts of each run, by first appearance"
)
def class_counts(y: Any, run_lengths: Array, joined: bool) -> Statistics:
    """The classes of one run after another, each run's by first appearance, and their counts."""
    classes, counts, _ = _by_appearance(_strata(y, joined), run_lengths)
    return {"classes": classes, "counts": counts}


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


def _by_appearance(labels: Array, run_lengths: Array) -> tuple[Array, Array, Array]:
    """The classes of each run by first appearance, their counts, and the rows sorted so.

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
    return labels[first[order]], counts[order], np.argsort(rank[group_of_row], kind="stable")


def _strata(y: Any, joined: bool) -> Array:
    labels = np.asarray(y)
    if joined and labels.ndim == 2:
        # StratifiedShuffleSplit takes each combination of several columns for a class, so named.
        return np.array([" ".join(row.astype("str")) for row in labels], dtype=object)
    return class_labels(y, "y")


@dataclass(frozen=True, eq=False)
class Strata:
    """Labels at the parties and their public surrogate.

    Parameters
    ----------
    y : Handle
    labels : ndarray of shape (n_samples,)
        The surrogate.
    joined : bool
        Whether several columns of ``y`` make one class.
    """

    y: Handle
    labels: Array
    joined: bool

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
        layout = y.layout
        owners, lengths = layout.runs
        if not y.federation.engine.simulated and len(lengths) and lengths.min() < MIN_RUN:
            party = layout.parties[owners[np.argmin(lengths)]]
            raise RevealError(
                f"a stratified split would reveal class counts of {lengths.min()} rows in a row "
                f"at {party!r}, less than {MIN_RUN}: stratify before rows are shuffled between "
                "parties, or split without stratification"
            )
        replies = y.federation.collect(
            class_counts, y=y, joined=joined, each=_run_lengths(y), purpose=_PURPOSE
        )
        parts = [np.repeat(reply["classes"], reply["counts"]) for reply in replies.values()]
        by_party = np.concatenate([part for part in parts if len(part)] or parts)
        places = np.concatenate([layout.positions[party] for party in replies])
        return cls(y, by_party[np.argsort(places)], joined)

    def select(self, positions: Array, *, in_order: bool) -> RowSelection:
        """The rows that positions of the surrogate stand for; see ``stratified_rows``."""
        layout, local = self.y.layout.take(positions)
        each = {
            party: {**arguments, "chosen": local[party]}
            for party, arguments in _run_lengths(self.y).items()
        }
        numbers = self.y.federation.map(
            stratified_rows,
            layout=layout,
            each=each,
            purpose=_PURPOSE,
            y=self.y,
            joined=self.joined,
            in_order=in_order,
        )
        return RowSelection(self.y.layout, numbers)


def _run_lengths(y: Handle) -> dict[str, dict[str, Array]]:
    return {party: {"run_lengths": y.layout.split_runs(party)} for party in y.layout.parties}
