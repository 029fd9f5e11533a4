"""The default engine: all parties in this process, each working off its requests one by one.

Messages pass through the same closed schema as on a wire, so a script that runs here holds
nothing that another engine could not carry.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import replace
from functools import partial
from typing import Any

from fedruntime.crypto.identity import Identity
from fedruntime.messages import (
    Public,
    Reply,
    Request,
    pack_reply,
    pack_request,
    unpack_reply,
    unpack_request,
)
from fedruntime.party import Party
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.policy import ENFORCE, Policies


class LocalEngine:
    """Simulated parties on threads.

    Parameters
    ----------
    parties : sequence of str
    budget : PrivacyBudget, optional
        What each of the parties insists on.
    policies : Policies
        Those of the parties. They are enforced only if these say so.
    min_parties : int, optional
        What a policy has that does not say itself over how many parties a sum has to be.
    """

    simulated = True

    def __init__(
        self,
        parties: Sequence[str],
        budget: PrivacyBudget | None = None,
        policies: Policies | None = None,
        min_parties: int | None = None,
    ) -> None:
        self._budget = budget
        self._policies = policies or Policies()
        self._min_parties = min_parties
        self._parties: dict[str, Party] = {}
        self._identities: dict[str, bytes] = {}
        self._lines: dict[str, _Line] = {}
        self._pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="party")
        for name in parties:
            self.add(name)

    def add(self, party: str) -> None:
        """Let one more party take part."""
        policies = self._policies
        policy = policies.of(party)
        if policy.min_parties is None:
            policy = replace(policy, min_parties=self._min_parties)
        guard = Guard(policy, enforce=policies.mode == ENFORCE)
        identity = Identity.generate()
        self._identities[party] = identity.public
        self._parties[party] = Party(
            party,
            quote_failures=True,
            budget=self._budget,
            guard=guard,
            identity=identity,
            identities=self._identities,  # those who join later are seen by all
        )
        self._lines[party] = _Line(partial(self._deliver, party))

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        pending = {
            party: self._lines[party].enter(request, self._pool)
            for party, request in requests.items()
        }
        if timeout is None:
            return {party: reply.result() for party, reply in pending.items()}
        until = time.monotonic() + timeout
        replies = {}
        for party, reply in pending.items():
            try:
                replies[party] = reply.result(max(0.0, until - time.monotonic()))
            except NotInTime:
                reply.cancel()  # if it has not been begun, it never is
        return replies

    def _deliver(self, party: str, request: Request) -> Reply:
        reply = self._parties[party].handle(unpack_request(pack_request(request)))
        return unpack_reply(pack_reply(reply))

    def reachable(self, party: str) -> bool:
        return self._lines[party].idle

    def place(self, party: str, name: str, rows: Any) -> Public:
        return self._parties[party].put(name, rows)

    def stop(self) -> None:
        self._pool.shutdown(wait=False)


class _Line:
    """The requests of one party, which works on one at a time, in the order in which they came.

    Parameters
    ----------
    deliver : callable
        Hands a request over and gives the reply.
    """

    def __init__(self, deliver: Callable[[Request], Reply]) -> None:
        self._deliver = deliver
        self._waiting: deque[tuple[Future[Reply], Request]] = deque()
        self._lock = threading.Lock()
        self._open = 0  # requests without a reply
        self._working = False

    @property
    def idle(self) -> bool:
        return self._open == 0

    def enter(self, request: Request, pool: ThreadPoolExecutor) -> Future[Reply]:
        reply: Future[Reply] = Future()
        with self._lock:
            self._waiting.append((reply, request))
            self._open += 1
            begin, self._working = not self._working, True
        if begin:
            pool.submit(self._work)
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
        try:
            answer = self._deliver(request)
        except BaseException as error:  # handed on to whoever waits
            self._close()
            reply.set_exception(error)
        else:
            self._close()
            reply.set_result(answer)

    def _close(self) -> None:
        with self._lock:
            self._open -= 1
