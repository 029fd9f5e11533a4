"""What the parts of a report are called, in text and on the page alike."""

from __future__ import annotations

from fedmigrate.diagnostics import CODES
from fedmigrate.inventory.values import Obstacle, State

STATES = {
    State.CLEAN: "converted",
    State.NOTES: "converted, with notes",
    State.LEFT: "needs a person",
    State.UNREADABLE: "cannot be read",
    State.FAILED: "error of fedmigrate",
    State.FEDERATED: "federated already",
    State.SKIPPED: "nothing to convert",
}

CONVERTED = {
    "exact": "exact estimators",
    "equivalent": "equivalent estimators",
    "statistical": "statistical estimators",
    "approximate": "approximate estimators",
    "estimator": "estimators whose parameters decide when they run",
    "source": "sources of data",
    "function": "functions",
    "model": "models handed over",
    "stack": "columns stacked",
    "join": "tables of parties joined",
    "operation": "operations",
    "reveal": "shown rows",
    "module": "imports of converted modules",
}

OTHER = {
    "foreign": "other libraries' or the user's own, left alone",
    "public": "fitted on data that the script makes itself",
    "dropped": "dropped, as was asked",
    "accepted": "left, and accepted by the script or its project",
}


def title(code: str) -> str:
    """What a diagnostic says in a few words; empty for a site that has none."""
    return CODES[code].title.removeprefix("left: ") if code else ""


def next_step(code: str) -> str:
    """What to do about a diagnostic."""
    return CODES[code].next_step if code else ""


def construct(obstacle: Obstacle) -> str:
    """What stands in the way."""
    return obstacle.construct or title(obstacle.code)


def blocked(unlocks: int) -> str:
    """What comes of an obstacle's being gone."""
    return f"{unlocks} more {'script' if unlocks == 1 else 'scripts'}" if unlocks else "-"
