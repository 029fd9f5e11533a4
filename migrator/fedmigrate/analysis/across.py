"""What the catalogue says of estimators and functions where parties have other columns of the same
rows: whatever stands against a horizontal conversion stands against this one, too.
"""

from __future__ import annotations

from dataclasses import replace

from fedmigrate.analysis.assessment import (
    MAX_NESTING,
    Assessment,
    Finding,
    assess,
    assess_parameters,
    combine,
)
from fedmigrate.analysis.findings import Construction, Findings
from fedmigrate.analysis.values import Estimator, Value
from fedmigrate.catalog.entry import Entry
from fedmigrate.catalog.estimators import ESTIMATORS
from fedmigrate.catalog.vertical import (
    AT_LABEL,
    BY_EVERYONE,
    ESTIMATORS_ACROSS,
    LABEL_ESTIMATORS,
    TELLS_ROWS,
    Across,
    Where,
)
from fedmigrate.plan import Diagnostic, Exactness, Site, SiteKind, Verdict

_NO_COUNTERPART = "it has no counterpart across columns"
_BY_COLUMN = "scikit-learn's own fit of each column, at the party that has it"


def across_of(name: str) -> Across | None:
    """How an estimator is fitted across columns; None where it has no such fit."""
    return ESTIMATORS_ACROSS.get(name) or LABEL_ESTIMATORS.get(name)


def assess_across(findings: Findings, value: Value, depth: int = MAX_NESTING) -> Assessment:
    """What becomes of a value that is fitted on columns of several parties."""
    entry = ESTIMATORS.get(value.name) if isinstance(value, Estimator) else None
    if not isinstance(value, Estimator) or entry is None or not depth:
        return assess(findings, value, depth)
    if entry.exactness is Exactness.REFUSED:
        return assess(findings, value)
    across = across_of(value.name)
    if across is None:
        obstacle = Finding("FM211", {"name": value.name})
        return Assessment(Exactness.REFUSED, _NO_COUNTERPART, obstacles=(obstacle,))
    made = findings.constructions.get(value, Construction())
    own = assess_parameters(value.name, _across_columns(entry, across), made)
    if across.reveals and not own.obstacles:
        told = Finding("FM141", {"name": value.name, "reason": across.reveals})
        own = replace(own, notices=(*own.notices, told))
    parts = made.parts if entry.parts else ()
    return combine([own, *(assess_across(findings, part, depth - 1) for part in parts)])


def _across_columns(entry: Entry, across: Across) -> Entry:
    """What the catalogue would say of the estimator if it knew only of fits across columns."""
    entry = replace(entry, refuses={**entry.refuses, **across.parameters})
    if across.where is not Where.COLUMNS:
        return entry
    return replace(entry, exactness=Exactness.EXACT, how=_BY_COLUMN, by_parameter={})


def across_functions(site: Site) -> Site:
    """A function's site with what it reveals, left where it has no counterpart across columns."""
    if site.kind is not SiteKind.FUNCTION or site.verdict is not Verdict.CONVERTED:
        return site
    if site.subject in AT_LABEL | BY_EVERYONE or site.subject.startswith("pandas."):
        reason = TELLS_ROWS.get(site.subject)
        return site if reason is None else _with(site, "FM141", reason=reason)
    found = _with(site, "FM211")
    return replace(found, verdict=Verdict.LEFT, reason=_NO_COUNTERPART)


def _with(site: Site, code: str, **facts: str) -> Site:
    found = Diagnostic(code, site.line, site.column, {"name": site.subject, **facts})
    return replace(site, diagnostics=(*site.diagnostics, found))
