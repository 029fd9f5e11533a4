"""The engine and the parties' nodes, over a SuperLink in memory: what both do, without Flower's
waiting. Parties are real ones, in processes of their own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import memory_grid
import pytest
from asking import PATIENCE, await_party, echoed, echoing, offer_operations
from conformance import DeadlineSuite, MessageSuite, RealPartySuite, StopSuite
from deaths import DeathSuite
from flwr.app import ConfigRecord, Error, Message, RecordDict
from memory_grid import MemoryGrid, name_the_run, nodes_of
from same_script import SCRIPT, SameScriptSuite, Trained, trained_in
from subjects import PARTIES, SCRIPT_NAME, OpenEngine, write_folders

from fedruntime.engines.flower.engine import FlowerEngine
from fedruntime.engines.flower.node import PartyNode
from fedruntime.engines.flower.records import GREETING, frame_of, record_of
from fedruntime.engines.flower.tasks import Task
from fedruntime.errors import ProtocolError, SettingsError
from fedruntime.hosting.greeting import greeting
from fedruntime.hosting.party_settings import read_party_settings

DIGEST = sha256(b"").hexdigest()


@pytest.fixture(scope="module", autouse=True)
def _in_a_run() -> None:
    name_the_run()


@pytest.fixture(scope="class")
def open_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenEngine]:
    grids = []

    def opened(parties: Sequence[str]) -> FlowerEngine:
        folders = write_folders(tmp_path_factory.mktemp("parties"), parties=parties)
        grids.append(MemoryGrid(nodes_of(folders)))
        return FlowerEngine(grids[-1], parties, DIGEST)

    yield opened
    for grid in grids:
        grid.end()


class TestFlowerEngine(MessageSuite, DeadlineSuite, RealPartySuite, StopSuite, DeathSuite):
    pass


class TestScriptOnFlower(SameScriptSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def trained(cls, tmp_path_factory: pytest.TempPathFactory) -> Trained:
        root = tmp_path_factory.mktemp("deployed")
        write_folders(root, SCRIPT)
        folder = root / "coordinator"
        folder.mkdir()
        (folder / SCRIPT_NAME).write_text(SCRIPT, encoding="utf-8")
        (folder / "federation.toml").write_text('engine = "flower"\n', encoding="utf-8")
        done = subprocess.run(
            [sys.executable, memory_grid.__file__, folder / SCRIPT_NAME],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return trained_in(folder, done.stdout)


# -- meeting ----------------------------------------------------------------------------------


def test_the_run_of_another_script_reaches_no_party(tmp_path: Path) -> None:
    grid = MemoryGrid(nodes_of(write_folders(tmp_path)))
    with pytest.raises(SettingsError, match="takes no part: the script that asks is not the one"):
        FlowerEngine(grid, PARTIES, sha256(b"another").hexdigest())
    grid.end()


def test_who_does_not_come_is_named(tmp_path: Path) -> None:
    folders = write_folders(tmp_path, parties=("alice", "bob"))
    grid = MemoryGrid(nodes_of({"alice": folders["alice"]}))
    with pytest.raises(SettingsError, match="bob did not come to the SuperLink within 3 seconds"):
        FlowerEngine(grid, ("alice", "bob"), DIGEST, 3.0)
    grid.end()


def test_two_nodes_of_one_party_are_refused(tmp_path: Path) -> None:
    folders = write_folders(tmp_path, parties=("alice",))
    grid = MemoryGrid([*nodes_of(folders), *nodes_of(folders)])
    with pytest.raises(SettingsError, match="two nodes at the SuperLink say that they are 'alice'"):
        FlowerEngine(grid, ("alice", "bob"), DIGEST)
    grid.end()


def test_a_node_that_runs_what_apps_bring_is_named_with_what_it_says(tmp_path: Path) -> None:
    class Foreign(PartyNode):
        def answer(self, task: Task) -> None:
            task.refuse("this SuperNode runs the code of apps")

    folders = write_folders(tmp_path, parties=("alice",))
    grid = MemoryGrid([Foreign(read_party_settings(folders["alice"]))])
    with pytest.raises(SettingsError, match="says: this SuperNode runs the code of apps"):
        FlowerEngine(grid, ("alice",), DIGEST, 0.5)
    grid.end()


# -- a node -----------------------------------------------------------------------------------


@pytest.fixture
def node(tmp_path: Path) -> Iterator[PartyNode]:
    (folder,) = write_folders(tmp_path, parties=("alice",)).values()
    node = PartyNode(read_party_settings(folder))
    yield node
    node.stop()


def said(node: PartyNode, kind: str, frame: bytes, run: int = 1) -> Message:
    """What a node answers to one message."""
    message = Message(record_of(frame), 1, kind)
    message.metadata.__dict__["_message_id"] = "a message"
    task = Task(run, message)
    node.answer(task)
    return task.reply


def test_nothing_is_answered_before_a_greeting(node: PartyNode) -> None:
    for kind in ("query.request", "query.farewell"):
        refused = said(node, kind, b"")
        assert refused.has_error()
        assert refused.error.reason == "'alice' has no process for this run"


def test_another_run_is_not_answered_until_it_has_greeted(node: PartyNode) -> None:
    assert frame_of(said(node, GREETING, greeting(DIGEST)).content) == ("alice", b"")
    assert said(node, "query.request", b"", run=2).has_error()
    assert frame_of(said(node, GREETING, greeting(DIGEST), run=2).content) == ("alice", b"")
    assert said(node, "query.request", b"", run=1).has_error()


def test_a_kind_of_message_that_is_not_ours_is_refused(node: PartyNode) -> None:
    said(node, GREETING, greeting(DIGEST))
    assert "no message of ours" in str(said(node, "train", b"").error.reason)


def test_a_farewell_ends_the_process(node: PartyNode) -> None:
    said(node, GREETING, greeting(DIGEST))
    assert not said(node, "query.farewell", b"").has_error()
    assert said(node, "query.request", b"").has_error()


def test_what_has_not_been_asked_for_long_is_forgotten(tmp_path: Path) -> None:
    (folder,) = write_folders(tmp_path, parties=("alice",)).values()
    told = folder / "party.toml"
    told.write_text(f"idle = 0.001\n{told.read_text(encoding='utf-8')}", encoding="utf-8")
    node = PartyNode(read_party_settings(folder))
    said(node, GREETING, greeting(DIGEST))
    node.stop_if_idle()
    assert said(node, "query.request", b"").has_error()


def test_a_party_whose_process_has_died_counts_as_missing_and_begins_again(
    open_engine: OpenEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(("alice", "bob"))
    offer_operations(engine, ("alice", "bob"))
    node = engine._grid._nodes[101]  # type: ignore[attr-defined]
    node._process.kill()
    asked = {party: echoing(party) for party in ("alice", "bob")}
    assert list(engine.call(asked, timeout=PATIENCE)) == ["alice"]
    await_party(engine, "bob")
    assert (engine.begun("alice"), engine.begun("bob")) == (1, 2)
    offer_operations(engine, ("bob",))
    assert echoed(engine, "bob", "again") == "again"
    engine.stop()


# -- records ----------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [b"", b"x", bytes(3_000_000)])
def test_frames_are_the_same_after_their_way(frame: bytes) -> None:
    content = record_of(frame, "alice")
    assert frame_of(RecordDict.inflate(content.deflate(), content.children)) == ("alice", frame)


def test_other_content_is_refused() -> None:
    for content in (RecordDict(), RecordDict({"frame": ConfigRecord({"frame": b"x"})})):
        with pytest.raises(ProtocolError, match="no frame"):
            frame_of(content)


def test_a_refusal_is_an_error_of_flower(node: PartyNode) -> None:
    assert isinstance(said(node, "query.request", b"").error, Error)
