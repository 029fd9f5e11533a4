"""Starting a party's node: which settings it takes, and which SuperLink it comes to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from flwr.app import Message, RecordDict
from flwr.supercore.inflatable.inflatable_utils import ObjectPushError
from memory_grid import name_the_run
from subjects import write_folders

from fedmigrate.deploy.certificates import Authority, machine_certificate, new_authority
from fedruntime.engines.flower import tasks
from fedruntime.engines.flower.node import main
from fedruntime.engines.flower.settings import flower_settings
from fedruntime.errors import SettingsError

NOW = datetime.now(timezone.utc)


def test_settings_are_read(tmp_path: Path) -> None:
    for name in ("ca.crt", "own.key"):
        (tmp_path / name).touch()
    told = {"superlink": "study.example:8000", "ca": "ca.crt", "key": "own.key"}
    found = flower_settings(told, tmp_path)
    assert (found.host, found.port) == ("study.example", 8000)
    assert (found.ca, found.key) == (tmp_path / "ca.crt", tmp_path / "own.key")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        pytest.param({}, "HOST:PORT", id="none"),
        pytest.param({"superlink": "study.example"}, "HOST:PORT", id="no-port"),
        pytest.param({"superlink": "h:70000"}, "HOST:PORT", id="high-port"),
        pytest.param({"superlink": 8000}, "HOST:PORT", id="a-number"),
        pytest.param({"superlink": "h:1"}, "everybody on the way reads along", id="no-tls"),
        pytest.param(
            {"superlink": "h:1", "ca": "ca.crt", "plaintext": True}, "either ca", id="both"
        ),
        pytest.param({"superlink": "h:1", "plaintext": 1}, "neither true nor false", id="no-bool"),
        pytest.param({"superlink": "h:1", "ca": "none.crt"}, "there is no", id="no-file"),
        pytest.param({"superlink": "h:1", "ca": 3}, "is not a path", id="no-path"),
        pytest.param({"superlnk": "h:1"}, "did you mean 'superlink'", id="misspelt"),
        pytest.param({"certificates": "h:1"}, "known: ca, key, plaintext", id="unknown"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    tmp_path: Path, told: dict[str, object], reason: str
) -> None:
    (tmp_path / "ca.crt").touch()
    with pytest.raises(SettingsError, match=reason):
        flower_settings(told, tmp_path)


@contextmanager
def superlink(folder: Path, authority: Authority, host: str, now: datetime) -> Iterator[int]:
    """Something that answers by TLS; the port."""
    pair = machine_certificate(authority, [host], 30, now)
    files = [folder / "superlink.crt", folder / "superlink.key"]
    for file, content in zip(files, (pair.public, pair.private), strict=True):
        file.write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            link, _ = server.accept()
            with link:
                try:
                    context.wrap_socket(link, server_side=True).close()
                except OSError:
                    return  # it was refused, as it should be

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def coming_to(
    folder: Path, port: int, authority: Authority, capfd: pytest.CaptureFixture[str]
) -> str:
    """What a node says that does not come to a SuperLink."""
    party = write_folders(folder, parties=("alice",))["alice"]
    (party / "ca.crt").write_bytes(authority.files.public)
    with (party / "party.toml").open("a", encoding="utf-8") as told:
        told.write(f'[flower]\nsuperlink = "127.0.0.1:{port}"\nca = "ca.crt"\n')
    assert main([str(party)]) == 2
    return capfd.readouterr().err


def test_a_certificate_that_has_expired_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    authority = new_authority("an authority", 400, NOW - timedelta(days=60))
    with superlink(tmp_path, authority, "127.0.0.1", NOW - timedelta(days=60)) as port:
        said = coming_to(tmp_path, port, authority, capfd)
    assert "does not hold: certificate has expired" in said


def test_a_certificate_of_another_authority_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with superlink(tmp_path, new_authority("one", 30, NOW), "127.0.0.1", NOW) as port:
        said = coming_to(tmp_path, port, new_authority("another", 30, NOW), capfd)
    assert "does not hold: unable to get local issuer certificate" in said


def test_a_certificate_of_another_machine_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    authority = new_authority("an authority", 30, NOW)
    with superlink(tmp_path, authority, "10.0.0.9", NOW) as port:
        said = coming_to(tmp_path, port, authority, capfd)
    assert "does not hold: IP address mismatch" in said


def test_a_folder_without_settings_of_flower_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    party = write_folders(tmp_path, parties=("alice",))["alice"]
    assert main([str(party)]) == 2
    assert '[flower] superlink = None is not of the form "HOST:PORT"' in capfd.readouterr().err


@pytest.mark.parametrize("where", ["pull_task_input", "push_message"])
def test_a_run_that_has_ended_does_not_end_the_node(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    class Client:
        def AcquireTask(self, asked: object) -> SimpleNamespace:
            return SimpleNamespace(token="token")

        def close(self) -> None:
            pass

    def gone(*args: object) -> None:
        raise ObjectPushError("o1", 7, "s1") if where == "push_message" else RuntimeError("ended")

    name_the_run()
    message = Message(RecordDict(), 1, "query.greeting")
    pulled = (message, None, SimpleNamespace(run_id=7), None)
    monkeypatch.setattr(tasks, "_client", lambda *args: Client())
    monkeypatch.setattr(tasks, "_alive", nullcontext)
    monkeypatch.setattr(tasks, "pull_task_input", lambda client: pulled)
    monkeypatch.setattr(tasks, "push_task_output", lambda *args: None)
    monkeypatch.setattr(tasks, where, gone)
    waiting = tasks.TaskQueue("here", b"secret")
    with pytest.raises(tasks.TaskGone):
        _refuse_next(waiting)


def _refuse_next(waiting: tasks.TaskQueue) -> None:
    with waiting.next() as task:
        assert task is not None
        task.refuse("no answer")
