"""The rule on the number of parties in a sum."""

from __future__ import annotations

from fedruntime.messages import Release
from fedruntime.privacy.rules.rule import Outgoing, Rule

_FEWEST = 2


class MinParties(Rule):
    """No sum over fewer parties than ``min_parties``, this one among them.

    A sum without masks is one over a single party, which sends its own part in the clear. What is
    declared to leave in the clear is no sum, and no matter of this rule. That a sum is by default
    over all parties is seen to where keys are agreed.
    """

    name = "min_parties"
    options = ("min_parties",)

    def objection(self, outgoing: Outgoing) -> str | None:
        fewest = self.policy.min_parties or _FEWEST
        if outgoing.release is Release.CLEAR or outgoing.parties >= fewest:
            return None
        return f"would be summed over fewer than {fewest} parties"
