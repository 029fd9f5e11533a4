"""What a solver sees of a fit whose columns lie at several parties: the same sums as elsewhere,
each computed across columns in the way that is registered for it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from fedruntime.checkpoint import digest_of
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.operations import Operation
from fedruntime.vertical import statistics
from fedruntime.vertical.aligned import Aligned

Across = Callable[..., dict[str, Array]]
AcrossRows = Callable[..., "Handle | Aligned"]
_ACROSS: dict[str, Across] = {}
_ROWS_ACROSS: dict[str, AcrossRows] = {}


def across(operation: Operation) -> Callable[[Across], Across]:
    """Register how a statistic of all columns is computed: ``(cohort, **public) -> arrays``."""

    def register(function: Across) -> Across:
        _ACROSS[operation.name] = function
        return function

    return register


def across_rows(operation: Operation) -> Callable[[AcrossRows], AcrossRows]:
    """Register how rows are made of all columns, where not column by column in the same way:
    ``(cohort, **public) -> rows``."""

    def register(function: AcrossRows) -> AcrossRows:
        _ROWS_ACROSS[operation.name] = function
        return function

    return register


@cache
def registered_across() -> Mapping[str, Across]:
    """What is registered, by the operation's name; found by its file being in ``statistics``."""
    for module in pkgutil.iter_modules(statistics.__path__, f"{statistics.__name__}."):
        importlib.import_module(module.name)
    return _ACROSS


class AlignedCohort(Cohort):
    """The rows of one fit, of which parties hold other columns.

    Parameters are those of ``Cohort``; ``X`` is an ``Aligned``.
    """

    has_hessians = False
    reveal = "logits"  # what may be told of rows: linear predictors, or "none" of them

    @property
    def X(self) -> Aligned:
        """The columns."""
        columns: Any = self.rows["X"]
        assert isinstance(columns, Aligned)
        return columns

    def sum(self, operation: Operation, /, **public: Any) -> dict[str, Array]:
        """The statistics of the rows, as if one party had all columns."""
        if self._concerns_columns(operation):
            return self._across(operation)(self, **public)
        return super().sum(operation, **public)

    def derive(self, operation: Operation, /, **public: Any) -> Handle:
        """New rows, made column by column."""
        return self.derive_together(rows=(operation, public))["rows"]

    def derive_together(
        self, **operations: tuple[Operation, Mapping[str, Any]]
    ) -> dict[str, Handle]:
        """New rows of several kinds, made column by column."""
        return {
            name: self._derived(operation, public)
            for name, (operation, public) in operations.items()
        }

    def _derived(self, operation: Operation, public: Mapping[str, Any]) -> Any:
        """Rows made of rows; the same ones for the same, so that they are masked once."""
        arguments = self._arguments(operation, public)
        made, key = self.X.products, digest_of([operation.name, _named(arguments)])
        if key not in made:
            registered_across()
            if not self._concerns_columns(operation):
                made[key] = super().derive(operation, **public)
            elif operation.name in _ROWS_ACROSS:
                made[key] = _ROWS_ACROSS[operation.name](self, **public)
            elif any(isinstance(value, Handle) for value in arguments.values()):
                raise self._refusal(operation)
            else:
                made[key] = self.X.each(
                    lambda block: self.federation.map(
                        operation, purpose=self.purpose, **{**arguments, "X": block}
                    )
                )
        return made[key]

    def _each(self, operation: Operation, public: Any) -> dict[str, dict[str, Array]]:
        if self._concerns_columns(operation):
            raise self._refusal(operation)
        return super()._each(operation, public)

    def replace(self, **rows: Handle | None) -> Cohort:
        """The same fit on other rows."""
        return self._made({**self.rows, **rows}, self.purpose)

    def only(self, **rows: Handle | None) -> Cohort:
        """The same fit on these rows alone."""
        return self._made(rows, self.purpose)

    def named(self, purpose: str) -> Cohort:
        """The same rows on behalf of a part of the fit."""
        return self._made(self.rows, purpose)

    def _made(self, rows: Mapping[str, Handle | None], purpose: str) -> AlignedCohort:
        made = AlignedCohort(self.federation, self.aggregator, rows, purpose)
        made.reveal = self.reveal
        return made

    def _concerns_columns(self, operation: Operation) -> bool:
        return "X" in operation.parameters and isinstance(self.rows.get("X"), Aligned)

    def _across(self, operation: Operation) -> Across:
        found = registered_across().get(operation.name)
        if found is None:
            raise self._refusal(operation)
        return found

    def _refusal(self, operation: Operation) -> UnsupportedError:
        return UnsupportedError(
            f"{self.purpose} needs {operation.name!r} of all columns, which has no counterpart "
            "where these lie at several parties"
        )


def _named(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by which rows that were made are known again: rows by their name."""
    return {
        name: value.ref.name if isinstance(value, Handle) else value
        for name, value in arguments.items()
        if not isinstance(value, Aligned)
    }
