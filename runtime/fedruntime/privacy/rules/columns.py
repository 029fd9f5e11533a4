"""The rule on the columns that a statistic may be made of."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fedruntime.privacy.lineage import Names
from fedruntime.privacy.policy import Policy
from fedruntime.privacy.rules.rule import Outgoing, Rule, Today


class Columns(Rule):
    """No statistic of a column that ``denied_columns`` names, or ``allowed_columns`` does not.

    Nor of anything that was made of such a column, under whatever name. The column may be loaded,
    and dropped before anything else is done to it.
    """

    name = "columns"
    options = ("allowed_columns", "denied_columns")

    def objection(self, outgoing: Outgoing) -> str | None:
        refused = sorted({name for one in outgoing.lineages for name in self._refused(one.columns)})
        if not refused:
            return None
        listed = ", ".join(map(repr, refused[:_SHOWN])) + (", ..." if refused[_SHOWN:] else "")
        return f"is made of columns that may not be used: {listed}"

    def _refused(self, columns: Names) -> list[str]:
        if columns not in self._verdicts:
            self._verdicts[columns] = [name for name in columns if not self._allows(name)]
        return self._verdicts[columns]

    def _allows(self, name: str) -> bool:
        if any(fnmatchcase(name, pattern) for pattern in self.policy.denied_columns):
            return False
        return any(fnmatchcase(name, pattern) for pattern in self.policy.allowed_columns)

    def __init__(self, policy: Policy, today: Today) -> None:
        super().__init__(policy, today)
        self._verdicts: dict[Names, list[str]] = {}


_SHOWN = 3
