"""Fixtures: parties to be examined, whose folders `deploy` has written, with a table in each."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from examined_parties import PARTIES, SCRIPT, Parties

from fedmigrate.cli import main


@pytest.fixture(scope="session")
def _pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pattern")
    (root / "train_fed.py").write_text(SCRIPT, encoding="utf-8")
    (root / "reading.py").write_text('SEPARATOR = ";"\n', encoding="utf-8")
    addresses = [
        option
        for party, port in zip(PARTIES, _free_ports(len(PARTIES)), strict=True)
        for option in ("--address", f"{party}=127.0.0.1:{port}")
    ]
    arguments = ["deploy", str(root / "train_fed.py"), "-o", str(root / "out"), "--certs"]
    made = CliRunner().invoke(main, [*arguments, "--engine", "secretflow", *addresses])
    assert made.exit_code == 0, made.output
    for party in PARTIES:
        rows = "".join(f"{30 + number};{60.5 + number}\n" for number in range(20))
        (root / "out" / party / "patients.csv").write_text(f"age;weight\n{rows}", encoding="utf-8")
    coordinator = root / "coordinator"
    coordinator.mkdir()
    for name in ("train_fed.py", "reading.py"):
        shutil.copy(root / name, coordinator / name)
    folders = "".join(f'{party} = "../out/{party}"\n' for party in PARTIES)
    (coordinator / "federation.toml").write_text(
        f'engine = "processes"\n[folders]\n{folders}', encoding="utf-8"
    )
    return root


@pytest.fixture(name="parties")
def _parties(_pattern: Path, tmp_path: Path) -> Parties:
    shutil.copytree(_pattern, tmp_path / "here")
    return Parties(tmp_path / "here")


def _free_ports(count: int) -> list[int]:
    taken = [socket.socket() for _ in range(count)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports
