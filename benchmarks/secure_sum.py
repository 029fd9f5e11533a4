"""What a secure sum costs: masks against the bare key stream and against numpy's generator, the
exact encoding by value, and one party's part of a round.

    OPENBLAS_NUM_THREADS=1 python benchmarks/secure_sum.py

Times are CPU time of this process: medians of repetitions, interleaved within what a ratio
compares, so that it holds on a busy machine. The ratios are printed first; the figures below them
are this machine's own.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from fedruntime.aggregation.encoding import decode, encode, pack, unpack
from fedruntime.crypto import keys, masks

BLOCK_WORDS = 1 << 14  # 128 kB, for all three mask loops
ROUND_VALUES = 1327  # the upper triangle of a Gram matrix, a product with y and a count, p = 50
SECRET = bytes(range(32))

Task = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure masks, the exact encoding, and a party's part of a secure sum."
    )
    parser.add_argument("--words", type=int, default=1_000_000, help="64-bit words to mask")
    parser.add_argument("--values", type=int, default=1_000_000, help="floats to encode")
    parser.add_argument("--repeat", type=int, default=25, help="repetitions of every task")
    options = parser.parse_args()

    took: dict[str, float] = {}
    for tasks in (mask_tasks(options.words), encoding_tasks(options.values), round_tasks()):
        took |= median_seconds(tasks, options.repeat)
    gigabytes, nanoseconds = 8e-9 * options.words, 1e9 / options.values
    for line, figure in {
        "mask-and-add rate / AES-256-CTR key stream rate": took["stream"] / took["mask"],
        "mask-and-add rate / numpy PCG64 mask loop rate": took["pcg64"] / took["mask"],
        "encode time / time to copy its words": took["encode"] / took["copy"],
        "decode time / encode time": took["decode"] / took["encode"],
        f"{ROUND_VALUES}-value round, 2 parties: masked / plain": took["masked"] / took["plain"],
        "AES-256-CTR key stream, GB/s": gigabytes / took["stream"],
        "mask and add, GB/s": gigabytes / took["mask"],
        "numpy PCG64 mask loop, GB/s": gigabytes / took["pcg64"],
        "encode, ns/value": nanoseconds * took["encode"],
        "decode, ns/value": nanoseconds * took["decode"],
        f"{ROUND_VALUES}-value round, 2 parties: a party (encode, mask), us": 1e6 * took["masked"],
        f"{ROUND_VALUES}-value round, 2 parties: the sum (add, decode), us": 1e6 * took["sum"],
    }.items():
        print(f"{line:64}{figure:9.2f}")


def median_seconds(tasks: Mapping[str, Task], repeat: int) -> dict[str, float]:
    """CPU seconds of each task; interleaved, so that a slow moment of the machine hits all."""
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeat):
        for name, task in tasks.items():
            task()  # unmeasured: each finds its data in the cache, as after encoding
            # Reading the clock costs as much as the shortest tasks: repeat them to a millisecond.
            calls, start = 0, time.process_time()
            while (elapsed := time.process_time() - start) < 1e-3 or not calls:
                task()
                calls += 1
            taken[name].append(elapsed / calls)
    return {name: statistics.median(times) for name, times in taken.items()}


def mask_tasks(words: int) -> dict[str, Task]:
    """A mask, the key stream it cannot be faster than, and a mask from numpy's generator."""
    vector = np.zeros(words, dtype=np.uint64)
    room = bytearray(8 * BLOCK_WORDS + 16)
    zeros = bytes(8 * BLOCK_WORDS)

    def stream() -> None:
        cipher = Cipher(AES(SECRET), CTR(bytes(16))).encryptor()
        for start in range(0, words, BLOCK_WORDS):
            cipher.update_into(zeros[: 8 * (words - start)], room)

    def pcg64() -> None:
        generator = np.random.Generator(np.random.PCG64(7))
        for start in range(0, words, BLOCK_WORDS):
            block = vector[start : start + BLOCK_WORDS]
            block += generator.integers(2**64 - 1, size=len(block), dtype=np.uint64, endpoint=True)

    return {"stream": stream, "mask": lambda: masks.add_mask(vector, SECRET), "pcg64": pcg64}


def encoding_tasks(values: int) -> dict[str, Task]:
    """Encoding and decoding of mixed magnitudes, and a copy of as many words."""
    source = np.random.default_rng(7)
    floats = source.normal(size=values) * 10.0 ** source.integers(-8, 20, size=values)
    words = encode(floats, name="floats")
    copied = np.empty_like(words)
    return {
        "encode": lambda: encode(floats, name="floats"),
        "decode": lambda: decode(words, parties=1),
        "copy": lambda: np.copyto(copied, words),
    }


def round_tasks() -> dict[str, Task]:
    """One round of two parties whose keys are agreed: a party's part, and the aggregator's."""
    statistic = {"gram": np.random.default_rng(7).normal(size=ROUND_VALUES) * 1e5}

    def masked() -> None:
        vector, _ = pack(statistic)
        masks.add_mask(vector, keys.round_key(SECRET, 0))

    vector, layout = pack(statistic)
    parts = [vector, vector.copy()]
    masks.add_mask(parts[0], keys.round_key(SECRET, 0))
    masks.subtract_mask(parts[1], keys.round_key(SECRET, 0))
    return {
        "plain": lambda: pack(statistic),
        "masked": masked,
        "sum": lambda: unpack(parts[0] + parts[1], layout, parties=2),
    }


if __name__ == "__main__":
    main()
