"""``fedmigrate doctor`` on certificates, keys and addresses. Everything stays on the loopback
interface.
"""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from examined_parties import SCRIPT, Parties, examined, found_by, problems

from fedmigrate.cli import main
from fedmigrate.deploy.certificates import machine_certificate, new_authority
from fedmigrate.doctor.checks import ports
from fedmigrate.doctor.finding import Severity
from fedmigrate.doctor.pem import examine

_NOW = datetime(2030, 5, 1, 12, tzinfo=timezone.utc)
_DAYS = 30


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Authority, certificate and key, made at ``_NOW`` for one host."""
    authority = new_authority("An authority", _DAYS, _NOW)
    pair = machine_certificate(authority, ["study.example"], _DAYS, _NOW)
    written = tmp_path / "ca.crt", tmp_path / "own.crt", tmp_path / "own.key"
    for path, content in zip(
        written, (authority.files.public, pair.public, pair.private), strict=True
    ):
        path.write_bytes(content)
    written[2].chmod(0o600)
    return written


def told_of(
    files: tuple[Path, Path, Path], host: str = "study.example", now: datetime = _NOW
) -> list[str]:
    found = examine(*files, host, now)
    return [
        f"{Path(one.where).name}: {one.what}" for one in found if one.severity is Severity.PROBLEM
    ]


class TestCertificates:
    def test_what_was_made_together_is_fine(self, files: tuple[Path, Path, Path]) -> None:
        assert told_of(files) == []

    @pytest.mark.parametrize(
        ("later", "expected"),
        [
            (timedelta(days=_DAYS + 1), "is valid from 2030-0"),
            (timedelta(days=-2), "is valid from 2030-0"),
            (timedelta(days=_DAYS - 1), "ends soon, on 2030-05-31"),
        ],
        ids=["expired", "not yet valid", "ends soon"],
    )
    def test_dates(self, files: tuple[Path, Path, Path], later: timedelta, expected: str) -> None:
        told = told_of(files, now=_NOW + later)
        assert [line.partition(": ")[0] for line in told] == ["ca.crt", "own.crt"]
        assert all(expected in line for line in told)

    def test_a_certificate_for_another_host(self, files: tuple[Path, Path, Path]) -> None:
        assert told_of(files, "other.example") == [
            "own.crt: is for study.example, and not for other.example"
        ]

    def test_a_host_by_its_address(self, files: tuple[Path, Path, Path]) -> None:
        (told,) = told_of(files, "127.0.0.1")
        assert told.endswith("and not for 127.0.0.1")

    def test_another_authority(self, files: tuple[Path, Path, Path]) -> None:
        files[0].write_bytes(new_authority("Another", _DAYS, _NOW).files.public)
        assert told_of(files) == ["own.crt: was not signed by the authority in ca.crt"]

    def test_what_is_no_authority(self, files: tuple[Path, Path, Path]) -> None:
        shutil.copy(files[1], files[0])
        told = told_of(files)
        assert told[0] == (
            "ca.crt: is not the certificate of an authority (no CA in its basic constraints)"
        )

    def test_another_key(self, files: tuple[Path, Path, Path]) -> None:
        other = machine_certificate(new_authority("A", 1, _NOW), ["study.example"], 1, _NOW)
        files[2].write_bytes(other.private)
        assert told_of(files) == ["own.key: is not the key of own.crt"]

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
    def test_a_key_that_others_may_read(self, files: tuple[Path, Path, Path], mode: int) -> None:
        files[2].chmod(mode)
        assert told_of(files) == [
            f"own.key: is a private key that others on this machine may read (mode {mode:04o})"
        ]

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_what_is_not_there_or_something_else(
        self, files: tuple[Path, Path, Path], number: int
    ) -> None:
        files[number].write_text("something else\n", encoding="utf-8")
        (told,) = told_of(files)
        assert told.startswith(f"{files[number].name}: is no ")
        files[number].unlink()
        (told,) = told_of(files)
        assert told == f"{files[number].name}: cannot be read: No such file or directory"


def _another_key(parties: Parties) -> None:
    folder = parties.folder("bob")
    shutil.copy(parties.folder("alice") / "party.tls.key", folder / "party.tls.key")


def _another_host(parties: Parties) -> None:
    for party in ("alice", "bob", "carol"):
        path = parties.folder(party) / "federation.toml"
        text = path.read_text(encoding="utf-8")
        lines = [
            'bob = "bob.invalid:1"' if line.startswith("bob = ") else line
            for line in text.splitlines()
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class TestDeployment:
    def test_certificates_that_deploy_has_made_are_fine(self, parties: Parties) -> None:
        assert found_by("certificates", parties.root / "out") == []

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (_another_key, "bob/party.tls.key: is not the key of party.crt"),
            (_another_host, "bob/party.crt: is for 127.0.0.1, and not for bob.invalid"),
        ],
    )
    def test_what_is_wrong_at_one_party_is_told_of_that_one(
        self, parties: Parties, change: Callable[[Parties], None], expected: str
    ) -> None:
        change(parties)
        (told,) = found_by("certificates", parties.root / "out")
        assert told.endswith(expected)

    def test_without_secretflow_here_that_is_what_is_told(
        self, parties: Parties, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("fedmigrate.doctor.checks.versions.version", _not_installed)
        told = found_by("versions", parties.folder("bob"))
        assert "this Python: SecretFlow is not installed" in told
        assert "this Python: numpy is not installed" in told


def _not_installed(name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(name)


class TestPorts:
    def test_ports_of_our_own_that_are_free(self, parties: Parties) -> None:
        assert found_by("ports", parties.root / "out") == []

    def test_a_port_that_is_taken(self, parties: Parties) -> None:
        port = _port_of("bob", parties)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            taken.listen()
            (told,) = found_by("ports", parties.folder("bob"))
        assert told == f"bob, 127.0.0.1:{port}: cannot be listened on: Address already in use"

    def test_others_need_not_listen_before_a_run(self, parties: Parties) -> None:
        code, found = examined(parties.folder("bob"))
        told = [one["what"] for one in found if one["check"] == "ports"]
        assert told == [
            "the machine answers; nobody listens there before a run",
            "is free",
            "the machine answers; nobody listens there before a run",
        ]
        assert all("ports" not in line for line in problems(found))
        assert code in (0, 1)  # by whether SecretFlow is installed here

    def test_a_machine_that_does_not_answer_in_time(
        self, parties: Parties, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(address: Any, timeout: float) -> Any:
            assert timeout == 3.0
            raise TimeoutError

        monkeypatch.setattr(ports.socket, "create_connection", silent)
        told = found_by("ports", parties.folder("bob"))
        assert [line.partition(": ")[2] for line in told] == ["nobody answers within 3 s"] * 2

    def test_a_name_that_nobody_has(
        self, parties: Parties, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unknown(*args: Any, **kwargs: Any) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(ports.socket, "create_connection", unknown)
        told = found_by("ports", parties.folder("bob"))
        assert told[0].endswith("the name is not known: Name or service not known")


def _port_of(party: str, parties: Parties) -> int:
    text = (parties.folder(party) / "federation.toml").read_text(encoding="utf-8")
    (line,) = (one for one in text.splitlines() if one.startswith(f"{party} = "))
    return int(line.rpartition(":")[2].strip('"'))


@pytest.fixture(name="deployed")
def _deployed(tmp_path: Path) -> Path:
    """What `deploy` writes for Flower; its SuperLink would be on this machine."""
    (tmp_path / "train_fed.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "reading.py").write_text('SEPARATOR = ";"\n', encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["deploy", str(tmp_path / "train_fed.py"), "-o", str(tmp_path / "out")]
    options = ["--engine", "flower", "--certs", "--address", f"coordinator=127.0.0.1:{port}"]
    made = CliRunner().invoke(main, [*arguments, *options])
    assert made.exit_code == 0, made.output
    return tmp_path / "out"


class TestFlower:
    def test_what_deploy_has_made_is_fine(self, deployed: Path) -> None:
        for check in ("certificates", "identities", "policies", "script", "settings"):
            assert found_by(check, deployed) == []

    @pytest.mark.parametrize("folder", ["bob", "coordinator", "."])
    def test_a_superlink_that_does_not_run(self, deployed: Path, folder: str) -> None:
        (told,) = found_by("ports", deployed / folder)
        assert told.startswith("the SuperLink, 127.0.0.1:")
        assert told.endswith("nobody listens there")

    def test_a_node_that_the_superlink_does_not_know(self, deployed: Path) -> None:
        nodes = deployed / "coordinator" / "nodes"
        shutil.copy(nodes / "alice.pub", nodes / "bob.pub")
        (nodes / "carol.pub").unlink()
        missing, other = found_by("certificates", deployed)
        assert missing.endswith("carol.pub: is not there: the SuperLink will not let carol in")
        assert "bob.pub: is not the public key of " in other

    def test_a_key_that_others_may_read(self, deployed: Path) -> None:
        (deployed / "bob" / "bob.node.key").chmod(0o644)
        (told,) = found_by("certificates", deployed / "bob")
        assert "bob.node.key: is a private key that others on this machine may read" in told

    def test_a_table_with_a_typo(self, deployed: Path) -> None:
        path = deployed / "bob" / "party.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("superlink =", "superlnk ="), encoding="utf-8")
        (told,) = found_by("certificates", deployed / "bob")
        assert "[flower]: unknown option 'superlnk'; did you mean 'superlink'?" in told

    @pytest.mark.parametrize(
        ("certificate", "expected"),
        [
            ("server", None),
            ("another", "its certificate is refused: "),
            (None, "does not speak TLS as expected: "),
        ],
        ids=["the right certificate", "of another authority", "no TLS"],
    )
    def test_what_answers_has_to_show_the_right_certificate(
        self, deployed: Path, certificate: str | None, expected: str | None
    ) -> None:
        coordinator = deployed / "coordinator"
        if certificate == "another":
            authority = new_authority("Another", 1, datetime.now(timezone.utc))
            pair = machine_certificate(authority, ["127.0.0.1"], 1, datetime.now(timezone.utc))
            (coordinator / "another.crt").write_bytes(pair.public + authority.files.public)
            (coordinator / "another.key").write_bytes(pair.private)
        with _answering(_superlink_port(deployed), coordinator, certificate):
            told = found_by("ports", deployed / "bob")
        if expected is None:
            assert told == []
        else:
            assert expected in told[0]


def _superlink_port(deployed: Path) -> int:
    text = (deployed / "bob" / "party.toml").read_text(encoding="utf-8")
    found = re.search(r'superlink = "127\.0\.0\.1:([0-9]+)"', text)
    assert found
    return int(found[1])


@contextmanager
def _answering(port: int, folder: Path, certificate: str | None) -> Iterator[None]:
    """Somebody who listens, and takes one connection."""

    def answer() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            if certificate is None:
                connection.sendall(b"220 some other service\r\n")
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / f"{certificate}.crt", folder / f"{certificate}.key")
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)

    with socket.create_server(("127.0.0.1", port)) as listening:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield
        thread.join(10)
