"""Running a pair of scripts, one after the other, each run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedmigrate.source import Source, Span
from fedmigrate.verify.pair import Pair

_LAST_LINES = 12
_LONGEST_RUN = 24 * 3600  # seconds; a script that waits for something has to end some day


@dataclass(frozen=True)
class Event:
    """One fit or score that a script made.

    Parameters
    ----------
    kind : {"fit", "score"}
    name : str
        ``Class.method``, or the function.
    line : int
    exactness : str, optional
        For a federated fit: its class.
    leaves : mapping
        Fitted attributes, or the score: arrays of numbers, and texts.
    drawn : str
        Where the global random numbers stood: before a fit, after a score.
    """

    kind: str
    name: str
    line: int
    exactness: str | None
    leaves: dict[str, Any]
    drawn: str = ""


@dataclass(frozen=True)
class Run:
    """What one script did.

    Parameters
    ----------
    path : str
    events : tuple of Event
        In the order in which they happened.
    lines : tuple of str
        What it printed.
    failure : str, optional
        The end of what it wrote to standard error, if it did not run to its end.
    failed_at : int, optional
        The line of the script where that happened, where it is known.
    """

    path: str
    events: tuple[Event, ...]
    lines: tuple[str, ...]
    failure: str | None
    failed_at: int | None = None


class Runner:
    """Runs the scripts of a pair under the recorder, as often as it is asked to.

    Parameters
    ----------
    pair : Pair
    sample : float, optional
        The share of the rows that loads give.
    """

    def __init__(self, pair: Pair, sample: float | None) -> None:
        self._pair = pair
        self._sample = sample
        self._progress = _Progress()

    def expect(self, runs: int) -> None:
        """So many runs are to come, for the bar that shows how far they are."""
        self._progress.expect(runs)

    def original(self, seed: int = 0, shuffled: int = 0, *, closer: bool = False) -> Run:
        """The original: under a seed, its fits' rows in another order, or closer to optima."""
        pair = self._pair
        how = {**self._how(seed), "shuffled": shuffled, "closer": closer, "federated": False}
        return self._run(pair.original, how, pair.loads, pair.dropped)

    def conversion(self, seed: int = 0) -> Run:
        """The conversion, under a seed."""
        how = {**self._how(seed), "shuffled": 0, "closer": False, "federated": True}
        return self._run(self._pair.conversion, how)

    def _how(self, seed: int) -> dict[str, Any]:
        return {"seed": seed, "modules": [str(module) for module in self._pair.modules]}

    def _run(
        self,
        source: Source,
        how: dict[str, Any],
        loads: Sequence[Span] = (),
        dropped: Sequence[Span] = (),
    ) -> Run:
        with (
            self._progress.running(source.path),
            tempfile.TemporaryDirectory(prefix="fedmigrate-") as folder,
        ):
            return _run(source, how, self._sample, loads, dropped, Path(folder))


def _run(
    source: Source,
    how: dict[str, Any],
    sample: float | None,
    loads: Sequence[Span],
    dropped: Sequence[Span],
    folder: Path,
) -> Run:
    code, order = folder / "code.py", folder / "order.json"
    events, arrays = folder / "events.json", folder / "arrays.npz"
    code.write_bytes(source.encode(source.original))
    order.write_text(
        json.dumps(
            {
                "code": str(code),
                "path": source.path,
                "events": str(events),
                "arrays": str(arrays),
                **how,
                "sample": sample,
                "loads": _pairs(loads if sample is not None else ()),
                "dropped": _pairs(dropped),
            }
        ),
        encoding="utf-8",
    )
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONHASHSEED": "0",  # sets of strings in one order, such as those of column names
        "JOBLIB_MULTIPROCESSING": "0",  # what is fitted in another process is not recorded
        "FEDMIGRATE_LEDGER": str(folder / "ledger.jsonl"),  # the last real run's ledger stays
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "fedmigrate.verify.recorder", str(order)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=_LONGEST_RUN,
        )
    except subprocess.TimeoutExpired:
        return Run(source.path, (), (), f"It was stopped after {_LONGEST_RUN / 3600:g} hours.")
    lines = tuple(done.stdout.decode("utf-8", "replace").splitlines())
    if not events.is_file() or done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").splitlines()
        if done.returncode == 0:
            said.append("It ended its own process (os._exit), so that nothing was recorded.")
        ended = "\n".join([*said[-_LAST_LINES:], f"(exit code {done.returncode})"])
        return Run(source.path, (), lines, ended, _failed_at(events))
    return Run(source.path, _read(events, arrays), lines, None)


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _failed_at(events: Path) -> int | None:
    if not events.is_file():
        return None  # the process was ended from outside, or ended itself at once
    line: int | None = json.loads(events.read_text(encoding="utf-8"))["failed_at"]
    return line


def _read(events: Path, arrays: Path) -> tuple[Event, ...]:
    import numpy as np

    with np.load(arrays) as stored:
        return tuple(
            Event(
                found["kind"],
                found["name"],
                found["line"],
                found["exactness"],
                {**found["texts"], **{leaf: stored[key] for leaf, key in found["arrays"].items()}},
                found["drawn"],
            )
            for found in json.loads(events.read_text(encoding="utf-8"))["events"]
        )


class _Progress:
    """A bar that moves while scripts run, where someone watches a terminal."""

    def __init__(self) -> None:
        self._done = 0
        self._expected = 0

    def expect(self, runs: int) -> None:
        self._expected = self._done + runs

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
            with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
                of = f"{self._done + 1} of {self._expected}"
                shown.add_task(f"run {of}: {name}", completed=self._done, total=self._expected)
                yield
        else:
            yield
        self._done += 1
