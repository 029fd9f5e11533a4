"""The federation that a script works with: its devices, and loading at its parties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from fedruntime.data.load import load
from fedruntime.devices import PYU, SPU
from fedruntime.errors import BudgetError, SettingsError
from fedruntime.exchange import Exchange
from fedruntime.privacy.remarks import PolicyReport
from fedruntime.vertical.aligned_frame import AlignedFrame
from fedruntime.vertical.joining import align
from fedruntime.vertical.loading import load_columns, load_tables


class Federation(Exchange):
    """The parties of one script; ``init`` opens it. Parameters are those of ``Exchange``."""

    def __repr__(self) -> str:
        missing = [party for party in self.all_parties if party not in self.parties]
        without = f"; {', '.join(missing)} missing" if missing else ""
        return f"<Federation of {', '.join(self.all_parties)}{without}>"

    @property
    def devices(self) -> list[PYU]:
        """One device a party, in pooling order."""
        return [PYU(party) for party in self.all_parties]

    @property
    def spu(self) -> SPU:
        """All parties together."""
        return SPU({"nodes": [{"party": party} for party in self.all_parties]})

    def spending(self, parts: float) -> AbstractContextManager[None]:
        """Let each operation inside a ``with`` block take so many parts of the privacy budget.

        Parameters
        ----------
        parts : float
            Of the budget's ``parts``; see ``PrivacyBudget``.

        Raises
        ------
        BudgetError
            If the federation has no privacy budget.
        """
        if self.budget is None:
            raise BudgetError("there is no privacy budget to take parts of: init(budget=...)")
        return self.budget.taking(parts)

    def policy_report(self) -> PolicyReport:
        """What the parties' policies would have refused so far, had they been enforced."""
        return PolicyReport.of(self.ledger)

    def load(self, loader: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Load rows at the parties and give handles to them; see ``fedruntime.data.load``."""
        run = load_columns if self.settings.partition == "vertical" else load
        return self.attempt(lambda: run(self, loader, args, kwargs), (args, kwargs))

    def load_at(self, party: str, loader: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Load a table at one party of a vertical federation; ``align`` joins it with others'."""
        return load_tables(self, [self._party(party)], loader, args, kwargs)[party]

    def align(
        self, tables: Any, on: str | Sequence[str] | None = None, *, how: str = "inner"
    ) -> AlignedFrame:
        """Match the rows of parties that have other columns of them.

        Parameters
        ----------
        tables : what ``load`` gave, or sequence of what ``load_at`` gave
        on : str or sequence of str, optional
            The columns that every party knows its rows by. They are matched by private set
            intersection and taken out of the tables. Without them all tables are taken to have
            the same rows in the same order.
        how : {"inner"}
            Which rows are kept: those that all parties have.

        Returns
        -------
        AlignedFrame
            In the order of the label party's rows.

        Raises
        ------
        UnsupportedError
            For another join: rows that a party lacks would have to be told to it.
        DataError
            If keys are missing, stand in two rows, or no row is at all parties; or if two parties
            have a column of the same name.
        """
        return self.attempt(lambda: align(self, tables, on, how), tables)

    def _party(self, name: str) -> str:
        if name not in self.all_parties:
            raise SettingsError(f"{name!r} is none of {', '.join(self.all_parties)}")
        return name
