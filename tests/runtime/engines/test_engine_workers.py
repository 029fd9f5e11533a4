"""Threads that wait for parties: few, used again, and gone with their engine."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable

import pytest
from asking import PATIENCE, running

from fedruntime.engines.local import LocalEngine
from fedruntime.engines.workers import Workers
from fedruntime.errors import ProtocolError


def _await(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_there_are_never_more_than_allowed() -> None:
    workers, go_on, begun = Workers(3), threading.Event(), []
    for number in range(10):
        workers.let(lambda number=number: (begun.append(number), go_on.wait(PATIENCE)))
    _await(lambda: len(begun) == 3)
    go_on.set()
    _await(lambda: len(begun) == 10)
    assert sorted(begun) == list(range(10))
    workers.close()


def test_an_idle_thread_is_used_again() -> None:
    workers, seen = Workers(3), []
    for number in range(5):
        workers.let(lambda: seen.append(threading.current_thread()))
        _await(lambda number=number: len(seen) == number + 1)
        _await(lambda: workers._idle._value > 0)
    assert len(set(seen)) == 1
    workers.close()
    with pytest.raises(ProtocolError, match="has ended"):
        workers.let(seen.clear)
    seen[0].join(PATIENCE)
    assert not seen[0].is_alive()


def test_nothing_is_left_of_an_engine_that_nobody_holds() -> None:
    before = set(threading.enumerate())
    engine = LocalEngine(["alice"])
    engine.call({"alice": running(list)})
    started = set(threading.enumerate()) - before
    assert len(started) == 1
    gone = weakref.ref(engine)
    del engine
    gc.collect()
    assert gone() is None
    _await(lambda: not any(thread.is_alive() for thread in started))
