"""The rule against differences of sums over nearly the same rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from fedruntime.privacy.lineage import Selection, Times
from fedruntime.privacy.policy import Policy
from fedruntime.privacy.rules.rule import Outgoing, Rule, Today


class MinDifference(Rule):
    """No statistic of rows that differ in fewer than ``min_difference`` rows from others of the
    same table, of which one has left.

    The difference of the two would be a statistic of these few rows.
    """

    name = "min_difference"
    options = ("min_difference",)

    def __init__(self, policy: Policy, today: Today) -> None:
        super().__init__(policy, today)
        self._seen: defaultdict[tuple[str, bytes], dict[bytes, Times]] = defaultdict(dict)

    def objection(self, outgoing: Outgoing) -> str | None:
        fewest = self.policy.min_difference
        for selection, seen in self._of_tables(outgoing):
            if selection.key in seen:
                continue
            times = selection.times
            if any(0 < np.count_nonzero(times != other) < fewest for other in seen.values()):
                return (
                    f"is of rows that differ in fewer than {fewest} rows from others of which a "
                    "statistic has left"
                )
        return None

    def let_out(self, outgoing: Outgoing) -> None:
        most = self.policy.max_subsets  # no more are let out, unless the policy is only reported
        for selection, seen in self._of_tables(outgoing):
            if selection.key not in seen and len(seen) < most:
                seen[selection.key] = selection.times

    def _of_tables(self, outgoing: Outgoing) -> Iterator[tuple[Selection, dict[bytes, Times]]]:
        """The rows of each table that a statistic is of, and those that others were of."""
        for lineage in outgoing.lineages:
            for source in lineage.sources:
                yield lineage.selection, self._seen[source, lineage.selection.base]
