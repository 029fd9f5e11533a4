"""From what became of one script to its entry in the report."""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fedmigrate.batch import Outcome, Status
from fedmigrate.errors import SourceError
from fedmigrate.inventory.values import Obstacle, ScriptEntry, State
from fedmigrate.plan import Diagnostic, Plan, Site, SiteKind, Verdict
from fedmigrate.proof import ProofError

_CONSTRUCTS = {
    "FM201": "{name}",
    "FM202": "{name}",
    "FM203": "{name}({parameter}={value})",
    "FM204": "{because}",
    "FM205": "{operation}",
    "FM206": "{function}",
    "FM207": "{construct}",
    "FM208": "subclass of {base}",
    "FM211": "{name}",
    "FM302": "{library}",
    "FM305": "{library}",
}
"""What a finding is about, where scripts that have nothing to do with one another share it; the
facts of the other codes are names that a script gives to its own data."""

_REPORT_IT = "an error of fedmigrate and not of the script: please report it with the script"


def entry_of(path: Path, outcome: Outcome) -> ScriptEntry:
    """The entry of a script that was looked at."""
    name = printable(path)
    if isinstance(outcome.error, ProofError):
        return ScriptEntry(name, State.FAILED, problem=f"ProofError; {_REPORT_IT}")
    if isinstance(outcome.error, SourceError):
        return ScriptEntry(name, State.UNREADABLE, problem=_where(outcome.error))
    if outcome.error is not None:
        return ScriptEntry(name, State.UNREADABLE, problem=str(outcome.error))
    if outcome.status is Status.FEDERATED:
        return ScriptEntry(name, State.FEDERATED)
    if outcome.conversion is None:
        return ScriptEntry(name, State.SKIPPED)
    return _entry_of_plan(name, outcome.conversion.plan)


def crashed(path: Path, error: Exception) -> ScriptEntry:
    """The entry of a script on which the tool failed: where it failed, never on what."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    problem = f"{type(error).__name__}{where}; {_REPORT_IT}"
    return ScriptEntry(printable(path), State.FAILED, problem=problem)


def died(path: Path) -> ScriptEntry:
    """The entry of a script that ended the process that looked at it."""
    problem = f"the process ended without an answer; {_REPORT_IT}"
    return ScriptEntry(printable(path), State.FAILED, problem=problem)


def printable(path: Path) -> str:
    """A path that can be printed anywhere: bytes that are no text are replaced."""
    return os.fsencode(path).decode(sys.getfilesystemencoding(), "replace")


def _entry_of_plan(name: str, plan: Plan) -> ScriptEntry:
    needy = [site for site in plan.sites if site.needs_a_person]
    converted = [site for site in plan.sites if site.verdict is Verdict.CONVERTED]
    other = Counter(
        "accepted" if site.accepted else site.verdict.value
        for site in plan.sites
        if not site.needs_a_person and site.verdict is not Verdict.CONVERTED
    )
    known = [found.code for site in converted for found in site.diagnostics]
    notes = Counter([*known, *(found.code for found in plan.notices)])
    if needy:
        state = State.LEFT
    elif not converted:
        state = State.SKIPPED
    else:
        state = State.NOTES if notes else State.CLEAN
    return ScriptEntry(
        name,
        state,
        converted=Counter(map(_heading, converted)),
        left=Counter(_first_code(site) for site in needy),
        other=other,
        obstacles=_obstacles(needy),
        notes=notes,
    )


def _heading(site: Site) -> str:
    if site.kind is SiteKind.ESTIMATOR and site.exactness is not None:
        return site.exactness.value
    return site.kind.value


def _first_code(site: Site) -> str:
    return site.diagnostics[0].code if site.diagnostics else ""


def _obstacles(sites: Iterable[Site]) -> Counter[Obstacle]:
    found: Counter[Obstacle] = Counter()
    for site in sites:
        stands = {_obstacle(diagnostic) for diagnostic in site.diagnostics}
        found.update(stands or {Obstacle("", site.reason)})
    return found


def _obstacle(found: Diagnostic) -> Obstacle:
    return Obstacle(found.code, _CONSTRUCTS.get(found.code, "").format_map(found.facts))


def _where(error: SourceError) -> str:
    """The error without its excerpt, and without the path, which the report names anyway."""
    at = (("cell", error.cell), ("line", error.line), ("column", error.column))
    parts = [f"{name} {number}" for name, number in at if number is not None]
    return f"{error.code} {error.message}" + (f" ({', '.join(parts)})" if parts else "")
