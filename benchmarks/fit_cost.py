"""What a federated fit costs in CPU time, as a ratio to the pooled fit of the same rows in the same
run: all simulated parties, encoding, masks and solver count; one BLAS thread, repeats interleaved.

    python benchmarks/fit_cost.py --rows 1000000 --features 50 --parties 2
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

# Before numpy loads its BLAS: spinning threads would be counted as work.
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.data.layout import RowLayout
from fedruntime.federation import Federation
from fedruntime.settings import Settings


@dataclass(frozen=True)
class Case:
    """One row of the table: an estimator, its target, and the ratio that it must not exceed."""

    estimator: Any
    target: str | None
    attributes: tuple[str, ...]
    bar: float


CASES = (
    Case(LinearRegression(), "number", ("coef_", "intercept_"), 0.2),
    Case(Ridge(), "number", ("coef_", "intercept_"), 0.8),
    Case(LogisticRegression(), "label", ("coef_", "intercept_"), 0.8),
    Case(StandardScaler(), None, ("mean_", "scale_"), 0.5),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=50)
    parser.add_argument("--parties", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)

    X, targets = make_rows(options.rows, options.features)
    federation = Federation(Settings(parties=tuple(f"party{i}" for i in range(options.parties))))
    print(f"{options.rows} x {options.features}, {options.parties} parties, one BLAS thread,")
    print(f"median CPU time of {options.repeats} interleaved repeats\n")
    print(
        f"{'estimator':<20}{'pooled':>10}{'federated':>12}{'ratio':>8}{'bar':>6}{'met':>5}"
        f"{'difference':>12}{'rounds':>8}{'kB/party':>10}"
    )
    for case in CASES:
        print(measure(case, X, targets, federation, options.repeats), flush=True)
    federation.stop()


def make_rows(rows: int, features: int) -> tuple[Any, dict[str, Any]]:
    """Standard normal features, a numeric target with noise, and its sign as a label."""
    random = np.random.default_rng(0)
    X = random.standard_normal((rows, features))
    y = X @ random.standard_normal(features) + random.standard_normal(rows)
    return X, {"number": y, "label": (y > 0).astype(np.int64)}


def measure(
    case: Case, X: Any, targets: dict[str, Any], federation: Federation, repeats: int
) -> str:
    """One line of the table."""
    pooled_rows = (X,) if case.target is None else (X, targets[case.target])
    rows = [split(federation, array) for array in pooled_rows]
    pooled_times, federated_times = [], []
    for _ in range(repeats):
        pooled, federated = clone(case.estimator), FLModel(model=clone(case.estimator))
        pooled_times.append(cpu_seconds(partial(pooled.fit, *pooled_rows)))
        sent = len(federation.ledger)
        federated_times.append(cpu_seconds(partial(federated.fit, *rows)))
    entries = federation.ledger[sent:]
    ratio = statistics.median(federated_times) / statistics.median(pooled_times)
    difference = relative_difference(federated, pooled, case.attributes)
    parties = len(federation.parties)
    return (
        f"{type(case.estimator).__name__:<20}"
        f"{1e3 * statistics.median(pooled_times):>7.0f} ms"
        f"{1e3 * statistics.median(federated_times):>9.0f} ms"
        f"{ratio:>8.2f}{case.bar:>6}{'yes' if ratio <= case.bar else 'NO':>5}"
        f"{difference:>12.1e}{len(entries) // parties:>8}"
        f"{sum(entry.bytes for entry in entries) / parties / 1e3:>10.1f}"
    )


def split(federation: Federation, rows: Any) -> Any:
    """Deal rows to the parties in contiguous parts of equal size, without a copy."""
    parts = np.array_split(rows, len(federation.parties))
    layout = RowLayout.contiguous(federation.parties, [len(part) for part in parts])
    return federation.place(dict(zip(federation.parties, parts, strict=True)), layout)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of all threads of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def relative_difference(model: Any, other: Any, attributes: Sequence[str]) -> float:
    """Largest difference of the attributes' values, relative to the largest value."""
    ours, theirs = (
        np.concatenate([np.ravel(getattr(fitted, name)) for name in attributes])
        for fitted in (model, other)
    )
    return float(np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs)))


if __name__ == "__main__":
    main()
