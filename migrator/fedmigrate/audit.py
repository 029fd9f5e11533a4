"""``fedmigrate audit``: what left each party in a run, from the run's ledger.

A ledger is a file of JSON lines that the runtime writes; reading one needs no runtime.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import IO, Any

from fedmigrate.errors import SourceError, UsageError

_MEANINGS = {
    "in the clear": "the coordinator sees this party's own value",
    "masked": "the coordinator learns the sum over the parties and no party's own part",
    "facts": "row counts, column names and dtypes of rows that stayed",
}
_TEXTS = ("party", "purpose", "operation", "protection")
_JSON_VERSION = 1


@dataclass(frozen=True)
class Line:
    """All messages of one party that are alike but for their round.

    Parameters
    ----------
    party, purpose, operation, protection : str
    what : str
        Names and shapes of what left, such as ``gram (30, 30)``.
    messages, bytes : int
    """

    party: str
    purpose: str
    operation: str
    protection: str
    what: str
    messages: int
    bytes: int


def audit_command(run: str, format: str, out: IO[str]) -> int:
    """``fedmigrate audit``; returns the exit code.

    Parameters
    ----------
    run : str
        A federated script, whose last run is meant, or a ledger file.
    format : {"text", "json"}
    out : file
        Where the answer goes.

    Raises
    ------
    UsageError
        If the script has left no ledger.
    SourceError
        If the file cannot be read or is no ledger.
    """
    path = find_ledger(Path(run))
    lines = summarise(read_entries(path))
    out.write(_as_json(path, lines) if format == "json" else _as_text(path, lines))
    return 0


def find_ledger(run: Path) -> Path:
    """The ledger that the runtime leaves beside a script; any other file is a ledger itself.

    Raises
    ------
    UsageError
        If the script has not been run, or keeps its ledger elsewhere.
    """
    if run.suffix not in (".py", ".ipynb"):
        return run
    ledger = run.parent / ".fedmigrate" / f"{run.stem}.ledger.jsonl"
    if not ledger.is_file():
        raise UsageError(
            f"{run} has left no ledger at {ledger}: run it first{_how(run)}, or name the ledger "
            "that its settings name"
        )
    return ledger


def _how(run: Path) -> str:
    if run.suffix == ".py":
        return f" (python {run})"
    return " (where nothing tells its name, a notebook leaves notebook.ledger.jsonl)"


def read_entries(path: Path) -> list[Mapping[str, Any]]:
    """The entries of a ledger.

    Raises
    ------
    SourceError
        FM903 if it cannot be read; FM902 if a line is no entry, with its number.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("FM903", str(path), f"cannot be read as a ledger: {error}") from error
    entries: list[Mapping[str, Any]] = []
    for number, line in enumerate(StringIO(text), start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not _is_entry(entry):
            raise SourceError("FM902", str(path), "is not a ledger of a run", line=number)
        entries.append(entry)
    return entries


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), str) for name in _TEXTS)
        and isinstance(entry.get("bytes"), int)
        and isinstance(entry.get("content"), list)
        and all(map(_is_name_and_shape, entry["content"]))
    )


def _is_name_and_shape(part: Any) -> bool:
    return (
        isinstance(part, list)
        and len(part) == 2
        and isinstance(part[0], str)
        and isinstance(part[1], list)
    )


def summarise(entries: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Messages that are alike as one line each: by party, the most revealing first."""
    alike: dict[tuple[str, str, str, str, str], list[int]] = defaultdict(list)
    for entry in entries:
        what = ", ".join(f"{name}{_shape(shape)}" for name, shape in entry["content"])
        party, purpose, operation, protection = (
            entry[name] for name in ("party", "purpose", "operation", "protection")
        )
        key = (party, purpose, operation, protection, what or _nothing(protection))
        alike[key].append(entry["bytes"])
    lines = [
        Line(party, purpose, operation, protection, what, len(sizes), sum(sizes))
        for (party, purpose, operation, protection, what), sizes in alike.items()
    ]
    parties = list(dict.fromkeys(line.party for line in lines))
    revealing = {protection: place for place, protection in enumerate(_MEANINGS)}
    return sorted(
        lines,
        key=lambda line: (
            parties.index(line.party),
            revealing.get(line.protection, -1),
        ),
    )


def _shape(shape: Sequence[int]) -> str:
    return f" ({', '.join(map(str, shape))})" if shape else ""


def _nothing(protection: str) -> str:
    return "row count, column names, dtypes" if protection == "facts" else "an acknowledgement"


def _as_json(path: Path, lines: Sequence[Line]) -> str:
    answer = {
        "version": _JSON_VERSION,
        "ledger": str(path),
        "messages": [vars(line) for line in lines],
        "totals": _totals(lines),
    }
    return json.dumps(answer, indent=2) + "\n"


def _totals(lines: Sequence[Line]) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {}
    for line in lines:
        total = totals.setdefault(line.party, {"messages": 0, "bytes": 0})
        total["messages"] += line.messages
        total["bytes"] += line.bytes
    return totals


def _as_text(path: Path, lines: Sequence[Line]) -> str:
    return (
        "\n".join([f"What left each party, by {path}", *_paragraphs(lines), *_legend(lines)]) + "\n"
    )


def _paragraphs(lines: Sequence[Line]) -> Iterator[str]:
    head = ("protection", "for", "operation", "messages", "bytes", "what")
    for party, total in _totals(lines).items():
        rows = [head] + [
            (
                line.protection,
                line.purpose or "-",
                line.operation,
                str(line.messages),
                f"{line.bytes:,}",
                line.what,
            )
            for line in lines
            if line.party == party
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        yield ""
        count = total["messages"]
        yield f"{party}: {count} message{'s' * (count != 1)}, {total['bytes']:,} bytes"
        for row in rows:
            cells = (
                cell.rjust(width) if column in (3, 4) else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            yield f"  {'  '.join(cells).rstrip()}"


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    yield ""
    used = {line.protection for line in lines}
    width = max(map(len, _MEANINGS))
    for protection, meaning in _MEANINGS.items():
        if protection in used:
            yield f"{protection.ljust(width)}  {meaning}"
    yield (
        "Nothing else left a party: rows and values that are not listed here were never sent."
        if lines
        else "Nothing left a party."
    )
