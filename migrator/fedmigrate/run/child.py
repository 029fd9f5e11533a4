"""The process of a run: what it prints is passed on while it runs, and an interrupt ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import IO

Sink = Callable[[bytes], None]
_CHUNK = 65_536
_FAREWELL = 10.0  # seconds that an interrupted script has to end by itself
_LAST_WORDS = 1.0  # seconds for what is still in the pipes


class Child:
    """A process whose output is passed on by threads.

    Parameters
    ----------
    process : Popen
        With pipes, in a session of its own.
    out, error : callable
        Take what it prints.
    """

    def __init__(self, process: subprocess.Popen[bytes], out: Sink, error: Sink) -> None:
        self._process = process
        self._pumps = [
            threading.Thread(target=_pump, args=(stream, sink), daemon=True)
            for stream, sink in ((process.stdout, out), (process.stderr, error))
        ]
        for pump in self._pumps:
            pump.start()

    def wait(self, seconds: float) -> int | None:
        """Its exit code, if it ends within so many seconds."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def interrupt(self) -> int:
        """Ask it to end as by Ctrl-C, and see to it that it does; its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        code = self.wait(_FAREWELL)
        if code is None:
            code = self.kill()
        return code

    def kill(self) -> int:
        """End it at once, with all that it has started; its exit code."""
        if hasattr(os, "killpg"):
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        return self._process.wait()

    def drain(self) -> None:
        """Wait until all that it has printed is passed on."""
        for pump in self._pumps:
            pump.join(_LAST_WORDS)  # what it has left running may hold its output open


def _pump(stream: IO[bytes] | None, sink: Sink) -> None:
    assert stream is not None  # both are pipes
    with stream:
        while chunk := os.read(stream.fileno(), _CHUNK):
            sink(chunk)
