"""What the audit says, in the words of someone who answers for the data and does not program."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from fedmigrate.audit.privacy import Spent
from fedmigrate.audit.read import Run

if TYPE_CHECKING:
    from fedmigrate.audit.summarise import Row

MASKED = ("masked", "noised, masked")
FACTS = "facts"
FAILURE = "failure"

# The most revealing first. A protection that is not known here comes before all of them.
MEANINGS = {
    "in the clear": "the coordinator reads this party's own values",
    "noised, in the clear": "the coordinator reads this party's own values, with noise added",
    FAILURE: "the operation failed or was refused here; what leaves is why, as the runtime puts it",
    "masked": "the coordinator reads the sum over the parties, and no party's own part of it",
    "noised, masked": "the coordinator reads the sum over the parties, with noise added",
    FACTS: "row counts, column names and dtypes of rows that stayed",
    "mask shares": "what takes the masks off one sum over those who answered; tells nothing else",
    "sealed": "what only the party that it is for can open; shares of keys tell nothing of rows",
    "public keys": "what parties agree on masks with; tells nothing of rows",
    "acknowledgement": "that an instruction has arrived; nothing else",
}
UNKNOWN = "not known to this version of the audit: ask what it means"

SECTIONS = {
    "left": "What left each party",
    "known": "Who knows what",
    "changes": "Who was missing",
    "remarks": "What the parties' policies object to",
    "privacy": "Privacy budget",
}

SEAL = "keep it elsewhere, to be able to tell later that nothing was changed"

OBJECTIONS = {
    "reported": "Policies were reported and not enforced: with them enforced, a party would have "
    "refused this, and nothing of it would have left.",
    "enforced": "Policies were enforced.",
    "": "The party's policy reports and does not enforce.",
}
NO_OBJECTION = "The parties' policies have no objection."
NOTHING_ELSE = "By this record nothing else left a party: what is not listed here was never sent."


def meaning(protection: str) -> str:
    return MEANINGS.get(protection, UNKNOWN)


def place(protection: str) -> int:
    """Where a protection stands among the others, the most revealing first."""
    return list(MEANINGS).index(protection) if protection in MEANINGS else -1


def value_count(row: Row) -> str:
    """How many values a message has; keys and shares are no values of anyone's."""
    counts = place(row.protection) < place(FACTS) and row.values[1]
    return bounds(*row.values) if counts else "-"


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: ``alice, bob and carol``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def bounds(least: int, most: int, noun: str = "") -> str:
    """One number, or the range from the smallest to the largest."""
    number = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{number} {noun}{'' if most == 1 else 's'}" if noun else number


def moment(iso: str) -> str:
    """A time as people write it, to the second; the runtime notes it in UTC."""
    day, _, time = iso.removesuffix("+00:00").partition("T")
    return f"{day} {time.partition('.')[0]} UTC" if time else iso


def kept_by(run: Run) -> str:
    owner = run.head["owner"]
    return "the coordinator, for all parties" if owner == "coordinator" else f"{owner}, for itself"


def ending(run: Run) -> str:
    if run.close is not None:
        return f"properly, {moment(run.close['ended'])}"
    return (
        f"not properly: there is no closing line after line {run.last_line}. The run is still "
        "going on, was killed, or its last lines have been removed"
    )


def change(fields: dict[str, object]) -> str:
    """What became of a party, in a sentence."""
    party, others = fields["party"], fields["parties"]
    assert isinstance(others, list)
    after = f"after message {fields['message']}"
    if fields["event"] == "missing":
        asked = f"{fields['operation']} for {fields['purpose']}".strip()
        return (
            f"{party} did not answer {asked} ({after}); from there on results are those of the "
            f"rows of {listed(others) if others else 'nobody'}"
        )
    if fields["event"] == "back":
        return f"{party} took part again ({after})"
    return f"{party} answered again and stayed out ({after}): {fields['reason']}"


def privacy(spent: Spent) -> list[str]:
    """What noise has cost, in sentences."""
    said = []
    if spent.budget is not None:
        share = 100 * (spent.share or 0.0)
        said.append(
            f"All runs together may use epsilon {spent.budget:g} at delta {spent.delta:g}; this "
            f"one has used {share:.0f} % of that in {counted(spent.releases, 'release')}."
        )
    else:
        said.append(f"Noise was added to {counted(spent.releases, 'release')} of each party.")
    if spent.epsilon:
        said.append(f"By itself this run amounts to epsilon {spent.epsilon:.3g}.")
    return said


def objections(run: Run) -> str:
    """What the objections of a policy have come to."""
    return OBJECTIONS.get(run.head.get("policy") or "", OBJECTIONS[""])


def by_protection(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Rows that stand in the order of their protections, under these."""
    return [(name, list(same)) for name, same in groupby(rows, key=lambda row: row.protection)]


def shade(protection: str) -> str:
    """The class of a protection on the page."""
    if place(protection) <= place(FAILURE):
        return "open"
    return "masked" if protection in MASKED else "other"
