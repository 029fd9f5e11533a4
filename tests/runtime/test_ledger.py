"""The ledger holds every message that left, in memory and in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedruntime.privacy.ledger import Ledger, read_ledger

_FIELDS = {
    "party": "alice",
    "purpose": "Ridge.fit",
    "operation": "gram",
    "protection": "masked",
    "content": (("gram", (3, 3)),),
    "bytes": 288,
}


def test_entries_are_numbered_and_written_as_they_arrive(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.jsonl"
    ledger = Ledger(path)
    ledger.append(**_FIELDS)
    assert read_ledger(path) == list(ledger)
    ledger.append(**{**_FIELDS, "party": "bob"})
    ledger.close()
    assert [(entry.number, entry.party) for entry in read_ledger(path)] == [
        (0, "alice"),
        (1, "bob"),
    ]
    assert read_ledger(path) == ledger[:]
    assert repr(ledger) == "<Ledger: 2 messages, 576 bytes left the parties>"


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"content": 3}', '{"content": [], "who": 1}'])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "run.jsonl"
    ledger = Ledger(path)
    ledger.append(**_FIELDS)
    ledger.close()
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ValueError, match=r"run\.jsonl:2: is not a ledger entry"):
        read_ledger(path)
