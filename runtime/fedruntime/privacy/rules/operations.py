"""The rule on the operations that a party takes part in."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fedruntime.messages import Release
from fedruntime.privacy.policy import Policy
from fedruntime.privacy.rules.rule import Outgoing, Rule, Today


class Operations(Rule):
    """No statistic of an operation that ``denied_operations`` names, or ``allowed_operations`` does
    not.

    Patterns are those of operations' names, such as ``metrics.*``. Operations whose result stays
    at the party, or tells facts only, are run unless ``denied_operations`` names them.
    """

    name = "operations"
    options = ("allowed_operations", "denied_operations")
    judges_facts = True

    def __init__(self, policy: Policy, today: Today) -> None:
        super().__init__(policy, today)
        self._verdicts: dict[str, bool] = {}

    def objection(self, outgoing: Outgoing) -> str | None:
        name = outgoing.operation.name
        if name not in self._verdicts:
            tells = outgoing.release is not Release.KEEP and not outgoing.operation.facts
            self._verdicts[name] = self._allows(name, tells)
        return (
            None
            if self._verdicts[name]
            else "is not among the operations that this party takes part in"
        )

    def _allows(self, name: str, tells: bool) -> bool:
        if any(fnmatchcase(name, pattern) for pattern in self.policy.denied_operations):
            return False
        return not tells or any(fnmatchcase(name, one) for one in self.policy.allowed_operations)
