"""The lines to parties that answer one request after another: what engines of one coordinator
share, however a request reaches its party.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

from fedruntime.engines.workers import Workers
from fedruntime.errors import PartyGone
from fedruntime.messages import Reply, Request

Deliver = Callable[[Request], Reply]


class Lines:
    """A line to each party.

    Parameters
    ----------
    at_once : int
        With how many parties at most something goes on at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._lines: dict[str, _Line] = {}
        self._workers = Workers(at_once)
        weakref.finalize(self, self._workers.close)

    def add(self, party: str, deliver: Deliver) -> None:
        """Open a line to a party.

        Parameters
        ----------
        deliver : callable
            Hands a request over and gives the reply; raises ``PartyGone`` where there is none.
        """
        self._lines[party] = _Line(deliver)

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        """See ``Engine.call``.

        Raises
        ------
        ProtocolError
            After ``close``.
        """
        self._workers.require_open()
        pending = {
            party: self._lines[party].enter(request, self._workers)
            for party, request in requests.items()
        }
        until = None if timeout is None else time.monotonic() + timeout
        replies = {}
        for party, reply in pending.items():
            try:
                replies[party] = reply.result(
                    None if until is None else max(0.0, until - time.monotonic())
                )
            except NotInTime:
                reply.cancel()  # if it has not been begun, it never is
            except PartyGone:
                continue
        return replies

    @property
    def seconds(self) -> dict[str, float]:
        """How long the last answer of each party took."""
        return {party: line.seconds for party, line in self._lines.items()}

    def idle(self, party: str) -> bool:
        """Whether a party has answered all that it was asked."""
        return self._lines[party].idle

    def close(self) -> None:
        """Take no more requests."""
        self._workers.close()


class _Line:
    """The requests of one party, which works on one at a time, in the order in which they came."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._waiting: deque[tuple[Future[Reply], Request]] = deque()
        self._lock = threading.Lock()
        self._open = 0  # requests without a reply
        self._working = False
        self.seconds = 0.0  # that the last answer took

    @property
    def idle(self) -> bool:
        return self._open == 0

    def enter(self, request: Request, workers: Workers) -> Future[Reply]:
        reply: Future[Reply] = Future()
        with self._lock:
            self._waiting.append((reply, request))
            self._open += 1
            begin, self._working = not self._working, True
        if begin:
            workers.let(self._work)
        return reply

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._working = False
                    return
                reply, request = self._waiting.popleft()
            if reply.set_running_or_notify_cancel():
                self._answer(reply, request)
            else:
                self._close()

    def _answer(self, reply: Future[Reply], request: Request) -> None:
        began = time.monotonic()
        try:
            answer = self._deliver(request)
        except BaseException as error:  # handed on to whoever waits
            self._close()
            reply.set_exception(error)
        else:
            self.seconds = time.monotonic() - began
            self._close()
            reply.set_result(answer)

    def _close(self) -> None:
        with self._lock:
            self._open -= 1
