"""The rule on how many statistics of one table may leave."""

from __future__ import annotations

from collections import Counter

from fedruntime.privacy.policy import Policy
from fedruntime.privacy.rules.rule import Outgoing, Rule, Today


class MaxRounds(Rule):
    """No more than ``max_rounds`` statistics of what was loaded once."""

    name = "max_rounds"
    options = ("max_rounds",)

    def __init__(self, policy: Policy, today: Today) -> None:
        super().__init__(policy, today)
        self._rounds: Counter[str] = Counter()

    def objection(self, outgoing: Outgoing) -> str | None:
        most = self.policy.max_rounds
        for lineage in outgoing.lineages:
            for source in lineage.sources:
                if self._rounds[source] >= most:
                    return f"would be more than {most} statistics of one table"
        return None

    def let_out(self, outgoing: Outgoing) -> None:
        for source in {source for one in outgoing.lineages for source in one.sources}:
            self._rounds[source] += 1
