"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """How a finding stands to the run."""

    FINE = "fine"  # checked, and as it should be
    NOTE = "note"  # cannot be known here, or is worth knowing
    PROBLEM = "problem"  # a person has to look into it


@dataclass(frozen=True)
class Finding:
    """One answer of a check.

    Parameters
    ----------
    severity : Severity
    where : str
        A file, a party, an address.
    what : str
        As a sentence without its full stop.
    next : str
        What to do about it; empty if there is nothing to do.
    """

    severity: Severity
    where: str
    what: str
    next: str = ""


def fine(where: str, what: str) -> Finding:
    """A finding that all is well."""
    return Finding(Severity.FINE, where, what)


def note(where: str, what: str, next: str = "") -> Finding:
    """A finding of what is not known, or worth knowing."""
    return Finding(Severity.NOTE, where, what, next)


def problem(where: str, what: str, next: str) -> Finding:
    """A finding that stands in the way of the run."""
    return Finding(Severity.PROBLEM, where, what, next)
