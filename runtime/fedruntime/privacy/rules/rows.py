"""The rule on the number of rows behind a statistic."""

from __future__ import annotations

from fedruntime.privacy.rules.rule import Outgoing, Rule


class MinRows(Rule):
    """No statistic of fewer rows than ``min_rows``: a table, a fold, or the rows of a class.

    Of no rows at all there is nothing to protect.
    """

    name = "min_rows"
    options = ("min_rows",)

    def objection(self, outgoing: Outgoing) -> str | None:
        fewest = self.policy.min_rows
        for lineage in outgoing.lineages:
            if 0 < lineage.rows < fewest and lineage.sources:
                return f"is made of fewer than {fewest} rows"
        return None
