"""Ledgers of other shapes: several parties, unknown words, broken and empty files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedmigrate.audit import audit_command, find_ledger, read_entries, summarise
from fedmigrate.errors import SourceError, UsageError


def _entry(party: str = "north", **changes: Any) -> dict[str, Any]:
    return {
        "number": 3,
        "party": party,
        "purpose": "Ridge.fit",
        "operation": "gram",
        "protection": "masked",
        "content": [["gram", [3, 3]]],
        "bytes": 72,
        **changes,
    }


def _write(path: Path, entries: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def _shown(path: Path, format: str = "text") -> str:
    out = io.StringIO()
    assert audit_command(str(path), format, out) == 0
    return out.getvalue()


_ENTRIES = st.lists(
    st.builds(
        _entry,
        st.sampled_from(["north", "south", "east"]),
        purpose=st.sampled_from(["", "Ridge.fit"]),
        protection=st.sampled_from(["masked", "in the clear", "facts", "shouted", ""]),
        bytes=st.integers(0, 10**6),
        content=st.sampled_from([[], [["n", []]], [["gram", [3, 3]], ["n", []]]]),
    ),
    max_size=20,
)


@given(_ENTRIES)
def test_no_message_and_no_byte_is_lost(entries: list[dict[str, Any]]) -> None:
    lines = summarise(entries)
    assert sum(line.messages for line in lines) == len(entries)
    assert sum(line.bytes for line in lines) == sum(entry["bytes"] for entry in entries)


@given(_ENTRIES)
def test_parties_stay_together_and_facts_come_last(entries: list[dict[str, Any]]) -> None:
    lines = summarise(entries)
    parties = [line.party for line in lines]
    assert list(dict.fromkeys(parties)) == list(dict.fromkeys(entry["party"] for entry in entries))
    places = {"in the clear": 1, "masked": 2, "facts": 3}
    for party in set(parties):
        assert parties.count(party) == len(parties) - parties.index(party) - parties[::-1].index(
            party
        )
        order = [places.get(line.protection, 0) for line in lines if line.party == party]
        assert order == sorted(order)


def test_each_party_has_its_own_table(tmp_path: Path) -> None:
    path = _write(tmp_path / "run.jsonl", [_entry(), _entry("south"), _entry("east"), _entry()])
    text = _shown(path)
    assert text.startswith(f"What left each party, by {path}\n")
    places = [text.index(f"\n{party}: ") for party in ("north", "south", "east")]
    assert places == sorted(places)
    assert "north: 2 messages, 144 bytes" in text
    assert "east: 1 message, 72 bytes" in text


def test_the_keys_are_those_that_machines_rely_on(tmp_path: Path) -> None:
    path = _write(tmp_path / "run.jsonl", [_entry(), _entry("south")])
    answer = json.loads(_shown(path, "json"))
    assert list(answer) == ["version", "ledger", "messages", "totals"]
    assert [list(message) for message in answer["messages"]] == [
        ["party", "purpose", "operation", "protection", "what", "messages", "bytes"]
    ] * 2
    assert list(answer["totals"]) == ["north", "south"]


def test_an_empty_ledger_is_empty_in_json(tmp_path: Path) -> None:
    answer = json.loads(_shown(_write(tmp_path / "run.jsonl", []), "json"))
    assert (answer["messages"], answer["totals"]) == ([], {})


def test_unknown_protections_and_fields_are_shown_as_they_are(tmp_path: Path) -> None:
    path = _write(tmp_path / "run.jsonl", [_entry(protection="noised, twice", future=[1])])
    assert "  noised, twice  Ridge.fit" in _shown(path)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, number: int) -> None:
    path = _write(tmp_path / "run.jsonl", [_entry()] * 4)
    lines = path.read_text().splitlines()
    lines[number - 1] = lines[number - 1][:-5]
    path.write_text("\n".join(lines))
    with pytest.raises(SourceError, match=rf"run\.jsonl:{number}: FM902"):
        read_entries(path)


def test_a_line_separator_within_a_name_breaks_no_line(tmp_path: Path) -> None:
    entry = _entry(purpose="a\u2028b\x85c")
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps(entry, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_entries(path) == [entry]


def test_a_ledger_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="FM903 cannot be read as a ledger"):
        read_entries(path)
    with pytest.raises(SourceError, match="FM903 cannot be read as a ledger"):
        read_entries(tmp_path)


def test_a_script_without_a_ledger_says_how_to_get_one(tmp_path: Path) -> None:
    script = tmp_path / "train_fed.py"
    with pytest.raises(UsageError) as caught:
        find_ledger(script)
    assert f"run it first (python {script})" in str(caught.value)
    assert "or name the ledger that its settings name" in str(caught.value)


def test_a_scripts_ledger_is_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / ".fedmigrate").mkdir()
    ledger = _write(tmp_path / ".fedmigrate" / "train_fed.ledger.jsonl", [_entry()])
    _write(tmp_path / ".fedmigrate" / "other_fed.ledger.jsonl", [_entry("south")])
    assert find_ledger(tmp_path / "train_fed.py") == ledger
    assert find_ledger(ledger) == ledger
