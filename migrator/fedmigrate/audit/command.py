"""``fedmigrate audit``: arguments as typed in, the answer on standard output or in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click

from fedmigrate.audit.choose import Audit, audit_of
from fedmigrate.audit.document import as_document
from fedmigrate.audit.find import find_ledgers
from fedmigrate.audit.text import as_text
from fedmigrate.errors import UsageError
from fedmigrate.source import write

_ENDINGS = {".html": "html", ".htm": "html", ".json": "json", ".txt": "text"}


def audit_command(
    run: str, format: str | None, output: str | None, every_run: bool, out: IO[str]
) -> int:
    """``fedmigrate audit``; returns the exit code.

    Parameters
    ----------
    run : str
        A federated script, a ledger file, or a folder.
    format : {"text", "json", "html"}, optional
        By default what the output file's name says, else text.
    output : str, optional
        The file to write instead of ``out``.
    every_run : bool
        Whether all runs are told, and not only the last one.
    out : file

    Raises
    ------
    UsageError
        If the script has left no ledger, or the output would replace something else.
    SourceError
        If a file cannot be read or is no ledger.
    """
    if output is not None and Path(output).suffix.lower() not in _ENDINGS:
        raise UsageError(
            f"-o {output}: the answer would replace what is there; name it *.html, *.json or *.txt"
        )
    audits = [audit_of(paths, every_run=every_run) for paths in find_ledgers(Path(run))]
    code = exit_code(audits)
    given = format or _ENDINGS[Path(output).suffix.lower()] if output else format
    answer = _rendered(audits, given or "text", code)
    if output is None:
        out.write(answer)
    else:
        write(Path(output), answer.encode())
        click.echo(f"wrote {output}", err=True)
    return code


def exit_code(audits: Sequence[Audit]) -> int:
    """0 if the record is as it was written and complete; 1 if a person has to look into it."""
    return int(any(audit.faults or audit.unfinished for audit in audits))


def _rendered(audits: Sequence[Audit], format: str, code: int) -> str:
    if format == "json":
        return json.dumps(as_document(audits, code), indent=2) + "\n"
    if format == "html":
        from fedmigrate.audit.page import as_page  # Jinja costs more than most audits

        return as_page(audits)
    return as_text(audits)
