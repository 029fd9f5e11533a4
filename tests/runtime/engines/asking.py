"""Requests as the suites send them to an engine, and what comes back."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import party_functions

from fedruntime.engines.engine import Engine
from fedruntime.functions import name_of
from fedruntime.messages import Release, Reply, Request

_NUMBERS = itertools.count()
PATIENCE = 60.0  # seconds after which a test gives up; nothing should take nearly as long


def running(function: Callable[..., Any], *args: Any) -> Request:
    """A party runs a function, and keeps what it gives."""
    return Request(
        "device.run",
        {"function": name_of(function), "args": list(args), "kwargs": {}},
        Release.KEEP,
        keep_as=f"kept{next(_NUMBERS)}",
    )


def echoing(value: Any) -> Request:
    """A party sends back what it is given."""
    return Request("conformance.echo", {"value": value}, Release.CLEAR)


def offer_operations(engine: Engine, parties: Sequence[str]) -> None:
    """Let parties know the operations of the suite."""
    asked = running(party_functions.offer_operations)
    replies = engine.call(dict.fromkeys(parties, asked), timeout=PATIENCE)
    assert [replies[party].error for party in parties] == [None] * len(parties)


def ask(engine: Engine, party: str, request: Request) -> Reply:
    return engine.call({party: request}, timeout=PATIENCE)[party]


def echoed(engine: Engine, party: str, value: Any) -> Any:
    reply = ask(engine, party, echoing(value))
    assert reply.error is None, reply.error
    return reply.arrays["value"]


def process_of(engine: Engine, party: str) -> int:
    """The number of the process in which a party lives."""
    reply = ask(engine, party, Request("conformance.process", {}, Release.CLEAR))
    return int(np.asarray(reply.arrays["number"]))


def await_party(engine: Engine, party: str) -> None:
    """Wait until a party can be asked."""
    until = time.monotonic() + PATIENCE
    while not engine.reachable(party):
        assert time.monotonic() < until, f"{party} is not reachable"
        time.sleep(0.01)
