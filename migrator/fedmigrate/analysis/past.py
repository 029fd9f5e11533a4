"""What is known of how rows came to be: which rows they are, and what has looked at them.

Values only. How an expression passes them on is in ``lineage.py``; what they give away of a script
is in ``traps.py``.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedmigrate.analysis.values import Estimator


_MAX_PICKS = 32
"""Beyond so many selections from selections it is no longer told what rows are part of."""


@dataclass(frozen=True)
class Part:
    """Some of the rows of a source, or all of them.

    Parameters
    ----------
    node : ast.AST, optional
        The expression that picks them; none where they are all there are.
    side : {"all", "train", "test", "some"}
        What a split calls them; ``some`` where they are picked in another way.
    of : Part, optional
        What they are picked from; none where that is not known.
    """

    node: ast.AST | None = None
    side: str = "all"
    of: Part | None = None

    def within(self, other: Part) -> bool:
        """Whether all of these rows are among others."""
        part: Part | None = self
        while part is not None:
            if part == other:
                return True
            part = part.of
        return False

    def picked(self, node: ast.AST, side: str = "some") -> Part:
        """Some of these rows; picking again in a loop says nothing new."""
        part: Part | None = self
        depth = 0
        while part is not None:
            if part.node is node:
                return Part(node, side, part.of)
            part = part.of
            depth += 1
        return Part(node, side, self if depth < _MAX_PICKS else None)


@dataclass(frozen=True)
class Prediction:
    """What a model said of rows.

    Parameters
    ----------
    model : Estimator
    part : Part
    given : str
        The expression of the rows.
    """

    model: Estimator
    part: Part
    given: str


@dataclass(frozen=True)
class Past:
    """What is known of some rows.

    Parameters
    ----------
    part : Part
        Which rows they are.
    fits : frozenset of ast.Call
        Fits of transformers that they came out of, on these rows or more of them.
    predicted : Prediction, optional
        What they are, where a model has predicted them.
    """

    part: Part = Part()
    fits: frozenset[ast.Call] = frozenset()
    predicted: Prediction | None = None


def either(left: Past | None, right: Past | None) -> Past | None:
    """What is known of rows that have the one past or the other."""
    if left is None or right is None or left.part != right.part:
        return None
    predicted = left.predicted if left.predicted == right.predicted else None
    return Past(left.part, left.fits | right.fits, predicted)


def together(pasts: list[Past | None]) -> Past | None:
    """What is known of rows that are computed, row by row, from several."""
    if not pasts or None in pasts:
        return None
    known = [past for past in pasts if past is not None]
    first = known[0]
    if any(past.part != first.part for past in known):
        return None
    fits = first.fits.union(*(past.fits for past in known))
    predictions = {past.predicted for past in known} - {None}
    return replace(first, fits=fits, predicted=predictions.pop() if len(predictions) == 1 else None)
