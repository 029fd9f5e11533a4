"""Real parties on one machine: each in a process of its own, in its own folder, with its own
settings. A rehearsal of a deployment, in which rows never are in the coordinator's process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from fedruntime.engines.lines import Lines, PartyGone
from fedruntime.errors import ProtocolError, RevealError, SettingsError
from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.served import read_frame, write_frame
from fedruntime.messages import Public, Reply, Request, pack_request, unpack_reply

_LOG_FILE = Path(".fedmigrate") / "party.log"
_FAREWELL = 10  # seconds that a process has to end by itself


class ProcessEngine:
    """A process a party.

    Parameters
    ----------
    folders : mapping of party to Path
        Where each party's ``party.toml`` lies.
    script_sha256 : str
        Of the running script, for the parties to compare with what they have reviewed.

    Raises
    ------
    SettingsError
        If a party refuses to begin; names it, and what it says.
    """

    simulated = False

    def __init__(self, folders: Mapping[str, Path], script_sha256: str) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lines = Lines()
        try:
            for party, folder in folders.items():
                self._processes[party] = _started(party, folder)
            for party, process in self._processes.items():
                _greet(party, process, script_sha256)
                self._lines.add(party, partial(_deliver, process))
        except BaseException:
            self.stop()
            raise

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        return self._lines.call(requests, timeout=timeout)

    def reachable(self, party: str) -> bool:
        return self._processes[party].poll() is None and self._lines.idle(party)

    def place(self, party: str, name: str, rows: Any) -> Public:
        raise RevealError(f"{party!r} is a real party: it loads its own rows, by fed.load")

    def public_random(self, count: int) -> bytes:
        return os.urandom(count)

    def stop(self) -> None:
        self._lines.close()
        for process in self._processes.values():
            assert process.stdin is not None
            try:
                process.stdin.close()  # where its requests end, it ends
            except BrokenPipeError:
                continue  # it has gone before
        for process in self._processes.values():
            try:
                process.wait(_FAREWELL)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _started(party: str, folder: Path) -> subprocess.Popen[bytes]:
    if not folder.is_dir():
        raise SettingsError(f"there is no folder {folder} of party {party!r}")
    log = folder / _LOG_FILE
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "fedruntime.hosting.served", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )


def _greet(party: str, process: subprocess.Popen[bytes], script_sha256: str) -> None:
    try:
        write_frame(_open(process.stdin), script_sha256.encode())
        said = read_frame(_open(process.stdout))
    except BrokenPipeError:
        said = None
    if said is None:
        raise SettingsError(f"the process of party {party!r} has ended: see {_LOG_FILE} there")
    if said:
        raise SettingsError(f"party {party!r} takes no part: {said.decode()}")


def _deliver(process: subprocess.Popen[bytes], request: Request) -> Reply:
    try:
        write_frame(_open(process.stdin), dumps(pack_request(request)))
        frame = read_frame(_open(process.stdout))
    except (BrokenPipeError, ProtocolError) as error:
        raise PartyGone from error
    if frame is None:
        raise PartyGone
    return unpack_reply(loads(frame))


def _open(stream: IO[bytes] | None) -> Any:
    assert stream is not None
    return stream
