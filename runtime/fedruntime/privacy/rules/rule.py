"""What a rule of a policy is: it looks at one statistic that is about to leave a party, and may
object. Rules of the same shape lie beside this file, one a file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from fedruntime.messages import Release
from fedruntime.operations import Operation
from fedruntime.privacy.lineage import Lineage
from fedruntime.privacy.policy import Policy

Today = Callable[[], date]


@dataclass
class Outgoing:
    """A statistic on its way out of a party.

    Parameters
    ----------
    operation : Operation
    release : Release
    purpose : str
        On whose behalf it is asked, such as ``Ridge.fit``.
    lineages : tuple of Lineage
        Of the rows that it is made of.
    parties : int
        Over how many parties it is summed at least; 1 for what leaves in the clear by itself.
    noised : bool
        Whether it gets the noise of a privacy budget.
    statistics : mapping
        By name, once they are there.
    arguments : mapping
        What the operation was called with.
    remarks : list of (str, str)
        Names of rules, and what they object to, where the policy is not enforced.
    """

    operation: Operation
    release: Release
    purpose: str
    lineages: tuple[Lineage, ...]
    parties: int
    noised: bool = False
    statistics: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    remarks: list[tuple[str, str]] = field(default_factory=list)


class Rule(ABC):
    """One rule at one party; the docstring of a subclass is its text in the documentation.

    Parameters
    ----------
    policy : Policy
    today : callable
        Gives the date.
    """

    name: ClassVar[str]  # in refusals: the policy's option, or the first of several
    options: ClassVar[tuple[str, ...]]  # of the policy that it reads
    needs_statistics: ClassVar[bool] = False  # else it is asked before anything is computed
    judges_facts: ClassVar[bool] = False  # and results that stay: else statistics alone

    def __init__(self, policy: Policy, today: Today) -> None:
        self.policy = policy
        self.today = today

    @abstractmethod
    def objection(self, outgoing: Outgoing) -> str | None:
        """Why the statistic may not leave, with the limit and never a value; None if it may."""

    def let_out(self, outgoing: Outgoing) -> None:  # noqa: B027 - most rules remember nothing
        """Take notice that a statistic has left."""
