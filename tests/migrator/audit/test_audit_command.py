"""``fedmigrate audit``: what a ledger says, most revealing first, or why there is none."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fedmigrate.audit import audit_command, summarise
from fedmigrate.errors import SourceError, UsageError


def _entry(**changes: Any) -> dict[str, Any]:
    return {
        "number": 0,
        "party": "alice",
        "purpose": "Ridge.fit",
        "operation": "gram",
        "protection": "masked",
        "content": [["gram", [3, 3]], ["rows", []]],
        "bytes": 320,
        **changes,
    }


def _ledger(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "run.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def _audit(run: Path, format: str = "text") -> str:
    out = io.StringIO()
    assert audit_command(str(run), format, out) == 0
    return out.getvalue()


def test_messages_that_are_alike_are_one_line_and_the_most_revealing_come_first() -> None:
    facts = _entry(protection="facts", content=[], bytes=0)
    clear = _entry(
        protection="in the clear", operation="extremes", content=[["min", [3]]], bytes=24
    )
    other = _entry(party="bob")
    lines = summarise([facts, _entry(), other, _entry(), clear])
    assert [(line.party, line.protection, line.messages, line.bytes) for line in lines] == [
        ("alice", "in the clear", 1, 24),
        ("alice", "masked", 2, 640),
        ("alice", "facts", 1, 0),
        ("bob", "masked", 1, 320),
    ]
    assert lines[1].what == "gram (3, 3), rows"
    assert lines[2].what == "row count, column names, dtypes"


def test_a_protection_that_is_not_known_comes_before_all_others() -> None:
    assert summarise([_entry(), _entry(protection="shouted")])[0].protection == "shouted"


def test_the_table_names_party_purpose_and_total(tmp_path: Path) -> None:
    text = _audit(_ledger(tmp_path, _entry(), _entry(), _entry(party="bob")))
    assert "alice: 2 messages, 640 bytes" in text
    assert "bob: 1 message, 320 bytes" in text
    assert "masked      Ridge.fit  gram              2    640  gram (3, 3), rows" in text


def test_json(tmp_path: Path) -> None:
    answer = json.loads(_audit(_ledger(tmp_path, _entry()), "json"))
    assert answer["version"] == 1
    assert answer["totals"] == {"alice": {"messages": 1, "bytes": 320}}
    assert answer["messages"][0]["operation"] == "gram"


def test_an_empty_ledger_says_that_nothing_left(tmp_path: Path) -> None:
    assert _audit(_ledger(tmp_path)).endswith("\n\nNothing left a party.\n")


def test_protections_are_explained_where_they_occur(tmp_path: Path) -> None:
    masked = _audit(_ledger(tmp_path, _entry()))
    assert "no party's own part" in masked
    assert "the coordinator sees" not in masked
    clear = _audit(_ledger(tmp_path, _entry(protection="in the clear")))
    assert "the coordinator sees this party's own value" in clear
    for text in (masked, clear):
        assert text.endswith("that are not listed here were never sent.\n")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "{}",
        '{"content": 3}',
        '{"content": [], "who": 1}',
        '{"party": "a"}',
        "\x00",
        json.dumps(_entry(bytes="many")),
        json.dumps(_entry(purpose=None)),
        json.dumps(_entry(content=3)),
        json.dumps(_entry(content=[["gram"]])),
        json.dumps(_entry(content=[["gram", 3]])),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_with_the_line(tmp_path: Path, line: str) -> None:
    path = _ledger(tmp_path, _entry())
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SourceError, match=r"run\.jsonl:2: FM902 is not a ledger"):
        _audit(path)


def test_a_missing_file_and_a_script_that_has_not_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="FM903 cannot be read as a ledger"):
        _audit(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match=r"has left no ledger at .*: run it first"):
        _audit(tmp_path / "train_fed.py")


def test_a_scripts_last_run_is_audited_without_running_it_again(tmp_path: Path) -> None:
    (tmp_path / "train_fed.py").write_text(
        "import numpy as np\n"
        "from fedruntime import init\n"
        'fed = init(parties=["north", "south"])\n'
        "print(fed.load(np.ones, (6, 2)).sum(axis=0))\n"
    )
    subprocess.run([sys.executable, "train_fed.py"], cwd=tmp_path, check=True, capture_output=True)
    ledger = tmp_path / ".fedmigrate" / "train_fed.ledger.jsonl"
    before = ledger.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "fedmigrate", "audit", "train_fed.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "north: " in done.stdout
    assert "masked" in done.stdout
    assert ledger.read_bytes() == before
