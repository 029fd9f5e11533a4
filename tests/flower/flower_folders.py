"""A real deployment on the loopback of one machine: folders as ``fedmigrate deploy`` writes them, a
SuperLink, a node a party. Each process sees its own folder alone.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

LIMIT = 1800.0  # seconds after which a test gives up: a guard against hanging, no bar on speed
_BIN = Path(sys.executable).parent


class FlowerFolders:
    """Folders of a coordinator and of parties, and the processes in them.

    Parameters
    ----------
    root : Path
        An empty folder.
    script : str
        The federated script.
    tables : mapping of str to DataFrame
        Each party's own rows, which it finds as ``patients.csv``.
    policy : str
        That all parties hold.
    """

    def __init__(
        self, root: Path, script: str, tables: Mapping[str, pd.DataFrame], policy: str
    ) -> None:
        self.parties = tuple(tables)
        self.port = free_port()
        (root / "train_fed.py").write_text(script, encoding="utf-8")
        where = f"coordinator=127.0.0.1:{self.port}"
        deploy = ("deploy", "train_fed.py", "--engine", "flower", "-o", "out", "--certs")
        done = program(root, "fedmigrate", *deploy, "--address", where)
        assert done.returncode == 0, done.stderr
        self.coordinator = root / "out" / "coordinator"
        self.folders = {party: root / "out" / party for party in tables}
        for party, table in tables.items():
            table.to_csv(self.folders[party] / "patients.csv", index=False)
            (self.folders[party] / "policy.toml").write_text(policy, encoding="utf-8")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start the SuperLink, tell it the parties' keys, and start their nodes."""
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        tls = ("--ssl-ca-certfile", "ca.crt", "--ssl-certfile", "server.crt")
        options = ("--enable-supernode-auth", "--disable-runtime-dependency-installation")
        self._start(
            "superlink",
            self.coordinator,
            ["flower-superlink", *address, *options, *tls, "--ssl-keyfile", "server.key"],
        )
        wait_until(lambda: answers(self.port), "the SuperLink answers")
        for party in self.parties:
            key = f"nodes/{party}.pub"
            done = program(self.coordinator, "flwr", "supernode", "register", key, "coordinator")
            assert done.returncode == 0, done.stdout + done.stderr
        for party in self.parties:
            self.start_node(party)

    def start_node(self, party: str) -> None:
        command = ["python", "-m", "fedruntime.engines.flower.node", "."]
        self._start(party, self.folders[party], command)

    def start_stock_node(self, party: str) -> None:
        """Start a SuperNode as Flower's users do, which runs what an app brings along."""
        command = ["flower-supernode", "--superlink", f"127.0.0.1:{self.port}"]
        keys = ["--root-certificates", "ca.crt", "--auth-supernode-private-key"]
        port = ["--port", str(free_port())]
        self._start(party, self.folders[party], [*command, *keys, f"{party}.node.key", *port])

    def stop_node(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        process.wait(30)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the script, as the coordinator does."""
        return program(self.coordinator, "fedmigrate", "run", "train_fed.py", "--engine", "flower")

    def begin_run(self) -> subprocess.Popen[bytes]:
        """Begin to run the script."""
        command = ["fedmigrate", "run", "train_fed.py", "--engine", "flower"]
        self._start("run", self.coordinator, command)
        return self._running["run"]

    def kill_node(self, party: str) -> None:
        """Let a party's SuperNode end without a word."""
        found = program(
            self.coordinator, "pgrep", "-f", f"flower-supernode .*{self.folders[party]}"
        )
        assert found.stdout.split(), f"there is no SuperNode of {party}"
        for number in found.stdout.split():
            os.kill(int(number), signal.SIGKILL)
        self._running.pop(party).wait(30)

    def log(self, name: str) -> str:
        """What a process has printed so far."""
        return (self._log(name)).read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End all processes, the SuperLink last."""
        for name in [*self.parties, "run", "superlink"]:
            if name in self._running:
                self.stop_node(name)

    def _log(self, name: str) -> Path:
        return self.coordinator.parent / f"{name}.log"

    def _start(self, name: str, folder: Path, command: list[str]) -> None:
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [str(_BIN / command[0]), *command[1:]],
                cwd=folder,
                env=environment(self.coordinator),
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def program(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment in a folder, to its end."""
    found = _BIN / name
    return subprocess.run(
        [str(found) if found.is_file() else name, *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )


def environment(coordinator: Path) -> dict[str, str]:
    """As the READMEs say to set it. Flower finds its programs by the path."""
    return {
        **os.environ,
        "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
        "FLWR_HOME": str(coordinator / "flower"),
        "FLWR_TELEMETRY_ENABLED": "0",
        "COLUMNS": "200",
    }


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that will come about, however slow the machine is."""
    until = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < until, f"in vain: {what}"
        time.sleep(0.2)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
