"""A party's process as its parent sees it: started in the party's folder, asked, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO

from fedruntime.errors import PartyGone, ProtocolError, SettingsError
from fedruntime.hosting.frames import read_frame, write_frame

LOG_FILE = Path(".fedmigrate") / "party.log"  # below the party's folder
_FAREWELL = 10.0  # seconds that a process has to end by itself


class PartyProcess:
    """A process that serves the party of a folder; what it prints goes to ``LOG_FILE`` there.

    Parameters
    ----------
    folder : Path
        Where ``party.toml`` lies.
    environment : mapping of str to str, optional
        The process's; by default this one's own.

    Raises
    ------
    SettingsError
        If there is no such folder.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        if not folder.is_dir():
            raise SettingsError(f"there is no folder {folder} of a party")
        self._asking = Lock()
        log = folder / LOG_FILE
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fedruntime.hosting.served", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=folder,  # which is where Python then imports from first
                env=environment,
                start_new_session=True,  # who interrupts this process does not mean the party's
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, frame: bytes) -> bytes:
        """The answer to a frame.

        Raises
        ------
        PartyGone
            If the process ends before it has answered, or was stopped.
        """
        try:
            with self._asking:
                write_frame(_open(self._process.stdin), frame)
                answer = read_frame(_open(self._process.stdout))
        except (BrokenPipeError, ProtocolError, ValueError) as error:  # the last of closed streams
            self.kill()
            raise PartyGone(str(error)) from error
        if answer is None:
            self.kill()  # its streams go before it does
            raise PartyGone("its process has ended")
        return answer

    def kill(self) -> None:
        """End the process at once, and those that it has started."""
        if not self.alive:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):  # it is just ending
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Let the process end, and see to it that it does; does nothing where it was stopped."""
        stop_together([self])

    def _hang_up(self, until: float) -> None:
        answered = self._asking.acquire(timeout=_left(until))
        if not answered:
            self.kill()
        with suppress(BrokenPipeError):  # it has gone before
            _open(self._process.stdin).close()  # where its requests end, it ends
        if answered:
            self._asking.release()

    def _await_end(self, until: float) -> None:
        try:
            self._process.wait(_left(until))
        except subprocess.TimeoutExpired:
            self.kill()
        _open(self._process.stdout).close()


def stop_together(processes: Collection[PartyProcess]) -> None:
    """Stop several processes in the time of one."""
    until = time.monotonic() + _FAREWELL
    for process in processes:
        process._hang_up(until)
    for process in processes:
        process._await_end(until)


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # both are pipes
    return stream
