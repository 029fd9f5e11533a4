"""Where time and bytes go as parties become more: simulated parties, each kind of sum, by phase;
and a calculation for more parties than one machine simulates, from the messages measured.

    OPENBLAS_NUM_THREADS=1 python benchmarks/scale.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/scale.py --parties 10 100 --paper 10000

Each number of parties runs in a process of its own, so that memory is its own, too. Bytes are what
crosses the engine, headers included, to and from the party with most. Seconds are wall time while
all parties share this machine; what remains beside the calls of the engine is the coordinator's:
adding, opening shares, taking masks off, the ledger, and the solver. Writing messages to count
their bytes is outside of what is timed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import resource
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression

from fedruntime import FLModel
from fedruntime.aggregation.graph import CORRUPT, DROPOUT, neighbourhood
from fedruntime.data.layout import RowLayout
from fedruntime.engines.local import LocalEngine
from fedruntime.federation import Federation
from fedruntime.messages import Reply, Request, pack_reply, pack_request
from fedruntime.settings import Settings

ROWS, COLUMNS = 20, 10  # of each party
ALL, SURVIVING = "all answer", "10 % may vanish"
PHASES = {
    "secure.advertise": "keys",
    "secure.agree": "keys",
    "secure.share": "shares",
    "secure.deliver": "shares",
    "secure.unmask": "unmasking",
}
STATISTICS = "statistics"
ORDER = ("keys", "shares", STATISTICS, "unmasking")
BY_PARTIES = ("secure.agree", "secure.unmask")  # the roster; the names of the survivors
PARTY_ROWS = 100_000  # 1e9 over 10,000 parties
GIGABIT = 125e6  # bytes a second


@dataclass
class Cost:
    """Of all messages of one operation."""

    messages: int = 0
    seconds: float = 0.0
    there: int = 0
    back: int = 0

    def __iadd__(self, other: Cost) -> Cost:
        self.messages += other.messages
        self.seconds += other.seconds
        self.there += other.there
        self.back += other.back
        return self


@dataclass
class Step:
    """One thing that the script does, by operation; ``seconds`` are those of all of it."""

    seconds: float = 0.0
    by_operation: dict[str, Cost] = field(default_factory=dict)

    @property
    def by_phase(self) -> dict[str, Cost]:
        phases: dict[str, Cost] = {}
        for operation, cost in self.by_operation.items():
            total = phases.setdefault(PHASES.get(operation, STATISTICS), Cost())
            total += cost
        return phases

    @property
    def coordinator(self) -> float:
        return self.seconds - sum(cost.seconds for cost in self.by_operation.values())


@dataclass(frozen=True)
class Run:
    parties: int
    kind: str
    steps: Mapping[str, Step]
    megabytes: float


class Watched(LocalEngine):
    """The local engine, with what passes it noted."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.parties, min_parties=settings.min_parties)
        self.by_operation: dict[str, Cost] = {}
        self.counting = 0.0  # seconds that the benchmark itself took

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        began = time.perf_counter()
        replies = super().call(requests, timeout=timeout)
        answered = time.perf_counter()
        operation = next(iter(requests.values())).operation
        cost = self.by_operation.setdefault(operation, Cost())
        there = max(size(pack_request(request)) for request in requests.values())
        back = max(size(pack_reply(reply)) for reply in replies.values())
        cost += Cost(1, answered - began, there, back)
        self.counting += time.perf_counter() - answered
        return replies

    @contextmanager
    def watching(self, step: Step) -> Iterator[None]:
        self.by_operation, self.counting = step.by_operation, 0.0
        began = time.perf_counter()
        yield
        step.seconds = time.perf_counter() - began - self.counting


def size(wire: tuple[str, Sequence[np.ndarray]]) -> int:
    text, arrays = wire
    return len(text) + sum(array.nbytes for array in arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure federations of many parties.")
    parser.add_argument("--parties", type=int, nargs="+", default=[10, 100, 300])
    parser.add_argument("--paper", type=int, default=10_000, help="parties to calculate for")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}")
    runs = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as one:
        cases = [(parties, kind) for parties in options.parties for kind in (ALL, SURVIVING)]
        for run in one.imap(measured, cases, chunksize=1):
            show(run)
            runs.append(run)
        rate = one.apply(rows_a_second)
    surviving = [run for run in runs if run.kind == SURVIVING and run.parties > 50]
    if len(surviving) > 1:
        calculate(options.paper, surviving[-2], surviving[-1], rate)


def measured(case: tuple[int, str]) -> Run:
    """One federation, from its opening to two fitted models."""
    warnings.simplefilter("ignore")
    parties, kind = case
    names = tuple(f"p{number:05d}" for number in range(parties))
    fewest = None if kind == ALL else parties - parties // 10
    settings = Settings(names, min_parties=fewest)
    engine = Watched(settings)
    federation = Federation(settings, engine)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(parties * ROWS, COLUMNS))
    y = (X[:, 0] + rng.normal(size=len(X)) > 0).astype(int)
    owner = np.repeat(np.arange(parties), ROWS)
    layout = RowLayout(names, owner)
    held, labels = (dealt(federation, rows, layout) for rows in (X, y))
    tasks: dict[str, Callable[[], object]] = {
        "first sum": held.sum,
        "second sum": held.sum,
        "LinearRegression": partial(FLModel(model=LinearRegression()).fit, held, labels),
        "LogisticRegression": partial(FLModel(model=LogisticRegression()).fit, held, labels),
    }
    steps = {}
    for name, task in tasks.items():
        steps[name] = Step()
        with engine.watching(steps[name]):
            task()
    engine.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return Run(parties, kind, steps, peak)


def dealt(federation: Federation, rows: np.ndarray, layout: RowLayout) -> Any:
    parts = np.split(rows, len(layout.parties))
    return federation.place(dict(zip(layout.parties, parts, strict=True)), layout)


def rows_a_second() -> float:
    """Of one party among two that compute side by side, in the messages of LogisticRegression."""
    warnings.simplefilter("ignore")
    settings = Settings(("a", "b"))
    engine = Watched(settings)
    federation = Federation(settings, engine)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * PARTY_ROWS, COLUMNS))
    y = (X[:, 0] > 0).astype(int)
    layout = RowLayout(("a", "b"), np.repeat([0, 1], PARTY_ROWS))
    held, labels = (dealt(federation, rows, layout) for rows in (X, y))
    held.sum()
    step = Step()
    with engine.watching(step):
        FLModel(model=LogisticRegression()).fit(held, labels)
    cost = step.by_phase[STATISTICS]
    engine.stop()
    return PARTY_ROWS * cost.messages / cost.seconds


def show(run: Run) -> None:
    print(f"\n{run.parties} parties, {run.kind}: {run.megabytes:.0f} MB of memory at most")
    print(f"  {'':22}{'':20}{'messages':>9}{'seconds':>10}{'kB there':>10}{'kB back':>9}")
    for name, step in run.steps.items():
        phases = step.by_phase
        for phase in ORDER:
            if phase in phases:
                cost = phases[phase]
                print(
                    f"  {name:22}{phase:20}{cost.messages:9}{cost.seconds:10.2f}"
                    f"{cost.there / 1e3:10.1f}{cost.back / 1e3:9.1f}"
                )
        print(f"  {name:22}{'coordinator':20}{'':9}{step.coordinator:10.2f}", flush=True)


def calculate(parties: int, small: Run, large: Run, rate: float) -> None:
    """Bytes of each message for more parties: straight lines through two measured runs,
    over the number of parties or of neighbours, whichever the message grows with."""
    counts = (small.parties, large.parties, parties)
    degrees = tuple(neighbourhood(n, corrupt=CORRUPT, dropout=DROPOUT).degree for n in counts)
    print(f"\n{parties} parties, 1e9 rows, {SURVIVING}: calculated, not run")
    print(f"  neighbours: {', '.join(map(str, degrees))} of {', '.join(map(str, counts))} parties")
    print(f"  {'':22}{'kB there':>10}{'kB back':>9}{'GB, all':>9}{'s at 1 Gbit/s':>15}")
    first = [run.steps["first sum"].by_operation for run in (small, large)]
    for operation in first[1]:
        before, after = (costs[operation] for costs in first)
        over = counts if operation in BY_PARTIES else degrees
        there = straight((before.there, after.there), over)
        back = straight((before.back, after.back), degrees)
        everyone = parties * (there + back)
        print(
            f"  {operation:22}{there / 1e3:10.1f}{back / 1e3:9.1f}{everyone / 1e9:9.2f}"
            f"{everyone / GIGABIT:15.1f}"
        )
    print(
        f"  one statistic over {PARTY_ROWS} rows at a party: {PARTY_ROWS / rate:.3f} s "
        f"({rate:.3g} rows a second, {COLUMNS} columns)"
    )


def straight(measured: tuple[float, float], over: Sequence[int]) -> float:
    """What a line through measurements at the first two numbers gives at the third."""
    (low, high), (first, second, third) = measured, over
    return high + (high - low) / (second - first) * (third - second)


if __name__ == "__main__":
    main()
