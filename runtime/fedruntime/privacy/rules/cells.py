"""The rule on the number of rows in a category or cell."""

from __future__ import annotations

import inspect
from fnmatch import fnmatchcase

import numpy as np

from fedruntime.data.chunks.running import cells
from fedruntime.privacy.rules.rule import Outgoing, Rule


class MinCell(Rule):
    """No count by category or cell of fewer rows than ``min_cell`` at this party; zero may leave.

    Nor sums by category or cell, of so few rows in one of them. Weights of rows by category are
    such counts where all of them are whole numbers. With the noise of a privacy budget, counts
    may be as small as they are.
    """

    name = "min_cell"
    options = ("min_cell",)
    needs_statistics = True

    def objection(self, outgoing: Outgoing) -> str | None:
        known = outgoing.operation
        if outgoing.noised or not (known.counts or known.cells):
            return None
        fewest = self.policy.min_cell
        if known.cells is not None:
            wanted = inspect.signature(known.cells).parameters
            rows = cells(known.cells, {name: outgoing.arguments[name] for name in wanted})
            if _has_fewer(rows, fewest):
                return f"is of fewer than {fewest} rows in one of its cells"
        for name, value in outgoing.statistics.items():
            if _is_among(name, known.counts) and _has_fewer(value, fewest):
                return f"has a cell of fewer than {fewest} rows in {name!r}"
        return None


def _is_among(name: str, patterns: tuple[str, ...]) -> bool:
    return name in patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def _has_fewer(value: object, fewest: int) -> bool:
    cells = np.asarray(value)
    small = (cells > 0) & (cells < fewest)
    if not small.any():
        return False
    return cells.dtype.kind != "f" or bool((cells == np.floor(cells)).all())
