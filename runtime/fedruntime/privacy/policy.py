"""A party's policy as a value: its limits, their defaults and checks.

What the limits mean is in ``rules``, one file each; how a policy is read from a file is
``policy_file``, and who holds it against a request is ``guard``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from fedruntime.errors import SettingsError

REPORT, ENFORCE = "report", "enforce"

NEEDS_CONSENT = (
    "across.boosting_edges",
    "across.boosting_histograms",
    "across.boosting_paths",
    "across.boosting_sides",
    "across.chosen",
    "across.nearest",
    "across.scores",
    "across.upper_layers",
    "calibration.largest",
    "categories.distinct",
    "columns.extremes",
    "columns.magnitudes",
    "columns.maxima",
    "columns.minima",
    "device.value",
    "dict_vectorizer.names",
    "groups.extremes",
    "groups.first",
    "metrics.distinct_scores",
    "metrics.largest_error",
    "model_selection.group_counts",
    "multi_label_binarizer.labels",
    "rows.extremes",
    "rows.first",
    "rows.time_format",
    "spu.reveal",
    "terms.distinct",
)
"""Operations that tell values of cells, or that a function of the script has made."""


@dataclass(frozen=True)
class Consent:
    """That a person at a party has agreed to something.

    Parameters
    ----------
    operation : str
        Name or pattern of the operations, such as ``rows.extremes``.
    by : str
        Who has agreed.
    given : date
        From this day on it holds.
    until : date, optional
        The last day on which it holds; by default there is none.
    purpose : str
        On whose behalf, such as ``MinMaxScaler.fit``; a pattern, by default any.
    """

    operation: str
    by: str
    given: date
    until: date | None = None
    purpose: str = "*"

    def __post_init__(self) -> None:
        for name in ("operation", "by", "purpose"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise SettingsError(f"consent: {name} = {value!r} is not a text")
        for name in ("given", "until"):
            value = getattr(self, name)
            if (value is None and name == "until") or _is_day(value):
                continue
            raise SettingsError(f"consent: {name} = {value!r} is not a date such as 2026-01-31")

    def covers(self, operation: str, purpose: str) -> bool:
        return fnmatchcase(operation, self.operation) and fnmatchcase(purpose, self.purpose)

    def holds(self, today: date) -> bool:
        return self.given <= today and (self.until is None or today <= self.until)


@dataclass(frozen=True)
class Policy:
    """What a party lets out. Defaults follow the practice of DataSHIELD and vantage6.

    Parameters
    ----------
    min_rows : int
        The fewest rows that a statistic may be made of.
    min_parties : int, optional
        Over how many parties a sum has to be, this one among them. By default all that the party
        knows the identity of: where a sum may be over fewer, the difference of two sums may be
        one party's own statistic. Two is the least that hides it from the coordinator; only from
        three on is it hidden from the other parties, who can each subtract their own. Sums
        without masks are over one.
    min_cell : int
        The fewest rows, if any, in a category or cell of a table of counts.
    max_ratio : float
        How many numbers a statistic may have for each row that it is made of.
    allowed_columns, denied_columns : tuple of str
        Patterns of the names of loaded columns; columns of arrays are named by position.
    allowed_operations, denied_operations : tuple of str
        Patterns of the names of operations.
    max_rounds : int
        How many statistics of one loaded table may leave.
    max_subsets : int
        Of how many different choices of its rows.
    min_difference : int
        In how many rows, if in any, two such choices have to differ.
    needs_consent : tuple of str
        Patterns of the names of operations that a person has to agree to.
    consent : tuple of Consent
        What persons have agreed to.

    Raises
    ------
    SettingsError
        For a value that does not fit.
    """

    min_rows: int = 10
    min_parties: int | None = None
    min_cell: int = 3
    max_ratio: float = 1 / 3
    allowed_columns: tuple[str, ...] = ("*",)
    denied_columns: tuple[str, ...] = ()
    allowed_operations: tuple[str, ...] = ("*",)
    denied_operations: tuple[str, ...] = ()
    max_rounds: int = 10_000
    max_subsets: int = 100
    min_difference: int = 3
    needs_consent: tuple[str, ...] = NEEDS_CONSENT
    consent: tuple[Consent, ...] = ()

    def __post_init__(self) -> None:
        for name in _LIMITS:
            value = getattr(self, name)
            if value is None and name == "min_parties":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise SettingsError(f"{name} = {value!r} is not a whole number from 1 on")
        ratio = self.max_ratio
        if not isinstance(ratio, int | float) or isinstance(ratio, bool) or not ratio > 0:
            raise SettingsError(f"max_ratio = {ratio!r} is not a number above 0")
        for name in _PATTERNS:
            object.__setattr__(self, name, _patterns(name, getattr(self, name)))
        if not all(isinstance(entry, Consent) for entry in self.consent):
            raise SettingsError(f"consent = {self.consent!r} is not a list of consents")
        object.__setattr__(self, "consent", tuple(self.consent))


_LIMITS = ("min_rows", "min_parties", "min_cell", "max_rounds", "max_subsets", "min_difference")
_PATTERNS = (
    "allowed_columns",
    "denied_columns",
    "allowed_operations",
    "denied_operations",
    "needs_consent",
)


@dataclass(frozen=True)
class Policies:
    """The policies of simulated parties, and whether they are enforced.

    Parameters
    ----------
    mode : {"report", "enforce"}
        Whether what a policy does not let out is noted, or refused.
    default : Policy
    own : tuple of (str, Policy)
        Of parties that have one of their own.
    """

    mode: str = REPORT
    default: Policy = field(default_factory=Policy)
    own: tuple[tuple[str, Policy], ...] = ()

    def of(self, party: str) -> Policy:
        return dict(self.own).get(party, self.default)


def _patterns(name: str, value: Any) -> tuple[str, ...]:
    listed = isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value)
    if not listed:
        raise SettingsError(f"{name} = {value!r} is not a list of names or patterns")
    return tuple(value)


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
