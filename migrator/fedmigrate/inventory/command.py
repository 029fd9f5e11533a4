"""``fedmigrate report``: arguments as typed in, the report on standard output or on a page."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from fedmigrate.batch import STDIN
from fedmigrate.errors import UsageError
from fedmigrate.inventory.collect import collect
from fedmigrate.inventory.document import as_document
from fedmigrate.inventory.progress import ProgressBar
from fedmigrate.inventory.text import as_text
from fedmigrate.source import write

_PAGES = (".html", ".htm")


def report_command(paths: tuple[str, ...], format: str, page: str | None, jobs: int | None) -> int:
    """``fedmigrate report``; returns the exit code.

    Raises
    ------
    UsageError
        Before anything is read, if the arguments do not fit together.
    """
    if STDIN in paths:
        raise UsageError("report looks at files and folders, not at standard input")
    if page is not None and Path(page).suffix.lower() not in _PAGES:
        raise UsageError(f"--html {page}: the page would replace what is there; name it *.html")
    with ProgressBar() as progress:
        report = collect(map(Path, paths), jobs or os.cpu_count() or 1, progress)
    if page is not None:
        from fedmigrate.inventory.page import as_page  # Jinja costs more than most reports

        write(Path(page), as_page(report).encode())
        click.echo(f"wrote {page}", err=True)
    if format == "json":
        click.echo(json.dumps(as_document(report), indent=2))
    else:
        click.echo(as_text(report, _width(), sys.stdout.encoding), nl=False)
    return report.exit_code


def _width() -> int | None:
    """Columns of the terminal that standard output is, or None."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None
