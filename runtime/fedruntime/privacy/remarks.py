"""What the parties' policies would have refused in a run that only reports them, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fedruntime.privacy.ledger import Entry


@dataclass(frozen=True)
class Remark:
    """One objection of a party's policy, and how often it was raised.

    Parameters
    ----------
    party : str
    rule : str
        The rule's name, such as ``min_rows``.
    operation : str
        The statistic that left although the rule objects to it.
    purpose : str
        On whose behalf it was asked.
    objection : str
    times : int
    """

    party: str
    rule: str
    operation: str
    purpose: str
    objection: str
    times: int

    def __str__(self) -> str:
        often = "" if self.times == 1 else f" ({self.times} times)"
        behalf = f" for {self.purpose}" if self.purpose else ""
        return f"{self.party}: {self.rule}: {self.operation}{behalf} {self.objection}{often}"


@dataclass(frozen=True)
class PolicyReport:
    """All remarks of a run, in the order in which they were first made."""

    remarks: tuple[Remark, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> PolicyReport:
        """From the entries of a ledger."""
        found = Counter(
            (entry.party, rule, entry.operation, entry.purpose, objection)
            for entry in entries
            for rule, objection in entry.remarks
        )
        return cls(tuple(Remark(*raised, times) for raised, times in found.items()))

    def __len__(self) -> int:
        return len(self.remarks)

    def __iter__(self) -> Iterator[Remark]:
        return iter(self.remarks)

    def __str__(self) -> str:
        if not self.remarks:
            return "The parties' policies have no objection."
        return "\n".join(
            ["With their policies enforced, parties would have refused:", *map(str, self.remarks)]
        )
