"""Who is told about a run while it goes on: people at a terminal, a log, a program. Each view also
decides where what the script prints goes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

from fedmigrate.run.state import RunState
from fedmigrate.run.text import lines_of, still_running

_HEARTBEAT = 30.0  # seconds after which a log is told that the run still goes on


class View(Protocol):
    """A way of telling."""

    def out(self, printed: bytes) -> None:
        """The script has printed this to its standard output."""

    def error(self, printed: bytes) -> None:
        """The script has printed this to its standard error."""

    def event(self, event: Mapping[str, Any], state: RunState) -> None:
        """Something has happened; the state has taken it in."""

    def tick(self, state: RunState) -> None:
        """Called now and then."""

    def say(self, line: str) -> None:
        """Tell people something."""

    def close(self, status: Mapping[str, Any]) -> None:
        """The run is over."""


class Log:
    """Plain lines on standard error; what the script prints passes through.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told = clock()

    def out(self, printed: bytes) -> None:
        _pass_on(printed, sys.stdout)

    def error(self, printed: bytes) -> None:
        _pass_on(printed, sys.stderr)

    def event(self, event: Mapping[str, Any], state: RunState) -> None:
        for line in lines_of(event, state):
            self.say(line)

    def tick(self, state: RunState) -> None:
        if self._clock() - self._told >= _HEARTBEAT:
            self.say(still_running(state))

    def say(self, line: str) -> None:
        self._told = self._clock()
        sys.stderr.write(f"fedmigrate: {line}\n")
        sys.stderr.flush()

    def close(self, status: Mapping[str, Any]) -> None:
        """Nothing is left to say."""


class Machine:
    """Events as JSON lines on standard output, the status as the last one; standard error has all
    else."""

    def out(self, printed: bytes) -> None:
        _pass_on(printed, sys.stderr)

    def error(self, printed: bytes) -> None:
        _pass_on(printed, sys.stderr)

    def event(self, event: Mapping[str, Any], state: RunState) -> None:
        self._write(event)

    def tick(self, state: RunState) -> None:
        """A program has its own clock."""

    def say(self, line: str) -> None:
        sys.stderr.write(f"fedmigrate: {line}\n")

    def close(self, status: Mapping[str, Any]) -> None:
        self._write({"event": "status", **status})

    def _write(self, value: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


def view_for(as_json: bool) -> View:
    """The view that fits who is there."""
    if as_json:
        return Machine()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from fedmigrate.run.live import Live

        return Live()
    return Log()


def _pass_on(printed: bytes, stream: TextIO) -> None:
    stream.buffer.write(printed)
    stream.flush()
