"""Protocols on shares run by all roles in one place, with everything that is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fedruntime.shares.correlation import Correlation, Dealt, correct, dealt_to
from fedruntime.shares.opening import Protocol, join, to_bytes

Take = Callable[[Dealt, int], Protocol]


class Outcome(NamedTuple):
    """What came of a protocol: the joined result as signed integers, and its openings."""

    result: Any
    opened: list[Any]
    bytes_sent: int


def shares_of(values: Any, parties: int, seed: int = 0) -> list[Any]:
    """Signed integers, shared."""
    rng = np.random.default_rng(seed)
    words = np.ascontiguousarray(values, dtype=np.int64).view(np.uint64)
    drawn = [
        rng.integers(0, 2**64, words.shape, dtype=np.uint64, endpoint=False)
        for _ in range(parties - 1)
    ]
    return [words - sum(drawn, np.uint64(0)), *drawn]


def play(correlation: Correlation, take: Take, parties: int, seed: int = 0) -> Outcome:
    """Run a protocol at all parties."""
    rng = np.random.default_rng(seed)
    keys = [rng.bytes(32) for _ in range(parties)]
    given = correct(correlation, keys)
    running = [
        take(dealt_to(correlation, key, None if number else given), number)
        for number, key in enumerate(keys)
    ]
    wanted: Sequence[Any] = [next(one) for one in running]
    opened: list[Any] = []
    sent = 0
    while True:
        told = [to_bytes(masked) for masked in wanted]
        sent += len(told[0])
        joined = [
            join(masked, [entry for other, entry in enumerate(told) if other != number])
            for number, masked in enumerate(wanted)
        ]
        opened.extend(array.copy() for array in joined[0])
        results, wanted = [], []
        for one, mine in zip(running, joined, strict=True):
            try:
                wanted.append(one.send(mine))
            except StopIteration as done:
                results.append(done.value)
        if results:
            total = sum(results, np.uint64(0))
            return Outcome(np.asarray(total).view(np.int64), opened, sent)
