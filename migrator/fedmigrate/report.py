"""What people and programs are told about outcomes: the summary text and its JSON twin."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from fedmigrate.batch import Outcome, Request, Status
from fedmigrate.convert import Conversion
from fedmigrate.diagnostics import CODES, describe
from fedmigrate.errors import SourceError, place
from fedmigrate.plan import Diagnostic, Plan, Site, SiteKind, Verdict
from fedmigrate.source import Source, is_notebook

Place = Callable[[int], str]

JSON_VERSION = 1
_KINDS = {SiteKind.SOURCE: "source", SiteKind.FUNCTION: "function"}
_NOTHING = "nothing to convert: no scikit-learn estimator is fitted on loaded data"
_STATES = {
    Status.CURRENT: "{target} is up to date",
    Status.STALE: "{target} is out of date",
    Status.MISSING: "{target} is missing",
    Status.FEDERATED: "is federated already; left as it is",
}


def summary(outcome: Outcome, *, verbose: bool) -> str:
    """The lines about one script; empty where there is nothing worth saying.

    Parameters
    ----------
    verbose : bool
        Also what was left alone on purpose, and scripts with nothing to convert.
    """
    return "".join(f"{line}\n" for line in _summary(outcome, verbose))


def next_command(outcomes: Sequence[Outcome], request: Request) -> str:
    """What to type next; empty if there is nothing to do."""
    lines = []
    written = [found for found in outcomes if found.status is Status.WRITTEN]
    written = [found for found in written if found.conversion and not found.conversion.is_module]
    if len(written) == 1:
        target = str(written[0].target)
        run = _command("jupyter execute" if is_notebook(target) else "python", [target])
        proof = _command("fedmigrate verify", _pair(written[0]))
        noisy = _has_budget(written[0])
        lines.append(
            f"Next: {run}" + ("" if noisy else f"   and, to compare the two models: {proof}")
        )
    elif written and not any(map(_has_budget, written)):
        verify = _command("fedmigrate verify", [found.path for found in written])
        lines.append(f"Next, to compare each script with its conversion: {verify}")
    behind = [found for found in outcomes if found.status in (Status.STALE, Status.MISSING)]
    for found in behind:
        lines.append(f"Next: {_command('fedmigrate convert', _convert_arguments(found, request))}")
    return "".join(f"{line}\n" for line in lines)


def as_json(outcomes: Sequence[Outcome], code: int) -> dict[str, Any]:
    """The run as a JSON-ready dictionary."""
    return {
        "version": JSON_VERSION,
        "exit_code": code,
        "files": [_file(outcome) for outcome in outcomes],
    }


def _summary(outcome: Outcome, verbose: bool) -> Iterator[str]:
    if outcome.error is not None:
        yield str(outcome.error)
        if isinstance(outcome.error, SourceError):
            yield f"    next: {CODES[outcome.error.code].next_step}"
        return
    sites = outcome.conversion.plan.sites if outcome.conversion is not None else ()
    if (
        outcome.status is Status.NOTHING
        and not outcome.unresolved
        and not (outcome.named or verbose)
    ):
        return
    if outcome.status in (Status.WRITTEN, Status.SHOWN):
        yield f"{outcome.path} -> {outcome.target or 'standard output'}"
    elif outcome.status is Status.NOTHING:
        yield f"{outcome.path}: {_nothing(outcome, sites)}"
    else:
        yield f"{outcome.path}: {_STATES[outcome.status].format(target=outcome.target)}"
        return
    at = _place(outcome)
    shown = [site for site in sites if verbose or site.verdict is not Verdict.FOREIGN]
    rows = [_row(at, site) for site in shown if site.verdict is not Verdict.LEFT]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[3]]).rstrip()
    yield from _notes(at, shown)
    if outcome.conversion is not None:
        yield from _notices(at, outcome.conversion.plan, verbose)
        yield from _shares(outcome.conversion)
    yield from _needs_a_person(at, outcome)


def _place(outcome: Outcome) -> Place:
    """How places in a file are named: by line, in a notebook by cell and line."""
    source = outcome.conversion.source if outcome.conversion is not None else None
    return lambda line: place(outcome.path, *(source.locate(line) if source else (None, line)))


def _nothing(outcome: Outcome, sites: Sequence[Site]) -> str:
    if outcome.conversion is not None and outcome.conversion.source.language != "python":
        return f"nothing to convert: it is written in {outcome.conversion.source.language}"
    left = any(site.verdict is Verdict.LEFT for site in sites)
    return "nothing is converted" if left else _NOTHING


def _row(at: Place, site: Site) -> tuple[str, str, str, str]:
    if site.verdict is Verdict.FOREIGN:
        what = "left alone"
    elif site.exactness is not None:
        what = site.exactness.value
    else:
        what = _KINDS.get(site.kind, site.kind.value)
    return at(site.line), _short(site.subject), what, site.reason


def _notes(at: Place, sites: Sequence[Site]) -> Iterator[str]:
    for site in sites:
        if site.verdict is Verdict.CONVERTED:
            for found in site.diagnostics:
                yield f"{at(found.line)}  {found.code}  {describe(found)}"


def _notices(at: Place, plan: Plan, verbose: bool) -> Iterator[str]:
    for found in plan.notices:
        yield f"{at(found.line)}  {found.code}  {describe(found)}"
    for found in plan.suppressed if verbose else ():
        yield f"{at(found.line)}  {found.code}  suppressed: {describe(found)}"


def _shares(conversion: Conversion) -> Iterator[str]:
    """Who runs which lines, in a vertical federation."""
    shares = conversion.plan.shares
    parties = max((len(share.party) for share in shares), default=0)
    roles = max((len(share.role) for share in shares), default=0)
    for share in shares:
        lines = _ranges(conversion.source, share.lines) or "nothing"
        yield f"{share.party:<{parties}}  {share.role:<{roles}}  runs {lines}"


def _ranges(source: Source, lines: Sequence[int]) -> str:
    """Lines as people are told them: ``lines 3-5, 8``, or by cell in a notebook."""
    by_cell: dict[int | None, list[str]] = {}
    for cell, found in groupby(lines, lambda line: source.locate(line)[0]):
        numbers = [source.locate(line)[1] for line in found]
        for _, run in groupby(enumerate(numbers), lambda entry: entry[1] - entry[0]):
            first, *rest = [number for _, number in run]
            by_cell.setdefault(cell, []).append(f"{first}-{rest[-1]}" if rest else f"{first}")
    return "; ".join(
        (f"cell {cell} " if cell is not None else "")
        + ("line " if len(found) == 1 and "-" not in found[0] else "lines ")
        + ", ".join(found)
        for cell, found in by_cell.items()
    )


def _needs_a_person(at: Place, outcome: Outcome) -> Iterator[str]:
    if not outcome.unresolved:
        return
    count = len(outcome.unresolved)
    yield f"{count} {'place needs' if count == 1 else 'places need'} a person:"
    for site in outcome.unresolved:
        if not site.diagnostics:
            yield f"{at(site.line)}  {_short(site.subject)}  {site.reason}".rstrip()
        for found in site.diagnostics:
            yield f"{at(found.line)}  {found.code}  {describe(found)}"
            yield f"    next: {CODES[found.code].next_step}"


def _has_budget(outcome: Outcome) -> bool:
    """Whether a conversion adds noise, so that it cannot be compared with the original."""
    conversion = outcome.conversion
    return conversion is not None and conversion.plan.options.epsilon is not None


def _short(subject: str) -> str:
    return subject.rpartition(".")[2]


def _pair(outcome: Outcome) -> list[str]:
    from fedmigrate.generated import conversion_path

    usual = conversion_path(Path(outcome.path)) == outcome.target
    return [outcome.path] if usual else [outcome.path, str(outcome.target)]


def _convert_arguments(outcome: Outcome, request: Request) -> list[str]:
    arguments = []
    if outcome.conversion is not None:
        options = outcome.conversion.plan.options
        if options.parties != ("alice", "bob"):
            arguments += ["--parties", ",".join(options.parties)]
        if options.split != "contiguous":
            arguments += ["--split", options.split]
        if options.epsilon is not None:
            arguments += ["--epsilon", f"{options.epsilon:g}"]
        if options.delta is not None:
            arguments += ["--delta", f"{options.delta:g}"]
        if options.vertical is not None:
            arguments += ["--partition", "vertical", "--label-party", options.vertical.label_party]
            arguments += ["--on", ",".join(options.vertical.on)] if options.vertical.on else []
    if request.output is not None:
        arguments += ["-o", request.output]
    return [*arguments, outcome.path]


def _command(name: str, arguments: Sequence[str]) -> str:
    return f"{name} {shlex.join(arguments)}"


def _file(outcome: Outcome) -> dict[str, Any]:
    conversion = outcome.conversion
    found = _plain_file(outcome, conversion)
    return found if conversion is None else _with_cells(found, conversion.source)


def _with_cells(value: Any, source: Source) -> Any:
    """JSON in which every line of a notebook's script comes with its cell and its line there."""
    if isinstance(value, list):
        return [_with_cells(entry, source) for entry in value]
    if not isinstance(value, dict):
        return value
    found = {key: _with_cells(entry, source) for key, entry in value.items()}
    cell, line = source.locate(value["line"]) if "line" in value else (None, None)
    return found if cell is None else found | {"cell": cell, "cell_line": line}


def _plain_file(outcome: Outcome, conversion: Conversion | None) -> dict[str, Any]:
    return {
        "path": outcome.path,
        "status": outcome.status.value,
        "output": str(outcome.target) if outcome.target is not None else None,
        "plan": conversion.plan.to_json() if conversion is not None else None,
        "diagnostics": [
            _finding(found) for found in (conversion.plan.diagnostics if conversion else ())
        ],
        "suppressed": [
            _finding(found) for found in (conversion.plan.suppressed if conversion else ())
        ],
        "error": _error(outcome),
    }


def _finding(found: Diagnostic) -> dict[str, Any]:
    entry = CODES[found.code]
    return {
        "code": found.code,
        "severity": entry.severity.value,
        "line": found.line,
        "column": found.column,
        "message": describe(found),
        "next": entry.next_step,
    }


def _error(outcome: Outcome) -> dict[str, Any] | None:
    error = outcome.error
    if error is None:
        return None
    if isinstance(error, SourceError) and error.cell is not None:
        return {
            "code": error.code,
            "message": error.message,
            "cell": error.cell,
            "cell_line": error.line,
            "column": error.column,
        }
    if isinstance(error, SourceError):
        return {
            "code": error.code,
            "message": error.message,
            "line": error.line,
            "column": error.column,
        }
    return {"code": None, "message": str(error), "line": None, "column": None}
