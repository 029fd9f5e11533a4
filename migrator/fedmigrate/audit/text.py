"""An audit as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedmigrate.audit import words
from fedmigrate.audit.choose import Audit
from fedmigrate.audit.summarise import Leaving, Row, Summary

_HEAD = ("for", "what", "messages", "values each", "bytes")
_NUMBERS = (2, 3, 4)
_ABOUT = 44  # characters of a description in a table; the page has all of it


def as_text(audits: Sequence[Audit]) -> str:
    """All runs asked for, and what is wrong with their files."""
    lines = [_printable(line) for audit in audits for line in _audit(audit)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _printable(line: str) -> str:
    """A line without what a terminal would take for a command: a ledger's texts are not ours."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in line)


def _audit(audit: Audit) -> Iterator[str]:
    for record in audit.records:
        for fault in record.faults:
            yield f"{record.path}:{fault.line}: this line {fault.text}"
    if audit.faults:
        yield "The record is not as it was written: what follows is what is there now."
        yield ""
    for summary in audit.summaries:
        yield from _run(audit, summary)


def _run(audit: Audit, summary: Summary) -> Iterator[str]:
    run = summary.run
    yield f"What left each party: {audit.name}, run of {words.moment(run.head['began'])}"
    yield ""
    about = {
        "parties": f"{', '.join(run.head['parties'])} ({run.head['mode']})",
        "record": f"{audit.path_of(run)}, kept by {words.kept_by(run)}",
        "chain": f"{words.counted(len(audit.faults), 'fault')}" if audit.faults else "intact",
        "ended": words.ending(run),
        "seal": f"{run.seal} ({words.SEAL})",
    }
    for name, value in about.items():
        yield f"  {name:<8} {value}"
    for same in summary.leaving:
        yield ""
        yield from _party(same)
    if not summary.leaving:
        yield ""
        yield "Nothing left a party."
    yield from _section("known", _known(summary))
    yield from _section("changes", summary.changes)
    yield from _section("remarks", _remarks(summary))
    yield from _section("privacy", _privacy(summary))
    if summary.leaving:
        yield ""
        yield words.NOTHING_ELSE
    yield ""


def _section(name: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{words.SECTIONS[name]}"
        yield from (f"  {line}" for line in lines)


def _party(same: Leaving) -> Iterator[str]:
    each = ", each" if len(same.parties) > 1 else ""
    yield (
        f"{words.listed(same.parties)}{each}: {words.counted(same.messages, 'message')}, "
        f"{words.bounds(*same.bytes)} bytes"
    )
    rows = same.together
    table = _table([_HEAD, *map(_cells, rows)], _NUMBERS)
    yield f"  {table[0]}"
    lines = iter(table[1:])
    for protection, alike in words.by_protection(rows):
        yield f"  {protection}: {words.meaning(protection)}"
        yield from (f"  {next(lines)}" for _ in alike)


def _cells(row: Row) -> tuple[str, ...]:
    what = row.what or row.operation
    if len(what) > _ABOUT:
        what = what[: _ABOUT - 3].rstrip() + "..."
    return (
        f"  {row.purpose or '-'}",
        what,
        f"{row.messages:,}",
        words.value_count(row),
        words.bounds(*row.bytes),
    )


def _table(rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _known(summary: Summary) -> list[str]:
    if not summary.known:
        return []
    head = ("who", "knows", "about", "how much")
    rows = [(known.who, known.what, known.about, known.amount) for known in summary.known]
    return _table([head, *rows], ())


def _remarks(summary: Summary) -> list[str]:
    if not summary.remarks:
        return []
    lines = [words.objections(summary.run)]
    for remark in summary.remarks:
        behalf = f" for {remark.purpose}" if remark.purpose else ""
        often = f" ({remark.times} times)" if remark.times > len(remark.parties) else ""
        lines.append(
            f"{words.listed(remark.parties)}: {remark.rule}: {remark.operation}{behalf} "
            f"{remark.text}{often}"
        )
    return lines


def _privacy(summary: Summary) -> list[str]:
    return words.privacy(summary.privacy) if summary.privacy else []
