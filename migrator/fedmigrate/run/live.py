"""A run at a terminal: a table that is drawn anew below what the script prints."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live as Drawing
from rich.table import Table
from rich.text import Text

from fedmigrate.run.state import Party, RunState
from fedmigrate.run.text import estimate, in_bytes, in_time, lines_of, total

_MOST_PARTIES = 12  # more would not leave room for what the script prints


class Live:
    """The view of people who watch."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._drawing = Drawing(
            console=self._console, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._lock = threading.Lock()
        self._torn = {"out": b"", "error": b""}
        self._drawing.start()

    def out(self, printed: bytes) -> None:
        if sys.stdout.isatty():
            self._print("out", printed)
        else:
            sys.stdout.buffer.write(printed)
            sys.stdout.flush()

    def error(self, printed: bytes) -> None:
        self._print("error", printed)

    def event(self, event: Mapping[str, Any], state: RunState) -> None:
        if event["event"] == "presence":
            for line in lines_of(event, state):
                self.say(line)

    def tick(self, state: RunState) -> None:
        self._drawing.update(drawn(state))

    def say(self, line: str) -> None:
        self._console.print(f"fedmigrate: {line}", markup=False, highlight=False, soft_wrap=True)

    def close(self, status: Mapping[str, Any]) -> None:
        self._drawing.stop()
        for name, torn in self._torn.items():
            if torn:
                self._print(name, b"\n")

    def _print(self, name: str, printed: bytes) -> None:
        with self._lock:
            *lines, self._torn[name] = (self._torn[name] + printed).split(b"\n")
            for line in lines:
                shown = line.rpartition(b"\r")[2].decode("utf-8", "replace")
                self._console.print(Text.from_ansi(shown), soft_wrap=True)


def drawn(state: RunState) -> RenderableType:
    """The parties, the fit that is under way, and how far it is."""
    table = Table(box=None, pad_edge=False)
    for name in ("party", "", "answers", "to it", "from it", "seconds an answer"):
        table.add_column(name, justify="left" if name in ("party", "") else "right")
    shown = dict(sorted(state.parties.items(), key=lambda entry: entry[1].present))
    stragglers = state.stragglers
    for name, party in list(shown.items())[:_MOST_PARTIES]:
        table.add_row(
            name,
            Text("missing", "red")
            if not party.present
            else Text("slow", "yellow")
            if name in stragglers
            else "",
            str(party.rounds),
            in_bytes(party.sent),
            in_bytes(party.received),
            _pace(party),
        )
    if len(shown) > _MOST_PARTIES:
        table.add_row(f"and {len(shown) - _MOST_PARTIES} more")
    return Group(table, Text(_doing(state)), Text(total(state)))


def _pace(party: Party) -> str:
    return "unknown" if party.pace is None else f"{party.pace:.3f}"


def _doing(state: RunState) -> str:
    now = state.operation
    if now is None:
        return f"{state.operations} fits are done"
    took = "" if state.last is None else f", {in_time(max(0.0, state.last - now.began))}"
    told = f"{now.purpose}: round {now.rounds}{took}"
    if now.step is not None:
        told += f", step {now.step}" + (f" of at most {now.of}" if now.of else "")
    if now.loss is not None:
        told += f", loss {now.loss:.6g}"
    return f"{told}, ends {estimate(now)}"
