"""What the catalogue says of one estimator as the script constructs it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fedmigrate.analysis.findings import Construction, Findings
from fedmigrate.analysis.values import (
    Constant,
    Estimator,
    Foreign,
    Instance,
    Subclassed,
    Value,
)
from fedmigrate.catalog.entry import Entry
from fedmigrate.catalog.estimators import ESTIMATORS
from fedmigrate.catalog.functions import PERMUTED_WITHIN
from fedmigrate.plan import Exactness

_CAREFUL_FIRST = (
    None,
    Exactness.REFUSED,
    Exactness.APPROXIMATE,
    Exactness.STATISTICAL,
    Exactness.EQUIVALENT,
    Exactness.EXACT,
)
_NOTICES = {
    Exactness.EQUIVALENT: "FM101",
    Exactness.STATISTICAL: "FM102",
    Exactness.APPROXIMATE: "FM103",
}
MAX_NESTING = 8
_CHOICE = re.compile(r"[a-z][a-z_+-]{0,24}[0-9]?")

NOT_FOLLOWED = "it comes from where the tool cannot look"
LOADED = "it is loaded from a file: its class is unknown"


@dataclass(frozen=True)
class Finding:
    """A diagnostic without its place."""

    code: str
    facts: dict[str, str]


@dataclass(frozen=True)
class Assessment:
    """How exact an estimator's federated fit is, and what stands against converting it.

    ``exactness`` is None where the tool knows too little to name one. ``notices`` are for people
    to know, ``obstacles`` keep it from being converted.
    """

    exactness: Exactness | None
    reason: str
    notices: tuple[Finding, ...] = ()
    obstacles: tuple[Finding, ...] = ()


def assess(findings: Findings, value: Value, depth: int = MAX_NESTING) -> Assessment:
    """What becomes of a value that is fitted, or that is part of something fitted."""
    if isinstance(value, Subclassed):
        obstacle = Finding("FM208", {"name": value.name, "base": value.base})
        return _left(f"{value.name} is a subclass of {value.base} in the script", obstacle)
    if isinstance(value, Foreign):
        return _left("of another library", Finding("FM202", {"name": value.name}))
    if isinstance(value, Instance):
        return _left("a class of the script", Finding("FM202", {"name": value.node.name}))
    if not isinstance(value, Estimator) or not depth:
        return _left("its class is not known", untold("a step", NOT_FOLLOWED))
    entry = ESTIMATORS.get(value.name)
    if entry is None:
        return _left("not supported yet", Finding("FM202", {"name": value.name}))
    if entry.exactness is Exactness.REFUSED:
        facts = {"name": value.name, "reason": entry.how, "instead": entry.instead}
        return _left(entry.how, Finding("FM201", facts), Exactness.REFUSED)
    made = findings.constructions.get(value, Construction())
    own = assess_parameters(value.name, entry, made)
    if not entry.parts:
        return own
    parts = [assess(findings, part, depth - 1) for part in made.parts]
    return combine([own, *parts])


def untold(receiver: str, because: str) -> Finding:
    """The finding that it is not known what something is."""
    return Finding("FM204", {"receiver": receiver, "because": because})


def permuted(name: str) -> Assessment:
    """The assessment of a function that permutes values."""
    notice = Finding(_NOTICES[Exactness.STATISTICAL], {"name": name, "reason": PERMUTED_WITHIN})
    return Assessment(Exactness.STATISTICAL, PERMUTED_WITHIN, (notice,))


def combine(assessments: list[Assessment]) -> Assessment:
    """The assessment of something that is only as good as its worst part."""
    worst = min(
        assessments,
        key=lambda found: (not found.obstacles, _CAREFUL_FIRST.index(found.exactness)),
    )
    return Assessment(
        worst.exactness,
        worst.reason,
        _unique([finding for found in assessments for finding in found.notices]),
        _unique([finding for found in assessments for finding in found.obstacles]),
    )


def _left(reason: str, obstacle: Finding, exactness: Exactness | None = None) -> Assessment:
    return Assessment(exactness, reason, obstacles=(obstacle,))


def assess_parameters(name: str, entry: Entry, made: Construction) -> Assessment:
    """What the parameters that a script gives make of an estimator."""
    exactness, how = entry.exactness, entry.how
    notices: list[Finding] = []
    obstacles: list[Finding] = []
    for parameter, constants in made.parameters.items():
        levels: list[tuple[Exactness, str]] = []
        for constant in constants:
            supported = entry.refuses.get(parameter)
            if supported is not None and constant not in supported:
                facts = {
                    "name": name,
                    "parameter": parameter,
                    "value": _shown(constant),
                    "reason": "supported: " + ", ".join(map(repr, supported)),
                }
                obstacles.append(Finding("FM203", facts))
                continue
            levels.append(
                entry.by_parameter.get((parameter, constant), (exactness, how))  # type: ignore[arg-type]
            )
        exactness, how = min(
            levels or [(exactness, how)], key=lambda level: _CAREFUL_FIRST.index(level[0])
        )
    for parameter in sorted(made.built_with):
        supported = entry.refuses[parameter]
        facts = {
            "name": name,
            "parameter": parameter,
            "value": "an estimator",
            "reason": "supported: " + ", ".join(map(repr, supported)),
        }
        obstacles.append(Finding("FM203", facts))
    if exactness in _NOTICES:
        notices.append(Finding(_NOTICES[exactness], {"name": name, "reason": how}))
    if obstacles:
        facts = obstacles[0].facts
        reason = f"{facts['parameter']}={facts['value']} is not supported"
        return Assessment(Exactness.REFUSED, reason, obstacles=tuple(obstacles))
    return Assessment(exactness, how, tuple(notices))


def _shown(constant: Constant) -> str:
    """A parameter's value; a text only if it looks like a choice, as it may hold anything."""
    if isinstance(constant, str | bytes):
        is_choice = isinstance(constant, str) and _CHOICE.fullmatch(constant)
        return repr(constant) if is_choice else "a text"
    return repr(constant)


def _unique(findings: list[Finding]) -> tuple[Finding, ...]:
    kept: list[Finding] = []
    for finding in findings:
        if finding not in kept:
            kept.append(finding)
    return tuple(kept)
