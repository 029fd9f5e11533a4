"""Exact products of matrices modulo 2**64 against numpy's own product of uint64.

    OPENBLAS_NUM_THREADS=1 python benchmarks/ring.py

Times are CPU time of this process, the least of some repetitions.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from fedruntime.crypto.ring import gram, random_words

BAR = 10.0
NARROW_BITS = 21
SHAPES = [(10_000, 25), (100_000, 25), (100_000, 50)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure exact products modulo 2**64.")
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    print("     a.T @ b  numpy ms  limbs ms  ratio narrow ms  ratio")
    for rows, columns in SHAPES:
        a = random_words(bytes(32), (rows, columns))
        b = random_words(bytes([1]) * 32, (rows, columns))
        small = (a.view(np.int64) >> np.int64(64 - NARROW_BITS)).view(np.uint64)
        assert (gram(a, b) == a.T @ b).all()
        assert (gram(small, b, bits=NARROW_BITS) == small.T @ b).all()
        plain = least(repeat, partial(np.matmul, a.T, b))
        limbs = least(repeat, partial(gram, a, b))
        narrow = least(repeat, partial(gram, small, b, bits=NARROW_BITS))
        print(
            f"{rows:>7} x {columns} {1e3 * plain:9.1f} {1e3 * limbs:9.1f} {plain / limbs:6.1f} "
            f"{1e3 * narrow:9.1f} {plain / narrow:6.1f}"
        )
    print(f"the last ratio of full words: {plain / limbs:.1f}; bar {BAR:.0f}")


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
