"""A progress line on fits that take over two seconds, where someone watches a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_PATIENCE_SECONDS = 2.0


class Progress:
    """Counts rounds and bytes of the fit that is under way, and shows them when it takes long."""

    def __init__(self) -> None:
        self._depth = 0
        self._title = ""
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
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0 and self._bar is not None:
                self._bar.stop()
                self._bar = None

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
