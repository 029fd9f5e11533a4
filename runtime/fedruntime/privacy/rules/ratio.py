"""The rule on how many numbers may be told of how many rows."""

from __future__ import annotations

import numpy as np

from fedruntime.privacy.rules.rule import Outgoing, Rule


class MaxRatio(Rule):
    """No statistic with more numbers than ``max_ratio`` times the rows that it is made of.

    Of nearly as many numbers as there are values, rows can be worked out again.
    """

    name = "max_ratio"
    options = ("max_ratio",)
    needs_statistics = True

    def objection(self, outgoing: Outgoing) -> str | None:
        rows = min([one.rows for one in outgoing.lineages if one.sources], default=0)
        if not rows:
            return None
        numbers = sum([np.size(value) for value in outgoing.statistics.values()])
        if numbers <= max(1.0, self.policy.max_ratio * rows):
            return None
        return (
            f"has {numbers} numbers, more than {self.policy.max_ratio:.3g} times the rows that it "
            "is made of"
        )
