"""What matching rows by private set intersection costs, against curve multiplications alone and
against a join of the same keys in the clear.

    python benchmarks/psi.py
    python benchmarks/psi.py --keys 100000 --parties 2 3 5

Simulated parties in this process. Times are processor time, that of child processes included, so
that they hold on a busy machine. Rates are this machine's, ratios are of figures from this run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

import fedruntime
from fedruntime.crypto.psi import blind, normalised, points_of

BAR = 30_000  # keys blinded, a second and core
SHARE = 0.8  # of a party's keys that all parties have
MANY = 60_000  # keys that are worth a second process
SECRET = bytes(range(32))
SALT = b"salt"

Task = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the matching of rows by keys.")
    parser.add_argument("--keys", type=int, default=20_000, help="keys of each party")
    parser.add_argument("--parties", type=int, nargs="+", default=[2, 3], help="how many")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of every step")
    options = parser.parse_args()

    steps(options.keys, options.repeat)
    second_process(options.repeat)
    for parties in options.parties:
        alignment(options.keys, parties, options.repeat)


def steps(keys: int, repeat: int) -> None:
    """What a party does with a key, one core, and the multiplication that it cannot do without."""
    customers = range(keys)
    texts = [text for customer in customers if (text := normalised([customer])) is not None]
    points = points_of(texts, SALT)
    private = X25519PrivateKey.from_private_bytes(SECRET)
    point = X25519PublicKey.from_public_bytes(points[0].tobytes())
    took = median_seconds(
        {
            "multiply": lambda: [private.exchange(point) for _ in customers],
            "blind": lambda: blind(points, SECRET, processes=1),
            "hash": lambda: points_of(texts, SALT),
            "normalise": lambda: [normalised([customer]) for customer in customers],
        },
        repeat,
    )
    rate = keys / took["blind"]
    held = "yes" if rate >= BAR else "NO"
    print(f"one core, {keys:,} keys")
    print(f"  blinded{rate:16,.0f} a second (at least {BAR:,}: {held})")
    print(f"  X25519 alone{keys / took['multiply']:11,.0f} a second")
    print(f"  blinding reaches {took['multiply'] / took['blind']:.2f} of X25519 alone")
    print(f"  hashed{keys / took['hash']:17,.0f} a second")
    print(f"  written alike{keys / took['normalise']:10,.0f} a second")


def second_process(repeat: int) -> None:
    """What it costs to share the work between two processes; what it gains is up to the machine."""
    points = points_of(map(str, range(MANY)), SALT)
    took = median_seconds(
        {
            "one": lambda: blind(points, SECRET, processes=1),
            "two": lambda: blind(points, SECRET, processes=2),
        },
        repeat,
    )
    ratio = took["two"] / took["one"]
    print(f"two processes, {MANY:,} keys: {ratio:.2f} times the processor time of one")


def alignment(keys: int, parties: int, repeat: int) -> None:
    """``fed.align`` of tables with a key and a column, and the join of the same tables."""
    names = [f"party{number}" for number in range(parties)]
    tables = {name: table(number, keys) for number, name in enumerate(names)}
    common = joined(tables)
    federation = fedruntime.init(names, partition="vertical", label_party=names[0])
    held = [federation.load_at(name, tables[name].copy) for name in names]
    begun, known = cpu_seconds(), len(federation.ledger)
    aligned = federation.align(held, on="customer")
    private = cpu_seconds() - begun
    if len(aligned) != len(common):
        raise AssertionError(f"{len(aligned)} rows are aligned, and {len(common)} are joined")
    sent = sum(entry.bytes for entry in federation.ledger[known:])
    clear = median_seconds({"join": lambda: joined(tables)}, repeat)["join"]
    print(f"{parties} parties of {keys:,} keys, {len(common):,} of them common")
    print(f"  a party: {private / parties:.2f} s, {parties * keys / private:,.0f} keys a second")
    print(f"  a party sends {sent / (parties * keys):.0f} bytes a key of its own")
    print(f"  {private / clear:,.0f} times the processor time of pandas' hash join in the clear")


def table(number: int, keys: int) -> pd.DataFrame:
    """Common customers and some of this party's own, in an order of its own."""
    common = round(SHARE * keys)
    own = keys * (number + 1) + np.arange(keys - common)
    customers = np.concatenate([np.arange(common), own])
    rng = np.random.default_rng(number)
    held: dict[str, Any] = {"customer": customers, f"spent{number}": rng.normal(size=keys)}
    return pd.DataFrame(held).sample(frac=1, random_state=number)


def joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    first, *others = tables.values()
    for other in others:
        first = first.merge(other, on="customer")
    return first


def median_seconds(tasks: Mapping[str, Task], repeat: int) -> dict[str, float]:
    """Seconds of each task; interleaved, so that a slow moment of the machine hits all."""
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeat):
        for name, task in tasks.items():
            begun = cpu_seconds()
            task()
            taken[name].append(cpu_seconds() - begun)
    return {name: statistics.median(times) for name, times in taken.items()}


def cpu_seconds() -> float:
    """Processor time of this process, and of those that it has started and that have ended."""
    # The finer clock has this process only: the other one counts in hundredths of a second.
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


if __name__ == "__main__":
    main()
