"""The ledger holds every message that left, in memory and in its chained file."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fedruntime
from fedruntime.dropouts import Dropout
from fedruntime.messages import Noise, Release, Reply, Request
from fedruntime.operations import party_op, row_op
from fedruntime.party import Party
from fedruntime.privacy import chain
from fedruntime.privacy.chain import Chain
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.ledger import Entry, Head, Ledger

_FIELDS: dict[str, Any] = {
    "party": "alice",
    "purpose": "Ridge.fit",
    "operation": "gram",
    "protection": "masked",
    "content": (("gram", (3, 3)),),
    "bytes": 288,
}
_HEAD = Head(parties=("alice", "bob"), mode="simulated", script="train_fed.py")


@party_op("ledger_test.total")
def total(rows: Any) -> dict[str, Any]:
    """The sum of ``rows``,
    in two lines.

    More than the first paragraph is not told.
    """
    return {"total": np.asarray(rows).sum(axis=0)}


@party_op("ledger_test.largest", reveals="the largest value")
def largest(rows: Any) -> dict[str, Any]:
    """Some maximum."""
    return {"largest": np.asarray(rows).max()}


@row_op("ledger_test.same")
def same(rows: Any) -> Any:
    """The rows."""
    return rows


def _clock() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def _ledger(path: Path | None = None) -> Ledger:
    return Ledger(path, _HEAD, clock=_clock, run="a run")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _written(path: Path) -> list[Entry]:
    kept = [line for line in _lines(path) if line["kind"] == "message"]
    for line in kept:
        for name in ("kind", "line", "previous", "sha256"):
            del line[name]
        line["content"] = tuple((name, tuple(shape)) for name, shape in line["content"])
        line["remarks"] = tuple(map(tuple, line["remarks"]))
    return [Entry(**line) for line in kept]


def _require_chained(path: Path) -> None:
    previous = ""
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        line = json.loads(text)
        body = text[: text.rindex(b',"sha256":')]
        assert line["line"] == number
        assert line["previous"] == previous
        assert line["sha256"] == hashlib.sha256(body).hexdigest()
        previous = line["sha256"]


class TestTheFile:
    def test_entries_are_numbered_and_written_as_they_arrive(self, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "run.jsonl"
        ledger = _ledger(path)
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
        _require_chained(path)

    def test_it_begins_with_a_head_and_ends_with_the_count(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        ledger = _ledger(path)
        ledger.append(**_FIELDS)
        ledger.close()
        head, _, close = _lines(path)
        assert (head["kind"], head["run"], head["began"]) == (
            "head",
            "a run",
            "2026-01-02T03:04:05.000+00:00",
        )
        assert (head["parties"], head["mode"]) == (["alice", "bob"], "simulated")
        assert (close["kind"], close["messages"]) == ("close", 1)

    def test_the_same_run_gives_the_same_bytes(self, tmp_path: Path) -> None:
        files = [tmp_path / name for name in ("one.jsonl", "two.jsonl")]
        for path in files:
            ledger = _ledger(path)
            ledger.append(**_FIELDS)
            ledger.close()
        assert files[0].read_bytes() == files[1].read_bytes()

    def test_a_later_run_continues_the_chain_and_changes_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        for _ in range(3):
            before = path.read_bytes() if path.exists() else b""
            ledger = _ledger(path)
            ledger.append(**_FIELDS)
            ledger.close()
            assert path.read_bytes().startswith(before)
        assert [line["kind"] for line in _lines(path)] == ["head", "message", "close"] * 3
        _require_chained(path)

    def test_what_is_entered_after_it_was_closed_stays_in_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        ledger = _ledger(path)
        ledger.close()
        ledger.close()
        before = path.read_bytes()
        ledger.append(**_FIELDS)
        assert len(ledger) == 1
        assert path.read_bytes() == before

    def test_an_entry_cannot_be_changed(self) -> None:
        ledger = _ledger()
        ledger.append(**_FIELDS)
        with pytest.raises(AttributeError):
            ledger[0].bytes = 0  # type: ignore[misc]

    def test_presence_is_written_between_the_messages(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        ledger = _ledger(path)
        ledger.note_presence(Dropout("missing", "bob", "gram", "Ridge.fit", 0, ("alice",)))
        ledger.close()
        change = _lines(path)[1]
        assert (change["kind"], change["event"], change["party"]) == ("presence", "missing", "bob")
        assert not len(ledger)

    @pytest.mark.parametrize(
        "left",
        [
            b"age,income\n1,2\n",
            b"{}\n",
            b'{"kind":"head","line":1,"previous":"","sha256":"00"}\n',
            b"no newline",
            b"\n",
        ],
    )
    def test_a_file_of_something_else_is_left_alone(self, tmp_path: Path, left: bytes) -> None:
        path = tmp_path / "run.jsonl"
        path.write_bytes(left)
        ledger = _ledger(path)
        ledger.close()
        assert path.read_bytes() == left
        _require_chained(tmp_path / "run.2.jsonl")

    def test_a_line_that_was_cut_off_is_kept_as_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        _ledger(path).close()
        left = path.read_bytes()[:-30]
        path.write_bytes(left)
        _ledger(path).close()
        assert path.read_bytes() == left
        _require_chained(tmp_path / "run.2.jsonl")

    def test_two_runs_at_once_do_not_share_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        first, second = _ledger(path), _ledger(path)
        for ledger in (first, second, first):
            ledger.append(**_FIELDS)
        assert (first.path, second.path) == (path, tmp_path / "run.2.jsonl")
        first.close()
        second.close()
        assert len(_written(path)) == 2
        assert len(_written(tmp_path / "run.2.jsonl")) == 1
        _require_chained(path)
        _require_chained(tmp_path / "run.2.jsonl")

    def test_a_full_file_is_not_continued(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chain, "FULL", 100)
        path = tmp_path / "run.jsonl"
        for _ in range(2):
            _ledger(path).close()
        assert len(_lines(path)) == len(_lines(tmp_path / "run.2.jsonl")) == 2

    def test_a_last_line_longer_than_what_is_read_first_is_continued(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl"
        for _ in range(2):
            file = Chain(path)
            file.write({"kind": "head", "text": "x" * 100_000})
            file.close()
        assert len(_lines(path)) == 2
        _require_chained(path)


class TestTheEndOfAProgram:
    _SCRIPT = """
import os, sys
from pathlib import Path
from fedruntime.privacy.ledger import Ledger
ledger = Ledger(Path("run.jsonl"))
ledger.append(party="a", purpose="", operation="o", protection="masked", content=(), bytes=1)
"""

    def _run(self, folder: Path, ending: str) -> list[str]:
        subprocess.run(
            [sys.executable, "-c", self._SCRIPT + ending],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
        )
        _require_chained(folder / "run.jsonl")
        return [line["kind"] for line in _lines(folder / "run.jsonl")]

    @pytest.mark.parametrize("ending", ["", "raise ValueError", "sys.exit(3)"])
    def test_a_program_that_ends_closes_its_record(self, tmp_path: Path, ending: str) -> None:
        assert self._run(tmp_path, ending) == ["head", "message", "close"]

    def test_one_that_is_killed_does_not_and_the_next_run_shows_it(self, tmp_path: Path) -> None:
        assert self._run(tmp_path, "os._exit(1)") == ["head", "message"]
        assert self._run(tmp_path, "")[2:] == ["head", "message", "close"]

    def test_a_forked_process_does_not_close_its_parents_record(self, tmp_path: Path) -> None:
        ending = "if os.fork() == 0: sys.exit()\nos.wait()\n"
        assert self._run(tmp_path, ending) == ["head", "message", "close"]


def _request(operation: str, release: Release, **options: Any) -> Request:
    return Request(operation, {}, release, purpose="a test", **options)


class TestWhatAnEntrySays:
    def _noted(self, request: Request, reply: Reply, **options: Any) -> Entry:
        ledger = Ledger()
        ledger.note(request, reply, **options)
        return ledger[0]

    def test_a_masked_message(self) -> None:
        request = _request("ledger_test.total", Release.MASKED_SUM, session="s", round=4)
        vector = np.zeros(12, dtype=np.uint64)
        reply = Reply("alice", {"vector": vector}, [("total", "f", (3,))])
        assert self._noted(request, reply) == Entry(
            number=0,
            party="alice",
            purpose="a test",
            operation="ledger_test.total",
            protection="masked",
            content=(("total", (3,)),),
            bytes=96,
            what="The sum of rows, in two lines",
            session="s",
            round=4,
        )

    @pytest.mark.parametrize(
        ("release", "options", "noise", "protection"),
        [
            (Release.MASKED_SUM, {}, None, "masked"),
            (Release.MASKED_SUM, {"alone": True}, None, "in the clear"),
            (Release.PLAIN_SUM, {}, None, "in the clear"),
            (Release.MASKED_SUM, {}, Noise(0.5), "noised, masked"),
            (Release.PLAIN_SUM, {}, Noise(0.5, 0.1), "noised, in the clear"),
        ],
    )
    def test_how_a_sum_is_protected(
        self, release: Release, options: dict[str, Any], noise: Noise | None, protection: str
    ) -> None:
        reply = Reply("alice", {"vector": np.zeros(4)}, [("total", "f", ())])
        entry = self._noted(_request("ledger_test.total", release, noise=noise), reply, **options)
        assert entry.protection == protection
        assert (entry.mu, entry.rate) == ((noise.mu, noise.rate) if noise else (0.0, 1.0))

    def test_a_party_that_is_asked_alone_has_no_mask(self) -> None:
        reply = Reply("alice", {"vector": np.zeros(4)}, [("total", "f", ())])
        request = _request("ledger_test.total", Release.MASKED_SUM)
        assert self._noted(request, reply, alone=True).protection == "in the clear"

    def test_what_is_revealed_is_said_in_the_words_that_declare_it(self) -> None:
        reply = Reply("alice", {"largest": np.array(["Ann", "Benedikt"], dtype=object)})
        entry = self._noted(_request("ledger_test.largest", Release.CLEAR), reply)
        assert (entry.protection, entry.what) == ("in the clear", "the largest value")
        assert (entry.content, entry.bytes) == ((("largest", (2,)),), 11)

    def test_facts_have_a_size(self) -> None:
        reply = Reply("alice", facts={"kind": "array", "rows": 3})
        entry = self._noted(_request("ledger_test.same", Release.KEEP), reply)
        assert (entry.protection, entry.content) == ("facts", ())
        assert entry.bytes == len('{"kind": "array", "rows": 3}')

    def test_a_failure_is_a_message_without_its_text(self) -> None:
        reply = Reply("alice", error=("ValueError", "Ann is 34"))
        entry = self._noted(_request("ledger_test.total", Release.MASKED_SUM), reply)
        assert (entry.protection, entry.bytes) == ("failure", 19)
        assert "Ann" not in repr(entry)

    def test_an_operation_that_nobody_knows(self) -> None:
        reply = Reply("alice", error=("ProtocolError", "unknown"))
        assert self._noted(_request("ledger_test.none", Release.CLEAR), reply).what == ""

    def test_remarks_are_kept(self) -> None:
        reply = Reply("alice", {"largest": np.ones(1)}, remarks=(("min_rows", "few"),))
        entry = self._noted(_request("ledger_test.largest", Release.CLEAR), reply)
        assert entry.remarks == (("min_rows", "few"),)


class TestTheCoordinatorsLedger:
    def test_key_agreement_is_told_apart_from_statistics(self) -> None:
        federation = fedruntime.init(["alice", "bob", "carol"], min_parties=2)
        (federation.load(np.ones, (6, 2)) * 2).sum(axis=0)
        readers = {entry.protection: entry.reader for entry in federation.ledger}
        assert readers == {
            "facts": "coordinator",
            "public keys": "coordinator",
            "acknowledgement": "coordinator",
            "sealed": "other parties",
            "masked": "coordinator",
            "mask shares": "coordinator",
        }

    def test_messages_of_one_sum_share_session_and_round(self) -> None:
        federation = fedruntime.init(["alice", "bob"])
        X = federation.load(np.ones, (6, 2))
        X.sum(axis=0)
        X.sum(axis=0)
        masked = [entry for entry in federation.ledger if entry.protection == "masked"]
        rounds = {(entry.session, entry.round) for entry in masked}
        assert len(masked) == 2 * len(rounds)

    def test_what_left_others_is_there_when_one_party_fails(self) -> None:
        federation = fedruntime.init(["alice", "bob"])
        rows = federation.load(np.ones, (6, 2))
        before = len(federation.ledger)
        with pytest.raises(fedruntime.errors.FedError):
            federation.map(same, rows=rows, each={"bob": {"unknown": 1}})
        left = {entry.party: entry.protection for entry in federation.ledger[before:]}
        assert left == {"alice": "facts", "bob": "failure"}

    def test_opening_the_federation_again_closes_the_record(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for _ in range(2):
            fedruntime.init(["alice", "bob"], ledger=str(tmp_path / "run.jsonl"))
        fedruntime.init(["alice", "bob"], ledger="")
        assert [line["kind"] for line in _lines(tmp_path / "run.jsonl")] == ["head", "close"] * 2


class TestAPartysOwnLedger:
    def _party(self, ledger: Ledger) -> Party:
        party = Party("alice", guard=Guard(enforce=False), ledger=ledger)
        party.put("r0", np.arange(4.0))
        return party

    def test_it_holds_what_left_without_the_coordinators_help(self, tmp_path: Path) -> None:
        path = tmp_path / "own.jsonl"
        ledger = Ledger(path, Head(parties=("alice",), mode="real", owner="alice"), clock=_clock)
        party = self._party(ledger)
        rows = {"rows": fedruntime.messages.Ref("r0")}
        party.handle(Request("ledger_test.largest", rows, Release.CLEAR, purpose="a test"))
        party.handle(Request("ledger_test.total", rows, Release.CLEAR))
        ledger.close()
        assert [entry.protection for entry in ledger] == ["in the clear", "failure"]
        assert _written(path) == list(ledger)
        assert _lines(path)[0]["owner"] == "alice"

    def test_what_cannot_be_noted_does_not_leave(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ledger = Ledger()
        party = self._party(ledger)

        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(ledger, "append", full)
        rows = {"rows": fedruntime.messages.Ref("r0")}
        reply = party.handle(Request("ledger_test.largest", rows, Release.CLEAR))
        assert not reply.arrays
        assert reply.error is not None
        assert reply.error[0] == "PolicyError"
        assert "ledger" in reply.error[1]
