"""``fedmigrate doctor``: arguments as typed in, all findings on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fedmigrate.doctor.checks import checks
from fedmigrate.doctor.finding import Finding, Severity
from fedmigrate.doctor.subject import subject_at

_MARKS = {Severity.FINE: "ok", Severity.NOTE: "note", Severity.PROBLEM: "PROBLEM"}


def doctor_command(subject: str, *, as_json: bool, timeout: float) -> int:
    """``fedmigrate doctor``; returns the exit code.

    Parameters
    ----------
    subject : str
        A federated script, or the folder of a party or of a deployment.
    as_json : bool
        Whether findings are JSON.
    timeout : float
        Seconds to wait for an address.

    Raises
    ------
    UsageError
        If there is nothing to examine.
    """
    examined = subject_at(Path(subject), timeout)
    found = {name: list(check(examined)) for name, check in checks().items()}
    problems = sum(
        finding.severity is Severity.PROBLEM for entries in found.values() for finding in entries
    )
    code = int(problems > 0)
    if as_json:
        click.echo(json.dumps(_document(found, code), indent=2))
        return code
    for name, entries in found.items():
        for finding in entries:
            click.echo(_line(name, finding))
    click.echo(_conclusion(problems))
    return code


def _document(found: dict[str, list[Finding]], code: int) -> dict[str, object]:
    return {
        "exit_code": code,
        "findings": [
            {
                "check": name,
                "severity": finding.severity.value,
                "where": finding.where,
                "what": finding.what,
                "next": finding.next,
            }
            for name, entries in found.items()
            for finding in entries
        ],
    }


def _line(name: str, finding: Finding) -> str:
    line = f"{_MARKS[finding.severity]:8}{name}: {finding.where}: {finding.what}"
    return f"{line}\n{'':8}{finding.next}" if finding.next else line


def _conclusion(problems: int) -> str:
    if problems == 0:
        return "nothing was found that stands in the way of a run"
    return "1 problem" if problems == 1 else f"{problems} problems"
