"""Pooled positions that a split has drawn, and over whose rows: they stand for the same rows when a
party has vanished since, or is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.errors import DropoutError


class Positions(np.ndarray):
    """Row positions among the rows of some parties.

    Attributes
    ----------
    drawn_over : tuple of str, or None
        Those parties.
    """

    drawn_over: tuple[str, ...] | None

    def __array_finalize__(self, other: Any) -> None:
        self.drawn_over = getattr(other, "drawn_over", None)


Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def folds_over(rows: Any, folds: Iterable[Fold]) -> Iterator[Fold]:
    """Train and test positions that know over whose rows they were drawn.

    Parameters
    ----------
    rows : Handle, or local rows
        What the folds are of. Where no party may vanish, they are yielded as they are.
    folds : iterable of (ndarray, ndarray)
        Drawn over as many rows as there are at the first of them.
    """
    if not isinstance(rows, Handle) or not rows.federation.may_go_on_without:
        yield from folds
        return
    parties = rows.layout.parties
    for train, test in folds:
        yield _known(train, parties), _known(test, parties)


def _known(positions: npt.NDArray[np.intp], parties: tuple[str, ...]) -> Positions:
    known = positions.view(Positions)
    known.drawn_over = parties
    return known


def layout_of(rows: Handle, positions: Any) -> RowLayout:
    """The layout that positions are positions in: of the rows as they were when these were drawn.

    Raises
    ------
    DropoutError
        If they were drawn over rows of a party that holds no part of these rows.
    """
    parties = getattr(positions, "drawn_over", None)
    layout = rows.layout
    if parties is None or parties == layout.parties:
        return layout
    before = (layout.whole or layout).restricted(parties)
    if before.parties != parties:
        raise DropoutError(
            f"positions were drawn over the rows of {', '.join(parties)}, and {rows!r} has no "
            "part of some of them: split again"
        )
    return before
