"""The status of a run as ``status.json`` has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from fedmigrate.run.state import RunState

FORMAT = 1


@dataclass(frozen=True)
class About:
    """What a run is known by, whatever becomes of it.

    Parameters
    ----------
    script : str
    script_sha256 : str
        In hexadecimal.
    engine : str, optional
        That was asked for instead of the settings' one.
    resumed : bool
        Whether it goes on with an interrupted run.
    process : int
        That watches it.
    """

    script: str
    script_sha256: str
    engine: str | None
    resumed: bool
    process: int


def as_status(about: About, state: RunState) -> dict[str, Any]:
    """Values of JSON."""
    return {
        "format": FORMAT,
        "state": state.state,
        "exit_code": state.exit_code,
        "error": state.error,
        "script": about.script,
        "script_sha256": about.script_sha256,
        "engine": state.engine or about.engine,
        "engine_asked_for": about.engine,
        "simulated": state.simulated,
        "resumed": about.resumed,
        "process": about.process,
        "began": _written(state.began),
        "last_event": _written(state.last),
        "rounds": state.rounds,
        "bytes": {"to_parties": state.sent, "from_parties": state.received},
        "parties": {
            name: {
                "present": party.present,
                "rounds": party.rounds,
                "dropouts": party.dropouts,
                "bytes": {"to": party.sent, "from": party.received},
                "seconds_per_answer": party.pace,
            }
            for name, party in state.parties.items()
        },
        "checkpoint": state.checkpoint,
    }


def _written(time: float | None) -> str | None:
    if time is None:
        return None
    return datetime.fromtimestamp(time, timezone.utc).isoformat(timespec="milliseconds")
