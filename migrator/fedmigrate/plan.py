"""The migration plan: every site of a script, its verdict and its reason, as values.

A plan is what analysis decides and what rules, reports and reviews draw from. It goes to JSON
and back without loss. Nothing here reads source text or decides anything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fedmigrate.source import Span


class Exactness(str, Enum):
    """How near the federated fit comes to the pooled one (DESIGN: exactness classes)."""

    EXACT = "exact"
    EQUIVALENT = "equivalent"
    STATISTICAL = "statistical"
    APPROXIMATE = "approximate"
    REFUSED = "refused"


class SiteKind(str, Enum):
    """What a place in the source is."""

    SOURCE = "source"  # an expression that yields rows: becomes fed.load(...)
    ESTIMATOR = "estimator"  # the construction of an estimator fitted on rows: wrapped in FLModel
    FUNCTION = "function"  # a whole-data function: its import moves to fedruntime
    MODEL = "model"  # a fitted model that a library is given: it gets the plain estimator
    JOIN = "join"  # tables that are joined: `fed.align` joins those of several parties
    STACK = "stack"  # `np.c_[...]` of rows: becomes the function that does the same
    OPERATION = "operation"  # a pandas, numpy or other operation on rows that handles cannot carry
    REVEAL = "reveal"  # would show rows to the coordinator
    MODULE = "module"  # an import of a module of the project whose conversion takes its place


class Verdict(str, Enum):
    CONVERTED = "converted"
    LEFT = "left"  # left as it was; a person has to act
    DROPPED = "dropped"  # taken out, because the user asked for it
    PUBLIC = "public"  # fitted on data that the script makes itself, and known to all: stays
    FOREIGN = "foreign"  # another library's or the user's own; left alone on purpose


@dataclass(frozen=True)
class Diagnostic:
    """A finding at one place: a code of ``diagnostics.CODES`` and the facts for its message."""

    code: str
    line: int
    column: int
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Site:
    """A place in the source that must change, or that was looked at and left.

    Parameters
    ----------
    kind, verdict
        What it is and what happens to it.
    subject : str
        The resolved qualified name, such as ``sklearn.linear_model.Ridge``; ``?`` if unknown.
    span : Span
        The expression a rule edits: the whole call for a source, the constructor call (or the
        receiver, where the constructor cannot be traced) for an estimator, the function's name
        expression for a function, the whole expression otherwise.
    line, column : int
        1-based position of the span, in characters.
    exactness : Exactness, optional
        For estimators: the class that the parameters known in the source lead to.
    reason : str
        One clause for people: how exactness is reached, or why the site was left.
    diagnostics : tuple of Diagnostic
    accepted : bool
        Whether the script, or its project, accepts everything that was found here.
    party : str, optional
        For sources of a vertical federation that are one party's alone: that party.
    """

    kind: SiteKind
    verdict: Verdict
    subject: str
    span: Span
    line: int
    column: int
    exactness: Exactness | None = None
    reason: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    accepted: bool = False
    party: str | None = None

    @property
    def needs_a_person(self) -> bool:
        return self.verdict is Verdict.LEFT and not self.accepted


@dataclass(frozen=True)
class Vertical:
    """That parties have other columns of the same rows, and how these are put together.

    Parameters
    ----------
    label_party : str
        Who has the label.
    on : tuple of str
        The columns by which rows are matched; none where all tables have the same rows in the same
        order.
    columns : tuple of (str, str)
        Column and party, as far as the federation's settings tell; where they tell of any, all
        others lie at the label party.
    """

    label_party: str
    on: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Options:
    """What the user chose for a conversion.

    ``ignore`` holds codes that are not reported; with ``drop_displays`` statements that only show
    rows are taken out; with ``epsilon`` the script runs under a privacy budget; with ``vertical``
    parties have other columns of the same rows, and else other rows of the same columns.
    """

    parties: tuple[str, ...] = ("alice", "bob")
    split: str = "contiguous"
    ignore: tuple[str, ...] = ()
    drop_displays: bool = False
    epsilon: float | None = None
    delta: float | None = None
    vertical: Vertical | None = None


@dataclass(frozen=True)
class Share:
    """What one party of a vertical federation, or its coordinator, has to do.

    Parameters
    ----------
    party : str
    role : {"client", "label holder", "aggregator"}
        A client has columns; the label holder has the label, and may have columns; the aggregator
        puts together what the others compute.
    lines : tuple of int
        The statements of the script that run there, by their first lines.
    """

    party: str
    role: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """All sites of one script, in source order, and the options they were planned with.

    ``notices`` are findings that belong to no site, ``suppressed`` those that the script or its
    project accepts; ``shares`` say who runs what in a vertical federation.
    """

    path: str
    sha256: str
    options: Options
    sites: tuple[Site, ...]
    label: str | None = None  # the column that is y, where `split="label_skew"` needs it
    notices: tuple[Diagnostic, ...] = ()
    suppressed: tuple[Diagnostic, ...] = ()
    shares: tuple[Share, ...] = ()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return (*(found for site in self.sites for found in site.diagnostics), *self.notices)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dictionary; ``from_json`` gives an equal plan back.

        What only vertical federations have is left out for others.
        """
        plain: dict[str, Any] = _plain(dataclasses.asdict(self))
        if self.options.vertical is None:
            del plain["options"]["vertical"], plain["shares"]
            for site in plain["sites"]:
                del site["party"]
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        return cls(
            path=data["path"],
            sha256=data["sha256"],
            options=Options(
                tuple(data["options"]["parties"]),
                data["options"]["split"],
                tuple(data["options"]["ignore"]),
                data["options"]["drop_displays"],
                data["options"]["epsilon"],
                data["options"]["delta"],
                _vertical(data["options"].get("vertical")),
            ),
            sites=tuple(_site(site) for site in data["sites"]),
            label=data["label"],
            notices=tuple(_diagnostic(found) for found in data["notices"]),
            suppressed=tuple(_diagnostic(found) for found in data["suppressed"]),
            shares=tuple(
                Share(share["party"], share["role"], tuple(share["lines"]))
                for share in data.get("shares", ())
            ),
        )


def _vertical(data: Mapping[str, Any] | None) -> Vertical | None:
    if data is None:
        return None
    columns = tuple((column, party) for column, party in data["columns"])
    return Vertical(data["label_party"], tuple(data["on"]), columns)


def _site(data: Mapping[str, Any]) -> Site:
    return Site(
        kind=SiteKind(data["kind"]),
        verdict=Verdict(data["verdict"]),
        subject=data["subject"],
        span=Span(data["span"]["start"], data["span"]["end"]),
        line=data["line"],
        column=data["column"],
        exactness=Exactness(data["exactness"]) if data["exactness"] else None,
        reason=data["reason"],
        diagnostics=tuple(_diagnostic(found) for found in data["diagnostics"]),
        accepted=data["accepted"],
        party=data.get("party"),
    )


def _diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(data["code"], data["line"], data["column"], data["facts"])


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
