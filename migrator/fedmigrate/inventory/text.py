"""The report as text: tables for a terminal, and the same without colour for a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from fedmigrate.inventory import words
from fedmigrate.inventory.values import Report, ScriptEntry, State

_UNLIMITED = 10_000
"""Columns of a console that never breaks a line: a pipe has no width."""

_SILENT = {State.SKIPPED, State.FEDERATED}
_MOST_OBSTACLES = 20


def as_text(report: Report, width: int | None = None, encoding: str = "utf-8") -> str:
    """The report, ending in a newline.

    Parameters
    ----------
    width : int, optional
        Columns of the terminal, which is then given colours; none for a pipe or a file.
    encoding : str
        Of where it is printed; what it cannot hold is replaced.
    """
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding, errors="replace", write_through=True)
    console = Console(
        file=stream,
        width=width or _UNLIMITED,
        force_terminal=width is not None,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for part in _parts(report):
        console.print(part)
    text = buffer.getvalue().decode(encoding)
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(lines) + "\n"


def _parts(report: Report) -> Iterable[Table | str]:
    yield _headline(report)
    counts = ((words.STATES[state], count) for state, count in report.states.items() if count)
    yield _counts("scripts", [*counts, ("in all", len(report.entries))])
    if report.sites:
        yield _counts("sites", [*_sites(report), ("in all", report.sites)])
    if report.obstacles:
        yield _obstacles(report)
    if report.notes:
        yield _notes(report.notes)
    shown = [entry for entry in report.entries if entry.state not in _SILENT]
    if shown:
        yield _scripts(shown)


def _headline(report: Report) -> str:
    fine = report.states[State.CLEAN] + report.states[State.NOTES]
    if not report.training:
        return "No script holds anything to convert."
    return f"{fine} of {report.training} scripts with something to convert migrate as they are."


def _sites(report: Report) -> Iterable[tuple[str, int]]:
    for name, count in report.converted.items():
        yield f"converted: {words.CONVERTED[name]}", count
    for code, count in report.left.items():
        yield f"left: {code} {words.title(code)}".rstrip(), count
    for name, count in report.other.items():
        yield words.OTHER[name], count


def _counts(what: str, rows: Iterable[tuple[str, int]]) -> Table:
    table = _table()
    table.add_column(what)
    table.add_column("count", justify="right")
    for name, count in rows:
        table.add_row(name, str(count))
    return table


def _obstacles(report: Report) -> Table:
    rest = len(report.obstacles) - _MOST_OBSTACLES
    table = _table(f"and {rest} more, all of them in JSON and HTML" if rest > 0 else None)
    table.add_column("stands in the way", overflow="fold")
    table.add_column("code", no_wrap=True)
    table.add_column("scripts", justify="right")
    table.add_column("sites", justify="right")
    table.add_column("solving it would unlock", justify="right")
    for row in report.obstacles[:_MOST_OBSTACLES]:
        table.add_row(
            words.construct(row.obstacle),
            row.obstacle.code,
            str(row.files),
            str(row.sites),
            words.blocked(row.unlocks),
        )
    return table


def _notes(notes: Mapping[str, int]) -> Table:
    table = _table()
    table.add_column("notes on what is converted")
    table.add_column("code", no_wrap=True)
    table.add_column("count", justify="right")
    for code, count in notes.items():
        table.add_row(words.title(code), code, str(count))
    return table


def _scripts(entries: Iterable[ScriptEntry]) -> Table:
    table = _table()
    table.add_column("script", overflow="fold")
    table.add_column("what becomes of it")
    table.add_column("converted", justify="right")
    table.add_column("left", justify="right")
    table.add_column("why", overflow="fold")
    for entry in entries:
        why = entry.problem or ", ".join(filter(None, sorted(entry.left or entry.notes)))
        table.add_row(
            entry.path,
            words.STATES[entry.state],
            str(sum(entry.converted.values())),
            str(sum(entry.left.values())),
            why,
        )
    return table


def _table(caption: str | None = None) -> Table:
    return Table(box=box.SIMPLE_HEAD, caption=caption, caption_justify="left", pad_edge=False)
