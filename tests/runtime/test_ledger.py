"""The ledger holds every message that left, in memory and in its file."""

from __future__ import annotations

import json
from pathlib import Path

from fedruntime.privacy.ledger import Entry, Ledger

_FIELDS = {
    "party": "alice",
    "purpose": "Ridge.fit",
    "operation": "gram",
    "protection": "masked",
    "content": (("gram", (3, 3)),),
    "bytes": 288,
}


def _written(path: Path) -> list[Entry]:
    entries = map(json.loads, path.read_text().splitlines())
    return [
        Entry(**{**fields, "content": tuple((name, tuple(shape)) for name, shape in content)})
        for fields in entries
        for content in [fields["content"]]
    ]


def test_entries_are_numbered_and_written_as_they_arrive(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.jsonl"
    ledger = Ledger(path)
    ledger.append(**_FIELDS)
    assert _written(path) == list(ledger)
    ledger.append(**{**_FIELDS, "party": "bob"})
    ledger.close()
    assert [(entry.number, entry.party) for entry in _written(path)] == [
        (0, "alice"),
        (1, "bob"),
    ]
    assert _written(path) == ledger[:]
    assert repr(ledger) == "<Ledger: 2 messages, 576 bytes left the parties>"
