"""Whether rows at a party are still one source row each, without repetition: what the sensitivity
of a private statistic is counted on. A row that was drawn twice, or mixed into others, moves a sum
by more than its operation's sensitivity says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from fedruntime.errors import BudgetError
from fedruntime.messages import Request
from fedruntime.operations import Operation
from fedruntime.privacy.lineage import Lineage, Selection, references

LineageOf = Callable[[str], Lineage]

_ROW_BY_ROW = (
    "column_transformer.", "design.", "estimator.apply", "feature_union.", "load.", "metrics.",
    "model_selection.", "parts.", "preprocessing.", "private.", "rows.", "tables.",
    "transformed_target.",
)  # fmt: skip
"""How the names begin of operations that make each row of the row at its place."""
_STACKED = "rows.one_after_another"


class SingleRows:
    """The rows that a party keeps of which a row may stand for more than one, with the reason."""

    def __init__(self) -> None:
        self._faults: dict[str, str] = {}

    def kept(self, request: Request, operation: Operation, lineage: LineageOf) -> None:
        """Judge the result of a row operation.

        Parameters
        ----------
        request : Request
        operation : Operation
        lineage : callable
            The lineage of kept rows by name, those of the result among them.
        """
        given = [ref.name for ref in references(request.arguments)]
        inherited = [self._faults[name] for name in given if name in self._faults]
        if inherited:
            self._faults[request.keep_as] = inherited[0]
        elif given and not operation.loads:
            before = [lineage(name) for name in given]
            fault = _fault(operation, before, lineage(request.keep_as))
            if fault:
                self._faults[request.keep_as] = fault

    def forget(self, name: str) -> None:
        """Rows are kept no longer."""
        self._faults.pop(name, None)

    def require(self, request: Request, lineage: LineageOf) -> None:
        """Refuse a private statistic of rows that a source row may be in more than once.

        Raises
        ------
        BudgetError
            Says why.
        """
        names = [ref.name for ref in references(request.arguments)]
        faults = [self._faults[name] for name in names if name in self._faults]
        if not faults and not _paired([lineage(name) for name in names]):
            faults = ["columns of the same table were put into different orders"]
        if faults:
            raise BudgetError(
                f"{request.operation!r} has no private form for these rows: {faults[0]}, so one "
                "row may count more than once"
            )


def _fault(operation: Operation, before: list[Lineage], after: Lineage) -> str:
    if operation.name == _STACKED:
        return "" if _disjoint(before) else "tables of the same rows were put together"
    if operation.selects:
        return "" if _once([after.selection]) else "rows were drawn repeatedly"
    if not operation.name.startswith(_ROW_BY_ROW):
        return f"{operation.name!r} may mix rows"
    if operation.name.startswith("load."):
        return ""
    if not _paired(before):
        return "columns of the same table were put together in different orders"
    counts = {one.rows for one in before}
    return "" if counts == {after.rows} else f"{operation.name!r} changed the number of rows"


def _disjoint(lineages: Iterable[Lineage]) -> bool:
    """Whether no source row is in two of some tables."""
    seen: dict[frozenset[str], list[Selection]] = {}
    for one in lineages:
        for sources in seen:
            if sources & one.sources and sources != one.sources:
                return False
        seen.setdefault(one.sources, []).append(one.selection)
    return all(len(group) == 1 or _once(group) for group in seen.values())


def _paired(lineages: list[Lineage]) -> bool:
    """Whether rows at the same place come from the same row, wherever they share a table."""
    first: dict[str, Selection] = {}
    for one in lineages:
        for source in one.sources:
            other = first.setdefault(source, one.selection)
            if other is not one.selection and not _same(other, one.selection):
                return False
    return True


def _same(one: Selection, other: Selection) -> bool:
    if one.numbers is None or other.numbers is None:
        return one.numbers is other.numbers and one.key == other.key
    return one.base == other.base and np.array_equal(one.numbers, other.numbers)


def _once(selections: list[Selection]) -> bool:
    """Whether no row of a table is selected twice, by one or by several."""
    first = selections[0]
    if any(one.base != first.base or one.of != first.of for one in selections):
        return False
    numbers = [np.arange(one.of) if one.numbers is None else one.numbers for one in selections]
    together = np.concatenate(numbers)
    return not together.size or int(np.bincount(together).max()) <= 1
