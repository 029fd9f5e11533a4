"""Reading a ledger file and checking that it is as it was written: every line is bound to the one
before it by a hash. What is found wrong is a value, for a person to look into.

The format is described in ``docs/audit.md``; the runtime writes it and knows this reader only by a
test.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedmigrate.errors import SourceError

FORMAT = "fedmigrate ledger 2"
_SEAL = b',"sha256":"'
_FIELDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "head": {"run": str, "began": str, "parties": list, "mode": str, "owner": str},
    "message": {
        "party": str,
        "purpose": str,
        "operation": str,
        "protection": str,
        "content": list,
        "bytes": int,
        "what": str,
        "reader": str,
        "session": str,
        "round": int,
        "mu": (int, float),
        "rate": (int, float),
        "remarks": list,
    },
    "presence": {
        "event": str,
        "party": str,
        "operation": str,
        "purpose": str,
        "message": int,
        "parties": list,
        "reason": str,
    },
    "close": {"ended": str, "messages": int},
}

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """Something that shows that a file is not as it was written.

    Parameters
    ----------
    line : int
        Where in the file, from 1.
    text : str
        What is wrong, as the end of a sentence that begins with the line.
    """

    line: int
    text: str


@dataclass(frozen=True)
class Run:
    """The lines of one run.

    Parameters
    ----------
    head : mapping
    messages, changes : tuple of mapping
        Of messages that left, and of who took part.
    close : mapping, optional
        Missing where the record breaks off.
    last_line : int
    seal : str
        The hash of its last line: who has it can tell later whether anything was changed up to
        there.
    """

    head: Fields
    messages: tuple[Fields, ...]
    changes: tuple[Fields, ...]
    close: Fields | None
    last_line: int
    seal: str


@dataclass(frozen=True)
class Record:
    """One ledger file.

    Parameters
    ----------
    path : Path
    lines : int
    faults : tuple of Fault
        None if it is as it was written, as far as a file can tell.
    runs : tuple of Run
    """

    path: Path
    lines: int
    faults: tuple[Fault, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class _Line:
    place: int
    fields: Fields
    intact: bool

    @property
    def number(self) -> int:
        number: int = self.fields["line"]
        return number


def read_record(path: Path) -> Record:
    """A ledger file with everything that is wrong with it.

    Raises
    ------
    SourceError
        FM903 if it cannot be read; FM902 if it does not begin as a ledger of this format does.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise SourceError("FM903", str(path), f"cannot be read as a ledger: {reason}") from error
    texts = data.split(b"\n")
    if not texts[-1]:
        texts.pop()
    parsed = [_parsed(place, text) for place, text in enumerate(texts, start=1)]
    lines = [line for line in parsed if line is not None]
    _require_ledger(path, parsed)
    faults = [
        Fault(place, "is no line of a ledger: it was altered or cut off")
        for place, line in enumerate(parsed, start=1)
        if line is None
    ]
    faults += _broken(lines, len(faults))
    runs, strays = _runs(lines)
    faults = sorted({*faults, *strays}, key=lambda fault: (fault.line, fault.text))
    return Record(path, len(texts), tuple(faults), tuple(runs))


def _require_ledger(path: Path, parsed: Sequence[_Line | None]) -> None:
    first = parsed[0] if parsed else None
    if first is None:
        raise SourceError("FM902", str(path), "is not a ledger of a run", line=1)
    known = first.fields["kind"] != "head" or first.fields.get("format") == FORMAT
    if not known:
        given = first.fields.get("format")
        raise SourceError("FM902", str(path), f"is a ledger of another format ({given})", line=1)


def _parsed(place: int, text: bytes) -> _Line | None:
    body, _, seal = text.rpartition(_SEAL)
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not _has(fields, {"line": int, "previous": str}):
        return None
    kind = fields.get("kind")
    if not isinstance(kind, str) or not _has(fields, _FIELDS.get(kind, {})):
        return None
    if kind == "message" and not all(map(_is_name_and_shape, fields["content"])):
        return None
    if kind == "message" and not all(map(_is_pair_of_texts, fields["remarks"])):
        return None
    return _Line(place, fields, seal == b'%b"}' % hashlib.sha256(body).hexdigest().encode())


def _has(fields: Fields, wanted: Mapping[str, type | tuple[type, ...]]) -> bool:
    return all(isinstance(fields.get(name), kind) for name, kind in wanted.items())


def _is_name_and_shape(part: Any) -> bool:
    return (
        isinstance(part, list)
        and len(part) == 2
        and isinstance(part[0], str)
        and isinstance(part[1], list)
        and all(isinstance(extent, int) for extent in part[1])
    )


def _is_pair_of_texts(part: Any) -> bool:
    return isinstance(part, list) and len(part) == 2 and all(isinstance(one, str) for one in part)


def _broken(lines: Sequence[_Line], unreadable: int) -> list[Fault]:
    """Where numbers or hashes show that lines were altered, removed, added or moved."""
    faults = []
    seals = {line.number: line.fields.get("sha256") for line in reversed(lines)}
    top, skipped = 0, unreadable
    for line in lines:
        if not line.intact:
            faults.append(Fault(line.place, "was altered after it was written"))
            if line.number != top + 1:
                top += 1
                continue
        if line.number <= top:
            faults.append(
                Fault(
                    line.place, f"is out of order, or a copy: it was written as line {line.number}"
                )
            )
            continue
        missing = [number for number in range(top + 1, line.number) if number not in seals]
        if line.number - top - 1 > len(missing):
            faults.append(
                Fault(line.place, f"is out of order: it was written as line {line.number}")
            )
        if len(missing) > skipped:
            faults.append(Fault(line.place, f"follows on {_count(len(missing) - skipped)} removed"))
        skipped = max(0, skipped - len(missing))
        before = seals.get(line.number - 1, "" if line.number == 1 else None)
        if before is not None and line.fields["previous"] != before:
            faults.append(
                Fault(line.place, "does not continue the line before it: that one was replaced")
            )
        top = line.number
    return faults


def _count(lines: int) -> str:
    return "a line that was" if lines == 1 else f"{lines} lines that were"


def _runs(lines: Sequence[_Line]) -> tuple[list[Run], list[Fault]]:
    """Lines from one head to the next, and those that belong to no run."""
    runs: list[Run] = []
    faults: list[Fault] = []
    starts = [place for place, line in enumerate(lines) if line.fields["kind"] == "head"]
    if lines and (not starts or starts[0]):
        faults.append(Fault(lines[0].place, "belongs to no run: the head line is missing"))
    for start, stop in zip(starts, [*starts, len(lines)][1:], strict=True):
        inside = lines[start + 1 : stop]
        kinds: dict[str, list[_Line]] = {"message": [], "presence": [], "close": []}
        for line in inside:
            kinds.setdefault(line.fields["kind"], []).append(line)
        messages, closing = kinds["message"], kinds["close"]
        last = inside[-1] if inside else lines[start]
        if closing and closing[-1].fields["messages"] != len(messages):
            counted = closing[-1].fields["messages"]
            faults.append(
                Fault(
                    closing[-1].place,
                    f"closes a run of {counted} messages, and {len(messages)} are there",
                )
            )
        runs.append(
            Run(
                lines[start].fields,
                tuple(line.fields for line in messages),
                tuple(line.fields for line in kinds["presence"]),
                closing[-1].fields if closing else None,
                last.place,
                str(last.fields.get("sha256", "")),
            )
        )
    return runs, faults
