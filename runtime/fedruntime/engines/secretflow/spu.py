"""Sums on SecretFlow's SPU, which adds secret shares of what the parties put in.

What is added are the encoded statistics of ``aggregation.encoding``, as words modulo 2**64 in the
ring FM64, and not fixed-point numbers: the sum is exact to the last bit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import add
from typing import Any

import jax
import numpy as np
import secretflow as sf

from fedruntime.aggregation.adding import Words
from fedruntime.engines.secretflow.settings import Spu
from fedruntime.messages import Release, Reply, Request


def allow_words() -> None:
    """Let JAX, in which the SPU is programmed, hold 64 bits: it cuts integers off otherwise.

    Before workers are started, which learn it from the environment.
    """
    os.environ["JAX_ENABLE_X64"] = "1"
    jax.config.update("jax_enable_x64", True)


class SpuSums:
    """The SPU of one federation, and whether sums go through it now.

    Parameters
    ----------
    parties : sequence of str
    settings : Spu
    tls : mapping, optional
        The files of TLS, under the names of SecretFlow's ``tls_config``.
    """

    def __init__(
        self, parties: Sequence[str], settings: Spu, tls: Mapping[str, str] | None = None
    ) -> None:
        self.wanted = False
        runtime = {"protocol": settings.protocol, "field": "FM64"}
        if settings.addresses:
            nodes = [_node(party, settings.addresses[party], tls) for party in parties]
            cluster: dict[str, Any] = {"nodes": nodes, "runtime_config": runtime}
        else:
            cluster = sf.utils.testing.cluster_def(list(parties), runtime_config=runtime)
        self._spu = sf.SPU(cluster)
        self._reader = sf.PYU(parties[0])

    @contextmanager
    def on(self) -> Iterator[None]:
        """Send the sums of a ``with`` block through the SPU."""
        self.wanted = True
        try:
            yield
        finally:
            self.wanted = False

    def wants(self, requests: Mapping[str, Request]) -> bool:
        """Whether these requests are for a sum that goes through the SPU."""
        return self.wanted and all(
            request.release is Release.MASKED_SUM for request in requests.values()
        )

    def total(self, vectors: Sequence[Any], kind: bytes = b"") -> dict[str, Any]:
        """The sum of vectors that lie on devices.

        Returns
        -------
        dict of str to PYUObject
            One party, and its words after ``kind``: for all to see.
        """
        shared = [vector.to(self._spu) for vector in vectors]
        total = self._spu(_sum)(*shared).to(self._reader)
        return {self._reader.party: self._reader(_written)(total, kind)}


def words_of(written: bytes) -> Words:
    """The sum that ``total`` gave."""
    total: Words = np.frombuffer(written, np.uint64).copy()
    return total


def countable(replies: Mapping[str, Reply], asked: Sequence[str]) -> bool:
    """Whether all have put statistics of one shape into the SPU."""
    whole = len(replies) == len(asked) and all(reply.error is None for reply in replies.values())
    return whole and len({int(reply.arrays["vector"]) for reply in replies.values()}) == 1


def with_total(replies: Mapping[str, Reply], total: Words) -> dict[str, Reply]:
    """The replies with vectors that add up to the sum: it, and zeros."""
    first, *others = replies
    zeros = np.zeros_like(total)
    vectors = {first: total, **dict.fromkeys(others, zeros)}
    return {
        party: Reply(party, {"vector": vectors[party]}, reply.facts, remarks=reply.remarks)
        for party, reply in replies.items()
    }


def _sum(*vectors: Any) -> Any:
    return reduce(add, vectors)


def _written(total: Any, kind: bytes) -> bytes:
    return kind + np.asarray(total).astype(np.uint64, copy=False).tobytes()


def _node(party: str, address: str, tls: Mapping[str, str] | None) -> dict[str, Any]:
    node: dict[str, Any] = {"party": party, "address": address}
    if tls is not None:
        files = {
            "certificate_path": tls["cert"],
            "private_key_path": tls["key"],
            "ca_file_path": tls["ca_cert"],
            "verify_depth": 1,
        }
        node["tls_opts"] = {"server_ssl_opts": files, "client_ssl_opts": files}
    return node
