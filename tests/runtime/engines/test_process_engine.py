"""Parties in processes of their own, each in its folder."""

from __future__ import annotations

import io
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import party_functions
import pytest
from asking import (
    PATIENCE,
    ask,
    echoed,
    echoing,
    offer_operations,
    process_of,
    running,
)
from conformance import DeadlineSuite, MessageSuite, RealPartySuite, StopSuite, WithdrawalSuite
from deaths import DeathSuite, kill
from subjects import OpenEngine, write_folders

from fedruntime.engines import processes
from fedruntime.engines.processes import ProcessEngine
from fedruntime.errors import PartyGone, ProtocolError, SettingsError
from fedruntime.hosting import child
from fedruntime.hosting.frames import dumps, loads
from fedruntime.messages import pack, pack_request, unpack_reply

DIGEST = sha256(b"").hexdigest()


@pytest.fixture(scope="class")
def open_engine(tmp_path_factory: pytest.TempPathFactory) -> OpenEngine:
    def opened(parties: Sequence[str]) -> ProcessEngine:
        folders = write_folders(tmp_path_factory.mktemp("parties"), parties=parties)
        return ProcessEngine(folders, DIGEST)

    return opened


class TestProcessEngine(
    MessageSuite, DeadlineSuite, WithdrawalSuite, RealPartySuite, StopSuite, DeathSuite
):
    @pytest.mark.parametrize("name", ["noise", "pickle", "no request", "wrong kinds", "archive"])
    def test_what_is_no_message_is_refused_and_harms_nobody(
        self, engine: ProcessEngine, name: str, tmp_path: Path
    ) -> None:
        trace = tmp_path / "executed"
        bait = pickle.dumps(_Bait(trace))
        frame = _NO_MESSAGES[name](bait)
        reply = unpack_reply(loads(engine._hosts["bob"].process.ask(frame)))
        assert reply.error is not None
        assert reply.error[0] == "ProtocolError"
        assert not trace.exists()
        assert echoed(engine, "bob", "still there") == "still there"

    def test_settings_of_another_party_are_found_out(
        self, engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engine._hosts["alice"], "party", "dora")
        with pytest.raises(ProtocolError, match="the folder of party 'dora' are those of 'alice'"):
            ask(engine, "alice", echoing(1))


class _Bait:
    """Executes something where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> object:
        return os.mkdir, (str(self._trace),)


def _echoing(array: bytes) -> bytes:
    """A request that is right but for its one array."""
    text, _ = pack_request(echoing(np.zeros(1)))
    head = json.dumps([text, [len(array)]]).encode()
    return b"".join([len(head).to_bytes(8, "big"), head, array])


def _archive(bait: bytes) -> bytes:
    """An array as ``numpy.savez`` writes it, which ``numpy.load`` opens without a question."""
    stream = io.BytesIO()
    np.savez(stream, bait=np.frombuffer(bait, np.uint8))
    return stream.getvalue()


_NO_MESSAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "noise": lambda bait: np.random.default_rng(0).bytes(100),
    "pickle": _echoing,
    "no request": lambda bait: dumps(pack({"operation": "device.run"})),
    "wrong kinds": lambda bait: dumps(
        pack({**vars(echoing(1)), "operation": ["conformance.echo"], "release": "clear"})
    ),
    "archive": lambda bait: _echoing(_archive(bait)),
}


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# -- parties that hang ------------------------------------------------------------------------


def test_a_party_that_hangs_keeps_nobody_from_stopping(
    open_engine: OpenEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_FAREWELL", 0.5)
    engine = open_engine(("alice", "bob"))
    offer_operations(engine, ("alice", "bob"))
    numbers = [process_of(engine, party) for party in ("alice", "bob")]
    never = running(party_functions.wait_for, str(tmp_path / "never"))
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(engine.call({"alice": never})))
    waiting.start()
    os.kill(numbers[1], signal.SIGSTOP)
    large = echoing(np.zeros(1_000_000))  # more than a pipe takes
    assert engine.call({"bob": large}, timeout=0.1) == {}
    assert not engine.reachable("alice")
    engine.stop()
    assert [_runs(number) for number in numbers] == [False, False]
    waiting.join(PATIENCE)
    assert found == [{}]


# -- what parties import ----------------------------------------------------------------------


def test_nothing_is_imported_from_where_the_script_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = write_folders(tmp_path, parties=("alice",))
    coordinator = tmp_path / "coordinator"
    coordinator.mkdir()
    (coordinator / "theirs.py").touch()
    (folders["alice"] / "ours.py").touch()
    monkeypatch.chdir(coordinator)
    paths = [str(coordinator), "", ".", *filter(None, sys.path)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # Python leaves out where a party's own files lie
    engine = ProcessEngine(folders, DIGEST, coordinator)
    try:
        assert ask(engine, "alice", running(party_functions.import_by_name, "ours")).error is None
        reply = ask(engine, "alice", running(party_functions.import_by_name, "theirs"))
        assert reply.error is not None
        assert reply.error[0] == "ModuleNotFoundError"
    finally:
        engine.stop()


# -- parties that do not fit ------------------------------------------------------------------


def test_a_party_that_refuses_when_it_begins_again_is_not_begun_once_more(tmp_path: Path) -> None:
    folders = write_folders(tmp_path, parties=("alice",))
    engine = ProcessEngine(folders, DIGEST)
    try:
        (folders["alice"] / "train_fed.py").write_text("print('another script')")
        offer_operations(engine, ("alice",))
        kill(engine, "alice")
        assert engine.call({"alice": echoing(1)}, timeout=PATIENCE) == {}
        until = time.monotonic() + PATIENCE
        while not engine._hosts["alice"]._refuses:
            assert not engine.reachable("alice")
            assert time.monotonic() < until
            time.sleep(0.01)
        assert not engine.reachable("alice")
        assert engine.begun("alice") == 2
    finally:
        engine.stop()


class _Dying:
    """A process that ends before it has said anything."""

    alive = False

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        pass

    def ask(self, frame: bytes) -> bytes:
        raise PartyGone("its process has ended")

    def stop(self) -> None:
        pass


def test_a_party_that_ends_again_and_again_is_not_begun_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PartyProcess", _Dying)
    host = processes._Host("alice", tmp_path, b"", {})
    with pytest.raises(SettingsError, match=r"'alice' has ended: see .*party\.log there"):
        host.greet()
    for _ in range(9):
        assert not host.is_ready()
    assert host.begun == 4


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no folder .*nowhere of a party"):
        ProcessEngine({"alice": tmp_path / "nowhere"}, "")


# -- scripts that end while a party does not --------------------------------------------------

HANGING = """\
import sys
sys.path[:0] = {path!r}
import party_functions
from asking import running
from fedruntime.engines.local import LocalEngine
engine = LocalEngine(["alice"])
assert engine.call({{"alice": running(party_functions.wait_for, {never!r})}}, timeout=0.1) == {{}}
print("done")
"""


def test_a_script_ends_though_a_party_does_not_answer(tmp_path: Path) -> None:
    here = [str(Path(__file__).parent), *sys.path]
    script = HANGING.format(path=here, never=str(tmp_path / "never"))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert done.stdout == "done\n"
