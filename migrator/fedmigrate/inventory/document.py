"""The report as JSON: the schema that ``docs/report.md`` describes."""

from __future__ import annotations

from typing import Any

from fedmigrate import __version__
from fedmigrate.inventory import words
from fedmigrate.inventory.values import ObstacleRow, Report, ScriptEntry

SCHEMA_VERSION = 1
"""Raised when a key changes its meaning or goes; new keys do not raise it."""


def as_document(report: Report) -> dict[str, Any]:
    """The report as a JSON-ready dictionary."""
    return {
        "version": SCHEMA_VERSION,
        "fedmigrate": __version__,
        "exit_code": report.exit_code,
        "scripts": {
            "total": len(report.entries),
            "training": report.training,
            **{state.value: count for state, count in report.states.items()},
        },
        "sites": {
            "total": report.sites,
            "converted": dict(report.converted),
            "left": dict(report.left),
            "other": dict(report.other),
        },
        "obstacles": [_obstacle(row) for row in report.obstacles],
        "notes": dict(report.notes),
        "files": [_file(entry) for entry in report.entries],
    }


def _obstacle(row: ObstacleRow) -> dict[str, Any]:
    code = row.obstacle.code
    return {
        "code": code or None,
        "construct": words.construct(row.obstacle),
        "title": words.title(code),
        "next": words.next_step(code),
        "scripts": row.files,
        "sites": row.sites,
        "unlocks": row.unlocks,
    }


def _file(entry: ScriptEntry) -> dict[str, Any]:
    return {
        "path": entry.path,
        "state": entry.state.value,
        "converted": dict(sorted(entry.converted.items())),
        "left": dict(sorted(entry.left.items())),
        "other": dict(sorted(entry.other.items())),
        "notes": dict(sorted(entry.notes.items())),
        "problem": entry.problem or None,
    }
