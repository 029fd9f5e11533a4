"""A party's end: ``python -m fedruntime.engines.flower.node FOLDER`` starts a SuperNode that comes
to the SuperLink, and answers what comes by it from the party's own process, one for each run.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import httpx

from fedruntime.engines.flower.records import FAREWELL, GREETING, REQUEST, frame_of
from fedruntime.engines.flower.settings import FlowerSettings, flower_settings
from fedruntime.engines.flower.tasks import Task, TaskGone, TaskQueue
from fedruntime.errors import FedError, PartyGone, SettingsError
from fedruntime.hosting.child import PartyProcess
from fedruntime.hosting.party_settings import PartySettings, read_party_settings

_LOOK_AGAIN = 0.1  # seconds between looks for messages
_PATIENCE = 10.0  # seconds that a SuperNode has to begin, or to end, or a SuperLink to answer
_SECRET = Path(".fedmigrate") / "supernode.secret"  # below the party's folder


class PartyNode:
    """What a party answers to the runs of a SuperLink, of which it serves one at a time.

    Parameters
    ----------
    settings : PartySettings
    """

    def __init__(self, settings: PartySettings) -> None:
        self._settings = settings
        self._process: PartyProcess | None = None
        self._run = 0
        self._last = time.monotonic()

    def answer(self, task: Task) -> None:
        """Answer a message, or refuse it."""
        self._last = time.monotonic()
        kind = task.message.metadata.message_type
        if kind == GREETING:
            self._begin(task)
        elif self._process is None or task.run != self._run:
            task.refuse(f"{self._settings.name!r} has no process for this run")
        elif kind == REQUEST:
            self._ask(self._process, task)
        elif kind == FAREWELL:
            self.stop()
            task.answer(self._settings.name, b"")
        else:
            task.refuse(f"{kind!r} is no message of ours")

    def _begin(self, task: Task) -> None:
        self.stop()  # of an earlier run, which may have ended without a farewell
        self._process, self._run = PartyProcess(self._settings.folder), task.run
        self._ask(self._process, task)

    def _ask(self, process: PartyProcess, task: Task) -> None:
        try:
            task.answer(self._settings.name, process.ask(frame_of(task.message.content)[1]))
        except (PartyGone, FedError) as error:
            task.refuse(str(error))
            self.stop()

    def stop_if_idle(self) -> None:
        """Forget all of a run from which nothing has been heard for long."""
        if self._process is not None and time.monotonic() - self._last > self._settings.idle:
            _say(f"nothing was asked for {self._settings.idle:g} seconds: all is forgotten")
            self.stop()

    def stop(self) -> None:
        """Forget all of the run."""
        if self._process is not None:
            self._process.stop()
            self._process = None


def serve(settings: PartySettings) -> int:
    """Take part in runs until the SuperNode ends or is asked to; the exit code of the process."""
    told = flower_settings(settings.flower, settings.folder)
    _require_trusted(told)
    node, secret, port = PartyNode(settings), secrets.token_bytes(32), _free_port()
    supernode = subprocess.Popen(
        _command(told, port, _written(settings.folder / _SECRET, secret)),
        cwd=settings.folder,
        env={**os.environ, "FLWR_TELEMETRY_ENABLED": "0"},
    )
    asked_to_end = _end_when_asked(supernode)
    queue = TaskQueue(f"127.0.0.1:{port}", secret)
    try:
        _await(port, supernode)
        while supernode.poll() is None:
            if not _answered(queue, node):
                node.stop_if_idle()
                time.sleep(_LOOK_AGAIN)
    except httpx.TransportError as error:
        _say(f"the SuperNode does not answer: {error}")
    finally:
        queue.close()
        node.stop()
        code = _ended(supernode)
    if asked_to_end.is_set():
        return 0
    _say(
        f"the SuperNode has ended with exit code {code}; its own lines above say why. Where it "
        "could not be activated, the SuperLink does not know the public key that belongs to "
        f"{told.key}: ask the coordinator to register it"
    )
    return 1


def _answered(queue: TaskQueue, node: PartyNode) -> bool:
    """Whether there was a message."""
    try:
        with queue.next() as task:
            if task is not None:
                node.answer(task)
            return task is not None
    except TaskGone as error:
        _say(f"an answer came too late: {error}")
        return True


def _command(told: FlowerSettings, port: int, secret: Path) -> list[str]:
    program = shutil.which("flower-supernode", path=str(Path(sys.executable).parent))
    if program is None:
        raise SettingsError("Flower is not installed here: pip install 'fedmigrate[flower]'")
    command = [program, "--superlink", told.superlink, "--isolation", "process"]
    command += ["--port", str(port), "--superexec-auth-secret-file", str(secret)]
    command += ["--insecure"] if told.ca is None else ["--root-certificates", str(told.ca)]
    if told.key is not None:
        command += ["--auth-supernode-private-key", str(told.key)]
    return command


def _require_trusted(told: FlowerSettings) -> None:
    """Refuse a SuperLink whose certificate does not hold; a SuperNode would try without end."""
    if told.ca is None:
        return
    trust = ssl.create_default_context(cafile=str(told.ca))
    try:
        with (
            socket.create_connection((told.host, told.port), timeout=_PATIENCE) as link,
            trust.wrap_socket(link, server_hostname=told.host),
        ):
            return
    except ssl.SSLCertVerificationError as error:
        raise SettingsError(
            f"the certificate of the SuperLink {told.superlink} does not hold: "
            f"{error.verify_message}. Compare it with {told.ca}, and ask the coordinator"
        ) from error
    except ssl.SSLError as error:
        raise SettingsError(f"{told.superlink} does not speak TLS: {error.reason}") from error
    except OSError as error:
        _say(f"the SuperLink {told.superlink} is not there yet ({error}): waiting for it")


def _written(path: Path, secret: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    return path


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _await(port: int, supernode: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while supernode.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_LOOK_AGAIN)


def _end_when_asked(supernode: subprocess.Popen[bytes]) -> threading.Event:
    asked = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        asked.set()
        supernode.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return asked


def _ended(supernode: subprocess.Popen[bytes]) -> int:
    """Its exit code; one that does not answer is about to end, and says why if it is let."""
    try:
        return supernode.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        supernode.kill()
        return supernode.wait()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Let the party of a folder take part in the runs of a SuperLink."""
    parser = argparse.ArgumentParser(
        prog="python -m fedruntime.engines.flower.node",
        description="Let the party of a folder take part in the runs of a Flower SuperLink.",
    )
    parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="of its party.toml")
    try:
        return serve(read_party_settings(parser.parse_args(arguments).folder))
    except SettingsError as error:
        _say(str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
