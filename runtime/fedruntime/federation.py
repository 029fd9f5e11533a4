"""The federation that a script works with: its devices, and loading at its parties."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from fedruntime.data.load import load
from fedruntime.devices import PYU, SPU
from fedruntime.errors import BudgetError
from fedruntime.exchange import Exchange
from fedruntime.privacy.remarks import PolicyReport
from fedruntime.vertical.loading import load_columns


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
