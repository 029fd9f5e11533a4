"""What a run tells of itself while it runs: one JSON object a line, in the file that the variable
``FEDMIGRATE_EVENTS`` of the environment names. Names, counts, bytes, seconds and losses; nothing
that a party holds, and no result. Without the variable nothing is told, or measured.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from fedruntime.engines.engine import Engine, Timed
from fedruntime.errors import SettingsError
from fedruntime.messages import Reply, Request, Wire, pack_reply, pack_request

VARIABLE = "FEDMIGRATE_EVENTS"
_FINISHED, _FAILED = "finished", "failed"


class Events:
    """The events of one process.

    Parameters
    ----------
    path : Path, optional
        Lines are appended to it; without a path nothing is told.
    clock : callable
        Seconds since 1970.

    Raises
    ------
    SettingsError
        If the file cannot be written.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._ended = False
        if path is not None:
            try:
                self._file = path.open("ab", buffering=0)  # a line is there when it is told
            except OSError as error:
                raise SettingsError(
                    f"{VARIABLE} = {path}: cannot be written: {error.strerror}"
                ) from error

    @property
    def on(self) -> bool:
        """Whether somebody listens, so that it is worth measuring."""
        return self._file is not None

    def tell(self, event: str, **facts: Any) -> None:
        """Write one event.

        Parameters
        ----------
        event : str
            Its kind; docs/running.md has all of them.
        **facts
            JSON values.
        """
        if self._file is None:
            return
        line = json.dumps({"event": event, "time": round(self._clock(), 3), **facts})
        with self._lock:
            try:
                self._file.write(line.encode() + b"\n")
            except OSError as error:  # a full disk is no reason to lose the training
                self._file = None
                warnings.warn(f"no more events are written: {error}", stacklevel=2)

    def end(self, error: BaseException | None) -> None:
        """The run is over; only the first time counts.

        Parameters
        ----------
        error : BaseException, optional
            What has ended it.
        """
        if self._ended:
            return
        self._ended = True
        told = None if error is None else {"type": type(error).__name__, "text": str(error)}
        self.tell("end", state=_FINISHED if error is None else _FAILED, error=told)

    def watched(
        self, engine: Engine, requests: Mapping[str, Request], timeout: float | None
    ) -> dict[str, Reply]:
        """What ``engine.call`` gives; it is told as a round."""
        if not self.on:
            return engine.call(requests, timeout=timeout)
        began = time.perf_counter()
        replies = engine.call(requests, timeout=timeout)
        seconds = time.perf_counter() - began
        known = engine.seconds if isinstance(engine, Timed) else {}
        each = {party: known[party] for party in replies if party in known}
        self.round(requests, replies, seconds, each)
        return replies

    def round(
        self,
        requests: Mapping[str, Request],
        replies: Mapping[str, Reply],
        seconds: float,
        each: Mapping[str, float],
    ) -> None:
        """One round trip to the parties: what went to each, and what came back.

        Parameters
        ----------
        seconds : float
            That it took, to the last answer or the deadline.
        each : mapping of str to float
            That the answer of each party took, where that is known.
        """
        one = next(iter(requests.values()))
        self.tell(
            "round",
            operation=one.operation,
            purpose=one.purpose,
            seconds=round(seconds, 6),
            each={party: round(took, 6) for party, took in each.items()},
            sent={party: _size(pack_request(request)) for party, request in requests.items()},
            received={party: _size(pack_reply(reply)) for party, reply in replies.items()},
            missing=[party for party in requests if party not in replies],
            failed=[party for party, reply in replies.items() if reply.error is not None],
        )


_told: dict[str, Events] = {}
_SILENT = Events()


def events_of_process() -> Events:
    """Where this process tells its events: one file for all federations of a script."""
    named = os.environ.get(VARIABLE)
    if not named:
        return _SILENT
    if named not in _told:
        _told[named] = events = Events(Path(named))
        atexit.register(lambda: events.end(getattr(sys, "last_value", None)))
    return _told[named]


def tell_end(error: BaseException | None) -> None:
    """Tell that the script is over, where it is not the process that ends with it.

    Parameters
    ----------
    error : BaseException, optional
        What has ended it.
    """
    events_of_process().end(error)


def _size(wire: Wire) -> int:
    text, arrays = wire
    return len(text) + sum(int(array.nbytes) for array in arrays)
