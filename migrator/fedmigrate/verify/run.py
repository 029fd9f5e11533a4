"""Running a pair of scripts, one after the other, each in a process of its own."""

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
    """

    kind: str
    name: str
    line: int
    exactness: str | None
    leaves: dict[str, Any]


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


def run_pair(pair: Pair, sample: float | None) -> tuple[Run, Run]:
    """Run the original, then the conversion, under the recorder."""
    with tempfile.TemporaryDirectory(prefix="fedmigrate-") as folder:
        original = _run(pair.original, pair.loads, sample, Path(folder, "original"), False)
        conversion = _run(pair.conversion, (), sample, Path(folder, "conversion"), True)
    return original, conversion


def _run(
    source: Source, loads: Sequence[Span], sample: float | None, folder: Path, federated: bool
) -> Run:
    folder.mkdir()
    code, order = folder / "code.py", folder / "order.json"
    events, arrays = folder / "events.json", folder / "arrays.npz"
    code.write_bytes(source.encode(source.text))
    order.write_text(
        json.dumps(
            {
                "code": str(code),
                "path": source.path,
                "events": str(events),
                "arrays": str(arrays),
                "sample": sample,
                "loads": [] if sample is None else [[span.start, span.end] for span in loads],
                "federated": federated,
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
    with _said(f"running {source.path}"):
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
            )
            for found in json.loads(events.read_text(encoding="utf-8"))["events"]
        )


@contextmanager
def _said(text: str) -> Iterator[None]:
    """A line that moves while a script runs, where someone watches a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield
