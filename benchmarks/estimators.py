"""What a federated fit costs in CPU time, as a ratio to the pooled fit of the same rows in the same
run: all simulated parties, encoding, masks and solver count; one BLAS thread, repeats interleaved.

    python benchmarks/estimators.py                  # those that have a bar, at a million rows
    python benchmarks/estimators.py --all            # every registered family, at 1e5 rows
    python benchmarks/estimators.py --all --only svm # families whose name contains a text
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

# Before numpy loads its BLAS: spinning threads would be counted as work.
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

# What to fit, and on which rows, the registry-wide tests derive from the registry.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "runtime" / "estimators"))

import numpy as np
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from specimens import defaults

from fedruntime import FLModel
from fedruntime.data.layout import RowLayout
from fedruntime.errors import UnsupportedError
from fedruntime.federation import Federation
from fedruntime.settings import Settings


@dataclass(frozen=True)
class Case:
    """One row of the table: an estimator, the rows that it is fitted on, the ratio that it must
    not exceed, if there is one, and the pooled estimator it is compared with, if that is another.
    """

    estimator: Any
    rows: tuple[Any, ...]
    bar: float | None = None
    name: str = ""
    against: Any = None

    def __str__(self) -> str:
        return self.name or type(self.estimator).__name__


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="every registered family")
    parser.add_argument("--only", default="", help="those whose name contains this")
    parser.add_argument("--rows", type=int, help="default: 1000000, with --all 100000")
    parser.add_argument("--features", type=int, default=50, help="of the cases that have a bar")
    parser.add_argument("--parties", type=int, default=2)
    parser.add_argument("--repeats", type=int, help="default: 5, with --all 1")
    options = parser.parse_args(arguments)
    rows = options.rows or (100_000 if options.all else 1_000_000)
    repeats = options.repeats or (1 if options.all else 5)
    if options.all:
        cases = every_family(rows, options.only)
    else:
        cases = (case for case in with_bars(rows, options.features) if options.only in str(case))

    federation = Federation(Settings(parties=tuple(f"party{i}" for i in range(options.parties))))
    print(f"{rows} rows, {options.parties} parties, one BLAS thread,")
    print(f"median CPU time of {repeats} interleaved repeats\n")
    print(
        f"{'estimator':<32}{'pooled':>10}{'federated':>12}{'ratio':>8}{'bar':>6}{'met':>5}"
        f"{'rounds':>8}{'kB/party':>10}"
    )
    warnings.simplefilter("ignore")
    for case in cases:
        print(measure(case, federation, repeats), flush=True)
    federation.stop()


def with_bars(rows: int, features: int) -> Iterator[Case]:
    """Standard normal features, a numeric target with noise, its sign, and three classes."""
    random = np.random.default_rng(0)
    X = random.standard_normal((rows, features))
    number = X @ random.standard_normal(features) + random.standard_normal(rows)
    label = (number > 0).astype(np.int64)
    yield Case(LinearRegression(), (X, number), 0.2)
    yield Case(Ridge(), (X, number), 0.8)
    yield Case(LogisticRegression(), (X, label), 0.8)
    # Federated, solver="sag" is Newton steps to the optimum, which pooled defaults stop short of.
    optimum = LogisticRegression(solver="sag")
    yield Case(optimum, (X, label), 1.2, "LogisticRegression, optimum", LogisticRegression())
    yield Case(StandardScaler(), (X,), 0.5)
    yield Case(PCA(), (X,), 1.1)
    yield Case(GaussianNB(), (X, np.digitize(number, [-3.0, 3.0])), 0.35)
    few = np.ascontiguousarray(X[:, :20])
    yield Case(KMeans(10, init=few[:10].copy(), n_init=1), (few,), 1.6, "KMeans, 10 clusters")


def every_family(rows: int, only: str) -> Iterator[Case]:
    """Each registered family with its defaults, on the rows of the registry-wide tests."""
    for specimen in defaults(rows):
        kind = type(specimen.model)
        if only in f"{kind.__module__}.{kind.__qualname__}":
            given = (specimen.X,) if specimen.y is None else (specimen.X, specimen.y)
            yield Case(specimen.model, given)


def measure(case: Case, federation: Federation, repeats: int) -> str:
    """One line of the table."""
    rows = [split(federation, array) for array in case.rows]
    pooled_times, federated_times = [], []
    for _ in range(repeats):
        pooled = clone(case.against or case.estimator)
        federated = FLModel(model=clone(case.estimator))
        sent = len(federation.ledger)
        try:
            federated_times.append(cpu_seconds(partial(federated.fit, *rows)))
        except UnsupportedError as error:
            return f"{case!s:<32}refused: {str(error)[:80]}"
        pooled_times.append(cpu_seconds(partial(pooled.fit, *case.rows)))
    entries = federation.ledger[sent:]
    ours, theirs = statistics.median(federated_times), statistics.median(pooled_times)
    ratio = ours / max(theirs, 1e-6)
    parties = len(federation.parties)
    bar = "" if case.bar is None else case.bar
    met = "" if case.bar is None else "yes" if ratio <= case.bar else "NO"
    return (
        f"{case!s:<32}{1e3 * theirs:>7.0f} ms{1e3 * ours:>9.0f} ms"
        f"{ratio:>8.2f}{bar:>6}{met:>5}{len(entries) // parties:>8}"
        f"{sum(entry.bytes for entry in entries) / parties / 1e3:>10.1f}"
    )


def split(federation: Federation, rows: Any) -> Any:
    """Deal rows to the parties in contiguous parts of equal size."""
    parties = federation.parties
    bounds = np.linspace(0, len(rows), len(parties) + 1).astype(int)
    take = rows.iloc if hasattr(rows, "iloc") else rows
    parts = [take[start:end] for start, end in pairwise(bounds)]
    layout = RowLayout.contiguous(parties, [len(part) for part in parts])
    return federation.place(dict(zip(parties, parts, strict=True)), layout)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of all threads of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
