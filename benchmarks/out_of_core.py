"""Fits on a table larger than memory: rows made chunk by chunk from a public seed, read again for
every pass, in a process whose peak memory is measured. Prints rows, bytes, seconds and memory.

    python benchmarks/out_of_core.py                   20 GB, StandardScaler and LinearRegression
    python benchmarks/out_of_core.py --gigabytes 2 --logistic
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel, SecureAggregator, init

COLUMNS = 200
SLOPES = np.linspace(-1.0, 1.0, COLUMNS)
SCALES = np.geomspace(0.1, 10.0, COLUMNS)
LIMIT = 1.5  # GB


def chunks(rows: int, chunksize: int) -> Iterator[Any]:
    """Features of several scales, and a target in the last column."""
    for start in range(0, rows, chunksize):
        rng = np.random.default_rng(start)
        size = min(chunksize, rows - start)
        table = np.empty((size, COLUMNS + 1))
        rng.random(out=table)
        table[:, :COLUMNS] *= SCALES
        table[:, COLUMNS] += table[:, :COLUMNS] @ (SLOPES / SCALES) + 2.0
        yield table


def peak() -> float:
    """Peak resident memory of this process so far, in GB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used * (1 if sys.platform == "darwin" else 1024) / 1e9


def main() -> int:
    """Run the fits; exit code 1 if they took more memory than promised or gave another model."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--chunksize", type=int, default=20_000)
    parser.add_argument("--logistic", action="store_true")
    arguments = parser.parse_args()
    rows = int(arguments.gigabytes * 1e9) // (8 * (COLUMNS + 1))

    federation = init(parties=["alice"])
    begun = time.monotonic()
    table = federation.load(chunks, rows=rows, chunksize=arguments.chunksize)
    loaded = time.monotonic()
    size = rows * 8 * (COLUMNS + 1) / 1e9
    print(f"{rows:,} rows, {size:.2f} GB; first pass {loaded - begun:.1f} s, peak {peak():.2f} GB")

    X, y = table[:, :COLUMNS], table[:, COLUMNS]
    fits: list[tuple[Any, Any]] = [(LinearRegression(), y)]
    if arguments.logistic:
        fits.append((LogisticRegression(), y > 2.5))
    good = True
    for model, target in fits:
        begun = time.monotonic()
        fitted = FLModel(
            device_list=federation.devices,
            model=make_pipeline(StandardScaler(), model),
            aggregator=SecureAggregator(federation.spu),
        )
        fitted.fit(X, target)
        seconds = time.monotonic() - begun
        print(f"StandardScaler and {model!r}: {seconds:.1f} s, peak {peak():.2f} GB")
        if isinstance(model, LinearRegression):
            scaler, line = (step for _, step in fitted.to_sklearn().steps)
            off = np.abs(line.coef_ / scaler.scale_ * SCALES - SLOPES).max()
            print(f"largest error of a slope {off:.1e}, expected from noise {1 / rows**0.5:.1e}")
            good = off < 10 / rows**0.5
    print(f"peak {peak():.2f} GB of {LIMIT} GB")
    return 0 if good and peak() <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
