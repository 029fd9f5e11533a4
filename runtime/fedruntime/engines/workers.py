"""Threads for what may never come back, such as waiting for a party: unlike those of
``concurrent.futures`` they do not keep a script from ending.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from fedruntime.errors import ProtocolError


class Workers:
    """Threads that take up work as it comes.

    Parameters
    ----------
    most : int
        Of the threads; they are started as they are needed.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._started = 0
        self._closed = False
        self._idle = threading.Semaphore(0)
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()

    def let(self, work: Callable[[], None]) -> None:
        """Let a thread do something that raises nothing.

        Raises
        ------
        ProtocolError
            After ``close``.
        """
        with self._lock:
            self.require_open()
            self._work.put(work)
            if self._idle.acquire(blocking=False) or self._started == self._most:
                return
            self._started += 1
            name = f"party_{self._started}"
        threading.Thread(
            target=_take_up, args=(self._work, self._idle), name=name, daemon=True
        ).start()

    def require_open(self) -> None:
        """Raise ``ProtocolError`` after ``close``."""
        if self._closed:
            raise ProtocolError("this federation has ended: no party is asked any more")

    def close(self) -> None:
        """Let the threads end when they have nothing to do any more."""
        with self._lock:
            self._closed = True
            for _ in range(self._started):
                self._work.put(None)


def _take_up(queue: SimpleQueue[Callable[[], None] | None], idle: threading.Semaphore) -> None:
    while (work := queue.get()) is not None:
        work()
        del work  # an idle thread keeps nothing alive
        idle.release()
