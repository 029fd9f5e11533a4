"""What flwr's own SecAgg+ primitives cost one client and the server in one round: run by
``secure_aggregation_peers.py`` with the Python of the environment that flwr is installed in.

The steps and their order are those that the protocol has in flwr's client modifier and workflow;
no network and no messages are counted. Prints one JSON object: CPU seconds, and what a small
example comes to.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
from flwr.common import bytes_to_ndarray, ndarray_to_bytes
from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import (
    decrypt,
    encrypt,
    generate_shared_key,
)
from flwr.common.secure_aggregation.ndarrays_arithmetic import (
    factor_combine,
    parameters_addition,
    parameters_mod,
    parameters_subtraction,
)
from flwr.common.secure_aggregation.quantization import dequantize, quantize
from flwr.common.secure_aggregation.secaggplus_utils import (
    pseudo_rand_gen,
    share_keys_plaintext_concat,
    share_keys_plaintext_separate,
)
from flwr.supercore.primitives.asymmetric import (
    bytes_to_private_key,
    bytes_to_public_key,
    generate_key_pairs,
    private_key_to_bytes,
    public_key_to_bytes,
)

CLIPPING, LEVELS, MODULUS = 8.0, 1 << 22, 1 << 32  # the workflow's defaults
REPEATED = 20  # of each step of the server that is the same many times


def main() -> None:
    parser = argparse.ArgumentParser(description="Time flwr's secure aggregation primitives.")
    parser.add_argument("--parties", type=int, required=True)
    parser.add_argument("--dropped", type=int, required=True)
    parser.add_argument("--threshold", type=int, required=True)
    parser.add_argument("--values", type=int, required=True)
    parser.add_argument("--example", type=json.loads, required=True, help="values of one client")
    options = parser.parse_args()
    client = Client(options.parties, options.threshold)
    vector = np.random.default_rng(7).uniform(-1.0, 1.0, size=options.values)
    client_seconds = seconds(lambda: client.round(vector))
    print(
        json.dumps(
            {
                "version": version("flwr"),
                "client": client_seconds,
                **server_seconds(options.parties, options.dropped, options.threshold, client),
                "example": example(options.example, options.parties),
            }
        )
    )


def seconds(task: Callable[[], Any]) -> float:
    """CPU time of all threads of this process."""
    start = time.process_time()
    task()
    return time.process_time() - start


class Client:
    """One client among its neighbours, who are all others."""

    def __init__(self, parties: int, threshold: int) -> None:
        self.parties, self.threshold = parties, threshold
        peers = [public_key_to_bytes(generate_key_pairs()[1]) for _ in range(2 * (parties - 1))]
        self.peers_mask, self.peers_channel = peers[: parties - 1], peers[parties - 1 :]
        self.masked: list[bytes] = []

    def round(self, values: np.ndarray) -> None:
        """All stages of one round."""
        pairs = [generate_key_pairs() for _ in range(2)]
        private, channel = (private_key_to_bytes(private) for private, _ in pairs)
        for _, public in pairs:
            public_key_to_bytes(public)
        seed = os.urandom(32)
        seed_shares = create_shares(seed, self.threshold, self.parties)
        key_shares = create_shares(private, self.threshold, self.parties)
        received = []
        for peer, channel_key in enumerate(self.peers_channel, start=1):
            shared = generate_shared_key(
                bytes_to_private_key(channel), bytes_to_public_key(channel_key)
            )
            plain = share_keys_plaintext_concat(0, peer, seed_shares[peer], key_shares[peer])
            # What comes back is as long as what goes out, so opening that takes as long.
            received.append((shared, encrypt(shared, plain)))
        for shared, box in received:
            share_keys_plaintext_separate(decrypt(shared, box))
        vector = factor_combine(LEVELS, quantize([values], CLIPPING, LEVELS))
        shapes = [part.shape for part in vector]
        vector = parameters_addition(vector, pseudo_rand_gen(seed, MODULUS, shapes))
        for peer, mask_key in enumerate(self.peers_mask):
            shared = generate_shared_key(
                bytes_to_private_key(private), bytes_to_public_key(mask_key)
            )
            mask = pseudo_rand_gen(shared, MODULUS, shapes)
            combine = parameters_addition if peer % 2 else parameters_subtraction
            vector = combine(vector, mask)
        self.masked = [ndarray_to_bytes(part) for part in parameters_mod(vector, MODULUS)]


def server_seconds(parties: int, dropped: int, threshold: int, client: Client) -> dict[str, Any]:
    """The server's part, from so many of each of its steps as is said beside it."""
    answered = parties - dropped
    vector = [bytes_to_ndarray(part) for part in client.masked]
    shapes = [part.shape for part in vector]
    private, public = generate_key_pairs()
    secret, peer = private_key_to_bytes(private), public_key_to_bytes(public)
    seed_shares = create_shares(os.urandom(32), threshold, parties)[:answered]
    key_shares = create_shares(secret, threshold, parties)[:answered]

    def add() -> None:
        parameters_addition(vector, [bytes_to_ndarray(part) for part in client.masked])

    def own_mask() -> None:
        parameters_subtraction(vector, pseudo_rand_gen(os.urandom(32), MODULUS, shapes))

    def pair_mask() -> None:
        shared = generate_shared_key(bytes_to_private_key(secret), bytes_to_public_key(peer))
        parameters_subtraction(vector, pseudo_rand_gen(shared, MODULUS, shapes))

    # The workflow takes a missing client's masks with all its neighbours, missing ones too.
    steps = [
        ("vector added", add, answered, REPEATED),
        ("seed put together", lambda: combine_shares(seed_shares), answered, 1),
        ("mask key put together", lambda: combine_shares(key_shares), dropped, 1),
        ("own mask", own_mask, answered, REPEATED),
        ("pair mask", pair_mask, dropped * (parties - 1), REPEATED),
    ]
    total, counted = 0.0, {}
    for name, task, times, most in steps:
        measured = min(times, most)
        taken = seconds(lambda task=task, measured=measured: [task() for _ in range(measured)])
        total += taken / measured * times
        counted[name] = [measured, times]
    return {"server": total, "measured": counted}


def example(values: list[float], parties: int) -> list[float]:
    """The sum over parties that all have the same values, as quantised."""
    encoded = [quantize([np.array(values)], CLIPPING, LEVELS)[0] for _ in range(parties)]
    total = np.sum(encoded, axis=0)
    decoded = dequantize([total], CLIPPING, LEVELS)[0] - (parties - 1) * CLIPPING
    return [float(value) for value in decoded]


if __name__ == "__main__":
    main()
