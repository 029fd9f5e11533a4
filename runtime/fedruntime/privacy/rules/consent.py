"""The rule on what a person has to agree to first."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fedruntime.privacy.policy import Policy
from fedruntime.privacy.rules.rule import Outgoing, Rule, Today


class NeedsConsent(Rule):
    """No statistic of an operation that ``needs_consent`` names, unless a person has agreed.

    By default these are the operations that tell values of cells: extremes, distinct values,
    scores and words, and whatever a function of the script has made.
    """

    name = "needs_consent"
    options = ("needs_consent", "consent")

    def __init__(self, policy: Policy, today: Today) -> None:
        super().__init__(policy, today)
        self._needed: dict[str, bool] = {}

    def objection(self, outgoing: Outgoing) -> str | None:
        name, purpose = outgoing.operation.name, outgoing.purpose
        if name not in self._needed:
            patterns = self.policy.needs_consent
            self._needed[name] = any(fnmatchcase(name, pattern) for pattern in patterns)
        if not self._needed[name]:
            return None
        given = [consent for consent in self.policy.consent if consent.covers(name, purpose)]
        today = self.today()
        if any(consent.holds(today) for consent in given):
            return None
        reveals = outgoing.operation.reveals
        tells = f"tells {reveals}" if reveals else "is made by a function of the script"
        lacking = "is not in force today" if given else "has not been given"
        return f"{tells}, for which a person's consent {lacking}"
