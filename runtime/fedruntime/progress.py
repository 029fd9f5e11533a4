"""How far the fit is that is under way: told as events, and shown as a line where it takes over two
seconds and someone watches a terminal.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fedruntime.events import Events

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_PATIENCE_SECONDS = 2.0


class Progress:
    """Counts rounds and bytes of the fit that is under way, and shows them when it takes long.

    Parameters
    ----------
    events : Events, optional
        Where it is told, too.
    """

    def __init__(self, events: Events | None = None) -> None:
        self._events = events or Events()
        self._depth = 0
        self._title = ""
        self._most: int | None = None
        self._started = 0.0
        self._rounds = 0
        self._bytes = 0
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    @contextmanager
    def fit(self, title: str) -> Iterator[None]:
        """Everything inside belongs to one fit; fits inside fits share the outer one's line."""
        if self._depth == 0:
            self._title, self._started = title, time.monotonic()
            self._rounds = self._bytes = 0
            self._events.tell("operation", purpose=title, state="begun")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._close()

    def expect(self, model: object, steps: int) -> None:
        """The solver of a model makes so many steps at most.

        It is told only where the fit under way is of that model, and not of many such as in a
        search, whose end nobody knows then.
        """
        if self._title == f"{type(model).__name__}.fit":
            self._most = steps

    def step(self, number: int, loss: float | None = None) -> None:
        """A solver has made a step.

        Parameters
        ----------
        number : int
            From 1 on.
        loss : float, optional
            After the step.
        """
        if self._events.on:
            told = float(loss) if loss is not None and math.isfinite(loss) else None
            self._events.tell("loss", purpose=self._title, step=number, of=self._most, loss=told)

    def round(self, sent: int) -> None:
        """One round trip to the parties, and the bytes that left them in it."""
        if not self._depth:
            return
        self._rounds += 1
        self._bytes += sent
        if self._bar is None:
            waited = time.monotonic() - self._started
            if waited < _PATIENCE_SECONDS or not sys.stderr.isatty():
                return
            self._open()
        assert self._bar is not None
        assert self._task is not None
        self._bar.update(self._task, rounds=self._rounds, sent=f"{self._bytes / 1024:,.0f} kB")

    def _close(self) -> None:
        seconds = round(time.monotonic() - self._started, 3)
        self._events.tell(
            "operation", purpose=self._title, state="ended", rounds=self._rounds, seconds=seconds
        )
        self._title, self._most = "", None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as RichProgress
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("round {task.fields[rounds]}, {task.fields[sent]} left the parties"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(self._title, total=None, rounds=0, sent="0 kB")
        self._bar.start()
