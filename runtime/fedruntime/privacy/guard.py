"""A party's policy at work: it follows what becomes of rows, asks every rule before a statistic
leaves, and refuses, or notes what it would have refused where the policy is only reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fedruntime.errors import PolicyError
from fedruntime.messages import Release, Request
from fedruntime.operations import Operation
from fedruntime.privacy.lineage import Call, Lineage, derive, lineage_of_source, references
from fedruntime.privacy.policy import Policy
from fedruntime.privacy.policy_file import own_policy
from fedruntime.privacy.rules import RULES, Outgoing, Rule, Today


class Guard:
    """What one party has loaded, what was made of it, and what its policy says to that.

    Parameters
    ----------
    policy : Policy, optional
        By default the one that the party's environment names.
    enforce : bool
        Whether an objection is a refusal.
    today : callable
        Gives the date, for consents that end.
    """

    def __init__(
        self, policy: Policy | None = None, *, enforce: bool = True, today: Today = date.today
    ) -> None:
        self.policy = own_policy() if policy is None else policy
        self.enforce = enforce
        rules = tuple(rule(self.policy, today) for rule in RULES)
        self._before = tuple(rule for rule in rules if not rule.needs_statistics)
        self._after = tuple(rule for rule in rules if rule.needs_statistics)
        self._remembering = tuple(rule for rule in rules if type(rule).let_out is not Rule.let_out)
        self._always = tuple(rule for rule in self._before if rule.judges_facts)
        self._lineages: dict[str, Lineage] = {}

    # -- rows that stay ---------------------------------------------------------------------

    def placed(self, name: str, rows: Any) -> None:
        """Rows are kept that nobody had to load."""
        self._lineages[name] = lineage_of_source(name, rows)

    def kept(
        self, request: Request, operation: Operation, arguments: Mapping[str, Any], result: Any
    ) -> None:
        """The result of a row operation is kept."""
        call = Call(operation, request.arguments, arguments, result, self._lineages)
        self._lineages[request.keep_as] = derive(call)

    def forget(self, name: str) -> None:
        """Rows are kept no longer."""
        self._lineages.pop(name, None)

    def lineage(self, name: str) -> Lineage:
        """What the rows of a name were made from."""
        return self._lineages[name]

    # -- what leaves ------------------------------------------------------------------------

    def begin(self, request: Request, operation: Operation, parties: int) -> Outgoing:
        """Judge a request before anything is computed.

        Parameters
        ----------
        request : Request
        operation : Operation
        parties : int
            Over how many a sum is at least; 1 for what leaves by itself.

        Raises
        ------
        PolicyError
            If a rule objects and the policy is enforced.
        """
        lineages = tuple([self._lineages[ref.name] for ref in references(request.arguments)])
        outgoing = Outgoing(
            operation,
            request.release,
            request.purpose,
            lineages,
            parties,
            request.noise is not None,
        )
        tells = request.release is not Release.KEEP and not operation.facts
        self._judge(outgoing, self._before if tells else self._always)
        return outgoing

    def finish(
        self, outgoing: Outgoing, arguments: Mapping[str, Any], statistics: Mapping[str, Any]
    ) -> None:
        """Judge what was computed, and take notice that it leaves; errors as those of ``begin``."""
        if outgoing.operation.facts:
            return
        outgoing.arguments, outgoing.statistics = arguments, statistics
        self._judge(outgoing, self._after)
        for rule in self._remembering:
            rule.let_out(outgoing)

    def _judge(self, outgoing: Outgoing, rules: tuple[Rule, ...]) -> None:
        for rule in rules:
            objection = rule.objection(outgoing)
            if objection is None:
                continue
            if self.enforce:
                behalf = f" for {outgoing.purpose}" if outgoing.purpose else ""
                raise PolicyError(
                    f"rule {rule.name!r} of its policy refuses {outgoing.operation.name!r}"
                    f"{behalf}: it {objection}; nothing of it has left"
                )
            outgoing.remarks.append((rule.name, objection))
