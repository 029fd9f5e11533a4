"""The default engine: all parties in this process, one thread each.

Messages pass through the same closed schema as on a wire, so a script that runs here holds
nothing that another engine could not carry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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


class LocalEngine:
    """Simulated parties on threads.

    Parameters
    ----------
    parties : sequence of str
    """

    simulated = True

    def __init__(self, parties: Sequence[str]) -> None:
        self._parties: dict[str, Party] = {}
        self._pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="party")
        for name in parties:
            self.add(name)

    def add(self, party: str) -> None:
        """Let one more party take part."""
        self._parties[party] = Party(party, quote_failures=True)

    def call(self, requests: Mapping[str, Request]) -> dict[str, Reply]:
        pending = {
            party: self._pool.submit(self._deliver, party, request)
            for party, request in requests.items()
        }
        return {party: reply.result() for party, reply in pending.items()}

    def _deliver(self, party: str, request: Request) -> Reply:
        reply = self._parties[party].handle(unpack_request(pack_request(request)))
        return unpack_reply(pack_reply(reply))

    def place(self, party: str, name: str, rows: Any) -> Public:
        return self._parties[party].put(name, rows)

    def stop(self) -> None:
        self._pool.shutdown(wait=False)
