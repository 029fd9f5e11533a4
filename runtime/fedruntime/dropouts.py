"""What is told of parties that vanish: one entry each time who takes part changes, and the category
of the warning that says so. Who takes part is decided elsewhere (``membership``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class DropoutWarning(UserWarning):
    """A party does not take part any more; results are those of the other parties' rows."""


@dataclass(frozen=True)
class Dropout:
    """One change of who takes part.

    Parameters
    ----------
    event : {"missing", "back", "left out"}
        ``left out`` is a party that answers again and still cannot take part.
    party : str
    operation : str
        The registered operation that it was asked for when this was found.
    purpose : str
        On whose behalf, such as ``Ridge.fit``.
    message : int
        How many messages had left parties by then: the position in the ledger.
    parties : tuple of str
        Those who take part from here on.
    reason : str
        Why a party is left out.
    """

    event: Literal["missing", "back", "left out"]
    party: str
    operation: str
    purpose: str
    message: int
    parties: tuple[str, ...]
    reason: str = ""

    @property
    def what(self) -> str:
        """What the party did not do."""
        asked = " of ".join(filter(None, (self.operation and f"{self.operation!r}", self.purpose)))
        return f"{self.party!r} did not answer {asked} (after message {self.message})"

    def __str__(self) -> str:
        rows = f"results equal the pooled results on the rows of {listed(self.parties)}"
        if not self.parties:
            rows = "there are none"
        if self.event == "missing":
            return f"{self.what}; from here on {rows}"
        if self.event == "back":
            return (
                f"{self.party!r} takes part again (after message {self.message}); from here on "
                f"{rows}, except where a value was computed while it was missing"
            )
        return f"{self.party!r} answers again, but stays out: {self.reason}"


def listed(parties: Sequence[str]) -> str:
    """Names for a sentence: ``alice, bob and carol``."""
    *first, last = parties or ["nobody"]
    return f"{', '.join(first)} and {last}" if first else last
