"""What computing on shares costs: time an element of each primitive, its rounds and bytes, the
errors of functions, and how often truncation fails.

    OPENBLAS_NUM_THREADS=1 python benchmarks/spu.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/spu.py --products 10000000

All roles, two parties and the dealer, are on one core. Times are CPU time of this process, the
least of some repetitions; those of numpy's own product of floats and of the bare key stream stand
beside them, as ratios are what holds on another machine. Bytes are those that one party sends to
the other for each element, without what sealing adds, and those that the dealer gives.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from fedruntime.crypto.ring import random_words
from fedruntime.shares import functions
from fedruntime.shares.graph import Graph, Value, write
from fedruntime.shares.opening import join, to_bytes
from fedruntime.shares.program import deal, run
from fedruntime.shares.rows import NO_ROWS
from fedruntime.shares.steps import Step

TABLE_WORDS = 31 << 17  # 31 MB
MULTIPLY_NANOSECONDS, COMPARISONS_A_SECOND = 40.0, 2.5e6

Write = Callable[..., Value]


class Cost(NamedTuple):
    """What one run of a program cost, and its result as signed integers."""

    seconds: float
    rounds: int
    sent: int
    dealt: int
    result: Any
    bits: int


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the SPU's primitives and functions.")
    parser.add_argument("--elements", type=int, default=50_000)
    parser.add_argument("--products", type=int, default=1_000_000, help="to look for failures in")
    parser.add_argument("--repeat", type=int, default=60)
    options = parser.parse_args()
    n, rng = options.elements, np.random.default_rng(0)
    # As in a process that has worked on a table before: memory that was given back is kept for
    # what comes next, and not asked of the system again.
    np.ones(TABLE_WORDS)
    x, y = rng.uniform(-8, 8, (2, n))

    plain = least(options.repeat, lambda: x * y)
    stream = least(options.repeat, lambda: random_words(bytes(32), (n,)))
    print(
        f"{n} elements; numpy's x * y {1e9 * plain / n:.1f} ns, key stream {1e9 * stream / n:.1f}"
    )
    print("                ns  / numpy / stream rounds  sent B dealt B")
    costs = {}
    for name, build, inputs in primitives(x, y):
        costs[name] = min(
            (measure(build, inputs) for _ in range(options.repeat)), key=lambda cost: cost.seconds
        )
        cost = costs[name]
        print(
            f"{name:10} {1e9 * cost.seconds / n:7.0f} {cost.seconds / plain:8.0f} "
            f"{cost.seconds / stream:8.0f} {cost.rounds:6} {cost.sent / n:7.0f} "
            f"{cost.dealt / n:7.0f}"
        )
    multiply = 1e9 * costs["multiply"].seconds / n
    compare = n / costs["compare"].seconds
    print(f"multiply and truncate {multiply:.0f} ns an element; bar {MULTIPLY_NANOSECONDS:.0f}")
    print(f"compare {compare / 1e6:.1f} million a second; bar {COMPARISONS_A_SECOND / 1e6:.1f}")

    print("\nlargest error on 100000 points")
    for name, build, low, high, wanted in curves():
        points = np.linspace(low, high, 100_000)
        cost = measure(build, [points])
        error = np.abs(np.ldexp(cost.result.astype(float), -cost.bits) - wanted(points)).max()
        print(
            f"{name:10} on [{low:g}, {high:g}]: {error:.1e}, {cost.rounds} rounds, "
            f"{1e9 * cost.seconds / len(points):.0f} ns"
        )

    failed = sum(failures(rng, 1_000_000) for _ in range(options.products // 1_000_000))
    print(f"\ntruncations that failed: {failed} of {options.products}")


def primitives(x: Any, y: Any) -> list[tuple[str, Write, list[Any]]]:
    return [
        ("multiply", lambda graph, a, b: functions.multiply(graph, a, b), [x, y]),
        ("square", lambda graph, a: functions.multiply(graph, a, a), [x]),
        ("truncate", lambda graph, a: functions.scale(graph, a, 0.3), [x]),
        ("compare", lambda graph, a: graph.negative(a, "x"), [x]),
        ("maximum", functions.maximum, [x, y]),
        ("sigmoid", functions.sigmoid, [x]),
    ]


def curves() -> list[tuple[str, Write, float, float, Callable[[Any], Any]]]:
    return [
        ("sigmoid", functions.sigmoid, -8, 8, expit),
        ("sigmoid", functions.sigmoid, -100, 100, expit),
        ("exp", functions.exp, -12, 2, np.exp),
        ("log", functions.log, 0.1, 10, np.log),
        ("sqrt", functions.sqrt, 0.1, 10, np.sqrt),
        ("reciprocal", functions.reciprocal, 0.1, 10, np.reciprocal),
    ]


def measure(build: Write, inputs: Sequence[Any]) -> Cost:
    """Run a program on inputs with all roles in this process."""

    def write_it(graph: Graph) -> Sequence[Value]:
        given = [
            graph.given(one.shape, one.min(), one.max(), "x", bits=graph.bits, rows=NO_ROWS)
            for one in inputs
        ]
        return [build(graph, *given)]

    graph, (output,) = write(write_it)
    steps, needs = graph.program([output])
    words = [np.rint(np.ldexp(one, graph.bits)).astype(np.int64).view(np.uint64) for one in inputs]
    shares = [random_words(os.urandom(32), one.shape) for one in words]
    held = [[one - share for one, share in zip(words, shares, strict=True)], shares]
    keys = [os.urandom(32) for _ in held]
    start = time.process_time()
    given = deal(needs, keys)
    dealt = sum(len(one) for one in given.values())
    rounds, sent, results = play(steps, held, keys, given, output.number)
    took = time.process_time() - start
    total = sum(results, np.uint64(0)).view(np.int64)
    return Cost(took, rounds, sent, dealt, total, output.bits)


def play(
    steps: Sequence[Step],
    held: Sequence[Sequence[Any]],
    keys: Sequence[bytes],
    given: Any,
    output: int,
) -> tuple[int, int, list[Any]]:
    """Rounds, bytes that a party sends, and the parties' shares of the result."""
    running = [
        run(steps, dict(enumerate(own)), [output], key, None if number else given)
        for number, (own, key) in enumerate(zip(held, keys, strict=True))
    ]
    wanted, rounds, sent = [next(one) for one in running], 0, 0
    while True:
        told = [to_bytes(masked) for masked in wanted]
        rounds, sent = rounds + 1, sent + len(told[0])
        joined = [join(masked, [told[1 - number]]) for number, masked in enumerate(wanted)]
        results, wanted = [], []
        for one, mine in zip(running, joined, strict=True):
            try:
                wanted.append(one.send(mine))
            except StopIteration as done:
                results.append(done.value[output])
        if results:
            return rounds, sent, results


def failures(rng: np.random.Generator, count: int) -> int:
    """How many of so many random products are off by more than one unit in the last place."""
    x, y = rng.uniform(-1000, 1000, (2, count))
    cost = measure(lambda graph, a, b: functions.multiply(graph, a, b), [x, y])
    a, b = (np.rint(np.ldexp(one, cost.bits)).astype(np.int64) for one in (x, y))
    return int((~np.isin(cost.result - ((a * b) >> cost.bits), [0, 1])).sum())


def least(repeat: int, task: Callable[[], object]) -> float:
    """The least CPU seconds of some repetitions."""
    found = []
    for _ in range(repeat):
        start = time.process_time()
        task()
        found.append(time.process_time() - start)
    return min(found)


if __name__ == "__main__":
    main()
