"""The rule on how many choices of rows statistics may be of."""

from __future__ import annotations

from collections import defaultdict

from fedruntime.privacy.policy import Policy
from fedruntime.privacy.rules.rule import Outgoing, Rule, Today


class MaxSubsets(Rule):
    """No statistics of more than ``max_subsets`` different choices of rows of what was loaded once.

    Of many that overlap, equations for single rows can be made. The same rows count once, however
    they were chosen.
    """

    name = "max_subsets"
    options = ("max_subsets",)

    def __init__(self, policy: Policy, today: Today) -> None:
        super().__init__(policy, today)
        self._seen: defaultdict[str, set[bytes]] = defaultdict(set)

    def objection(self, outgoing: Outgoing) -> str | None:
        most = self.policy.max_subsets
        for lineage in outgoing.lineages:
            for source in lineage.sources:
                seen = self._seen[source]
                if len(seen) >= most and lineage.selection.key not in seen:
                    return f"would be of more than {most} different choices of rows of one table"
        return None

    def let_out(self, outgoing: Outgoing) -> None:
        for lineage in outgoing.lineages:
            for source in lineage.sources:
                self._seen[source].add(lineage.selection.key)
