"""A party as it lives on its SecretFlow device. Bytes come in and bytes leave, so that SecretFlow,
which writes what it carries with pickle, never gets anything else of ours to write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.served import answer
from fedruntime.messages import pack, pack_reply, unpack_request
from fedruntime.party import Party


class HostedParty:
    """What ``secretflow.proxy`` makes a device object of; one call at a time, in order.

    Parameters
    ----------
    host : callable
        Makes the party, where it will live.
    """

    def __init__(self, host: Callable[[], Party]) -> None:
        self._party = host()

    def answer(self, stamp: bytes, frame: bytes) -> bytes:
        """The framed reply to a framed request, after the stamp that came with it."""
        return stamp + answer(self._party, frame)

    def answer_apart(self, stamp: bytes, frame: bytes) -> tuple[bytes, Any]:
        """The same, with the encoded statistics apart: for the SPU, and for nobody to see.

        Returns
        -------
        tuple of (bytes, ndarray)
            The reply, which tells their number in their place; and the statistics.
        """
        reply = self._party.handle(unpack_request(loads(frame)))
        vector = reply.arrays.get("vector", np.zeros(0, np.uint64))
        told = replace(reply, arrays={name: np.array(len(vector)) for name in reply.arrays})
        return stamp + dumps(pack_reply(told)), vector

    def place(self, name: str, rows: Any) -> bytes:
        """Keep rows that are on this device; their facts, framed."""
        return dumps(pack(self._party.put(name, rows)))

    def keep(self, name: str, rows: Any) -> None:
        """Keep what is on this device, and tell nothing of it."""
        self._party.put(name, rows)

    def say(self, message: bytes) -> bytes:
        """The message itself: told to the others by being revealed."""
        return message
