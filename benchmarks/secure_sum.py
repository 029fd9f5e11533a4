"""What a secure sum costs: masks against the bare key stream and against numpy's generator, the
encodings by value, secret sharing, and one party's part of a round.

    OPENBLAS_NUM_THREADS=1 python benchmarks/secure_sum.py

Times are CPU time of this process: medians of repetitions, interleaved within what a ratio
compares, so that it holds on a busy machine. First come the figures that have a bar to hold, then
those that only say where the time goes; all but ratios are this machine's own.
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

from fedruntime.aggregation import limbs
from fedruntime.aggregation.encoding import pack, unpack
from fedruntime.aggregation.words import Scaled
from fedruntime.crypto import keys, masks, shamir

BLOCK_WORDS = 1 << 14  # 128 kB: the key stream stays in the cache, where it is fastest
CACHED_WORDS = 1 << 15  # 256 kB: stays in the second-level cache beside key stream and zeros
MASKS = 9  # what a party of ten adds
HOLDERS, THRESHOLD = 1000, 667
ROUND_VALUES = 1327  # the upper triangle of a Gram matrix, a product with y and a count, p = 50
SECRET = bytes(range(32))

Task = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure masks, the encodings, sharing, and a party's part of a secure sum."
    )
    parser.add_argument("--words", type=int, default=1_000_000, help="64-bit words to mask")
    parser.add_argument("--values", type=int, default=1_000_000, help="floats to encode")
    parser.add_argument("--repeat", type=int, default=25, help="repetitions of every task")
    options = parser.parse_args()

    took: dict[str, float] = {}
    for tasks in (
        mask_tasks(options.words),
        encoding_tasks(options.values),
        sharing_tasks(),
        round_tasks(),
    ):
        took |= median_seconds(tasks, options.repeat)
    by_mask = took["masks"] / MASKS
    gigabytes, nanoseconds = 8e-9 * options.words, 1e9 / options.values
    round_of = f"{ROUND_VALUES} values, 2 parties"
    sharing = f"Shamir, {THRESHOLD} of {HOLDERS}"
    print("held to a bar")
    for line, figure, bar in [
        (f"{MASKS} masks added: rate / AES-256 key stream", took["stream"] / by_mask, ">= 0.75"),
        (f"{MASKS} masks added: rate / numpy PCG64 mask loop", took["pcg64"] / by_mask, ">= 2.5"),
        (f"{sharing}: one secret cut into shares, ms", 1e3 * took["share"], "<= 5"),
        (f"{round_of}: a party and round, ms", 1e3 * took["masked"], "<= 0.1"),
    ]:
        print(f"  {line:60}{figure:9.3f}  {bar}")
    print("where the time goes")
    for line, figure in {
        "1 mask added in the cache: rate / key stream": took["short stream"] / took["short mask"],
        "1 mask added in memory: rate / key stream": took["stream"] / took["mask"],
        "1 mask added in memory: rate / numpy PCG64 mask loop": took["pcg64"] / took["mask"],
        "encoding time / time to copy its words": took["encode"] / took["copy"],
        "decoding time / encoding time": took["decode"] / took["encode"],
        "scaled encoding time / exact encoding time": took["scale"] / took["encode"],
        f"{round_of}: masked / plain": took["masked"] / took["plain"],
        "AES-256-CTR key stream, GB/s": gigabytes / took["stream"],
        f"{MASKS} masks added, GB/s": gigabytes / by_mask,
        "1 mask added in memory, GB/s": gigabytes / took["mask"],
        "numpy PCG64 mask loop, GB/s": gigabytes / took["pcg64"],
        "exact encoding, ns/value": nanoseconds * took["encode"],
        "exact decoding, ns/value": nanoseconds * took["decode"],
        "scaled encoding, ns/value": nanoseconds * took["scale"],
        "scaled decoding, ns/value": nanoseconds * took["unscale"],
        f"{sharing}: Lagrange weights, ms": 1e3 * took["weights"],
        f"{sharing}: one secret put together, ms": 1e3 * took["open"],
        f"{round_of}: the sum (add, decode), ms": 1e3 * took["sum"],
    }.items():
        print(f"  {line:60}{figure:9.3f}")


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
    """Masks, the key stream they cannot be faster than, and a mask from numpy's generator."""
    vector, short = np.zeros(words, dtype=np.uint64), np.zeros(CACHED_WORDS, dtype=np.uint64)
    signed = vector.view(np.int64)
    extremes = np.iinfo(np.int64)
    room = bytearray(8 * BLOCK_WORDS + 16)
    zeros = bytes(8 * BLOCK_WORDS)
    pairs = [keys.round_key(SECRET, number) for number in range(MASKS)]

    def stream(length: int) -> None:
        cipher = Cipher(AES(SECRET), CTR(bytes(16))).encryptor()
        for start in range(0, length, BLOCK_WORDS):
            cipher.update_into(zeros[: 8 * (length - start)], room)

    def pcg64() -> None:
        # Bounded integers of the whole vector at a time, as SecretFlow 1.13 draws its masks.
        generator = np.random.default_rng(7)
        np.add(signed, generator.integers(extremes.min, extremes.max, size=words), out=signed)

    return {
        "stream": lambda: stream(words),
        "masks": lambda: masks.apply_masks(vector, add=pairs),
        "mask": lambda: masks.add_mask(vector, SECRET),
        "pcg64": pcg64,
        "short stream": lambda: stream(CACHED_WORDS),
        "short mask": lambda: masks.add_mask(short, SECRET),
    }


def encoding_tasks(values: int) -> dict[str, Task]:
    """Encoding and decoding of mixed magnitudes, and a copy of as many words."""
    source = np.random.default_rng(7)
    floats = source.normal(size=values) * 10.0 ** source.integers(-8, 20, size=values)
    words = np.empty((limbs.LIMBS, values), dtype=np.uint64)
    limbs.encode(floats, words)
    copied = np.empty_like(words)
    weights = {"weights": Scaled(source.uniform(-1.0, 1.0, size=values), 0)}
    vector, layout = pack(weights)
    return {
        "encode": lambda: limbs.encode(floats, copied),
        "decode": lambda: limbs.decode(words, parties=1),
        "copy": lambda: np.copyto(copied, words),
        "scale": lambda: pack(weights),
        "unscale": lambda: unpack(vector, layout, parties=1),
    }


def sharing_tasks() -> dict[str, Task]:
    """Cutting one secret into shares, and putting it together."""
    secret = np.frombuffer(SECRET, dtype=np.uint8).reshape(1, 32)
    shares = shamir.share(secret, HOLDERS, THRESHOLD)[-THRESHOLD:]
    points = range(HOLDERS - THRESHOLD + 1, HOLDERS + 1)
    return {
        "share": lambda: shamir.share(secret, HOLDERS, THRESHOLD),
        "weights": lambda: shamir.weights(points),
        "open": lambda: shamir.reconstruct(shares, points),
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
