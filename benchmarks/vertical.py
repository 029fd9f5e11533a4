"""What fits cost where parties have other columns of the same rows, against pooled scikit-learn.

    python benchmarks/vertical.py
    python benchmarks/vertical.py --rows 20000

Simulated parties in this process, two of them, with half of the columns each; processor time is
that of one party's thread, with one thread of BLAS as for the pooled fit. The coordinator's time
holds the dealer's. Every ratio is of figures from this run.
"""

from __future__ import annotations

import os

os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")})

import argparse
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression

import fedruntime

COLUMNS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description="Time fits across columns.")
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, COLUMNS))
    signal = X @ rng.normal(size=COLUMNS)
    fits("LinearRegression", LinearRegression(), X, signal + rng.normal(size=rows), bar=2.5)
    labels = (signal + rng.logistic(size=rows) > 0).astype(int)
    fits("LogisticRegression", LogisticRegression(), X, labels)


def fits(name: str, model: Any, X: Any, y: Any, bar: float | None = None) -> None:
    """One fit, with what each party computed and sent."""
    pooled = clone(model)
    seconds = cpu(lambda: pooled.fit(X, y))
    federation = fedruntime.init(["shop", "bank"], partition="vertical", label_party="bank")
    features, label = federation.load(lambda: (X, y))
    spent, sent = watched(federation)
    started = time.process_time()
    fitted = fedruntime.FLModel(model=clone(model)).fit(features, label)
    total = time.process_time() - started
    error = np.abs(fitted.coef_ - pooled.coef_).max() / np.abs(pooled.coef_).max()
    rounds = Counter(entry.operation for entry in federation.ledger)["across.loss"]
    print(f"{name}, {len(X)} x {COLUMNS}: coefficients differ by {error:.1e}, relative")
    print(f"  pooled scikit-learn {seconds * 1e3:.0f} ms")
    for party in federation.parties:
        ratio = spent[party] / seconds
        judged = "" if bar is None else verdict(ratio <= bar, f"at most {bar}")
        print(
            f"  {party}: {spent[party] * 1e3:.0f} ms, {ratio:.2f} of pooled{judged}; "
            f"sends {sent[party] / 1e6:.1f} MB"
        )
    rest = total - sum(spent.values())
    print(f"  coordinator and dealer: {rest * 1e3:.0f} ms, {rest / seconds:.2f} of pooled")
    if rounds:
        each = sent_in_a_round(federation) / 1e6
        print(f"  {rounds} evaluations, {each:.1f} MB each; columns are sent once")


def watched(federation: Any) -> tuple[Counter[str], Counter[str]]:
    """Seconds of each party's thread, and the bytes that leave it, from now on."""
    spent: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    for name, party in federation.engine._parties.items():

        def handle(request: Any, *, name: str = name, work: Any = party.handle) -> Any:
            begun = time.thread_time()
            reply = work(request)
            spent[name] += time.thread_time() - begun  # type: ignore[assignment]
            sent[name] += sum(values.nbytes for values in reply.arrays.values())
            return reply

        party.handle = handle
    return spent, sent


def sent_in_a_round(federation: Any) -> float:
    """The bytes that leave all parties for one evaluation of the loss."""
    of_a_round = ("across.scores", "across.loss", "across.gradient")
    found = [entry for entry in federation.ledger if entry.operation in of_a_round]
    rounds = sum(entry.operation == "across.loss" for entry in found)
    return sum(entry.bytes for entry in found) / rounds


def cpu(work: Callable[[], Any], repeats: int = 3) -> float:
    """The least processor time of a few runs."""
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


def verdict(holds: bool, bar: str) -> str:
    return f" ({bar}: {'yes' if holds else 'NO'})"


if __name__ == "__main__":
    main()
