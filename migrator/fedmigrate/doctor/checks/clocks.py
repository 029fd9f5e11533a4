"""Whether the clock of this machine can be right: certificates are judged by it, and ledgers have
its times.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from fedmigrate.doctor.finding import Finding, fine, note, problem
from fedmigrate.doctor.subject import Subject, shown

_TOLERANCE = 120.0  # seconds; file systems of other machines have their own clocks


def check(subject: Subject) -> Iterator[Finding]:
    now, late = time.time(), False
    for path in _files(subject):
        ahead = path.stat().st_mtime - now
        if ahead > _TOLERANCE:
            late = True
            yield problem(
                shown(path),
                f"was written {ahead / 60:,.0f} minutes in the future, by this machine's clock",
                "set the clock: let the machine synchronise it by NTP",
            )
    if not late:
        yield fine(
            "this machine", f"its clock says {time.strftime('%Y-%m-%d %H:%M', _utc(now))} UTC"
        )
    if subject.engine not in ("", "local", "processes"):
        yield note("other machines", "their clocks cannot be asked from here", "let them compare")


def _files(subject: Subject) -> Iterator[Path]:
    if subject.script is not None:
        yield subject.script
    for member, settings in subject.readable:
        for path in (member.folder / "party.toml", settings.script, settings.identity):
            if path.is_file():
                yield path


def _utc(now: float) -> time.struct_time:
    return time.gmtime(now)
