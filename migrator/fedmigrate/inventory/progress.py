"""A progress bar on standard error, for runs that take longer than one waits without asking."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

_PATIENCE_S = 2.0


class ProgressBar:
    """Shows how many scripts are done once two seconds have passed; nothing where nobody looks."""

    def __init__(self) -> None:
        columns = ("scripts", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._console = Console(stderr=True)
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("scripts")
        self._start = time.monotonic()
        self._shown = False

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        waited = time.monotonic() - self._start
        if not self._shown and self._console.is_terminal and waited > _PATIENCE_S:
            self._shown = True
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)
