"""What the commands do: arguments as typed in, printed answers out.

Standard output carries code, patches, tables and JSON only; everything said to people about a run
goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from fedmigrate.batch import UNNAMED, Mode, Outcome, Request, Status, exit_code, run
from fedmigrate.configuration import check_key, check_parties
from fedmigrate.errors import UsageError
from fedmigrate.partition import AUTO, Choice, Partition

_FINE = {Status.CURRENT, Status.NOTHING, Status.FEDERATED}
_HEADINGS = ("diff ", "copy ", "--- ", "+++ ")
_COLOURS = dict.fromkeys(_HEADINGS) | {"@@": "cyan", "+": "green", "-": "red"}


def convert_command(
    paths: tuple[str, ...],
    *,
    output: str | None,
    diff: bool,
    check: bool,
    parties: str | None,
    split: str | None,
    partition: str | None,
    label_party: str | None,
    on: str | None,
    drop_displays: bool,
    epsilon: float | None,
    delta: float | None,
    stdin_name: str | None,
    format: str,
    verbose: bool,
) -> int:
    """``fedmigrate convert``; returns the exit code."""
    prints_code = output == "-" or (paths == ("-",) and output is None)
    if diff and check:
        raise UsageError("--diff and --check exclude each other")
    if format == "json" and (diff or prints_code):
        raise UsageError("--format json and code or a patch would share standard output")
    mode = Mode.CHECK if check else Mode.SHOW if diff else Mode.WRITE
    names = parse_parties(parties) if parties is not None else None
    if delta is not None and epsilon is None and not check:
        raise UsageError("--delta belongs to a privacy budget: give --epsilon as well")
    key = check_key((name.strip() for name in on.split(",")), "--on") if on is not None else None
    choice = Choice(Partition(partition, label_party, key))
    if partition == AUTO:
        from fedmigrate.auto import choose

        choice = choose(paths, label_party, key, names)
    request = Request(
        paths,
        mode,
        names,
        split,
        drop_displays or None,
        output,
        stdin_name,
        epsilon=epsilon,
        delta=delta,
        partition=choice.partition,
    )
    outcomes: list[Outcome] = []
    for outcome in run(request, sys.stdin.buffer):
        outcomes.append(outcome)
        if diff:
            _print_patch(outcome)
        elif prints_code:
            _print_code(outcome)
        if format == "text":
            _say(outcome, mode, verbose)
    code = max(exit_code(outcomes, mode), int(choice.open))
    _conclude(outcomes, request, code, format)
    return code


def explain_command(code: str | None) -> int:
    """``fedmigrate explain``; returns the exit code."""
    from fedmigrate.diagnostics import CODES, find_code, long_form

    if code is None:
        for entry in CODES.values():
            click.echo(f"{entry.code}  {entry.severity.value:<8} {entry.title}")
    else:
        click.echo(long_form(find_code(code)), nl=False)
    return 0


def estimators_command(format: str) -> int:
    """``fedmigrate estimators``; returns the exit code."""
    from fedmigrate.support import render_table, support_rows

    click.echo(render_table(support_rows(), format), nl=False)
    return 0


def parse_parties(text: str) -> tuple[str, ...]:
    """Party names from ``alice,bob``.

    Raises
    ------
    SettingsError
        Naming the first one that is empty, malformed or there twice.
    """
    return check_parties((name.strip() for name in text.split(",")), "--parties")


def _say(outcome: Outcome, mode: Mode, verbose: bool) -> None:
    if mode is Mode.CHECK and outcome.status in _FINE and not verbose:
        return
    from fedmigrate.report import summary

    click.echo(summary(outcome, verbose=verbose), err=True, nl=False)


def _conclude(outcomes: list[Outcome], request: Request, code: int, format: str) -> None:
    if format == "json":
        from fedmigrate.report import as_json

        click.echo(json.dumps(as_json(outcomes, code), indent=2))
    elif any(outcome.status not in _FINE for outcome in outcomes):
        from fedmigrate.report import next_command

        click.echo(next_command(outcomes, request), err=True, nl=False)


def _print_code(outcome: Outcome) -> None:
    if outcome.conversion is not None:
        stream = sys.stdout.buffer
        stream.write(outcome.conversion.data)
        stream.flush()


def _print_patch(outcome: Outcome) -> None:
    if outcome.status is not Status.SHOWN or outcome.conversion is None:
        return
    from fedmigrate.generated import conversion_path
    from fedmigrate.patch import patch

    conversion = outcome.conversion
    script = Path("stdin.py" if outcome.path == UNNAMED else outcome.path)
    target = outcome.target or conversion_path(script)
    before = conversion.source.encode(conversion.source.original)
    data = patch(script, target, before, conversion.data)
    stream = sys.stdout.buffer
    if stream.isatty() and "NO_COLOR" not in os.environ:
        encoding = conversion.source.encoding
        for line in data.split(b"\n")[:-1]:
            click.echo(_coloured(line.decode(encoding, "replace")), color=True)
    else:
        stream.write(data)
        stream.flush()


def _coloured(line: str) -> str:
    for start, colour in _COLOURS.items():
        if line.startswith(start):
            return click.style(line, fg=colour, bold=start in _HEADINGS)
    return line
