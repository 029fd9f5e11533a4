"""What all runs of one script have to choose alike. Every party runs the script, so a choice that
is public, such as the name of a session or the draw of an estimator without ``random_state``, must
come out the same at all of them: it is drawn from what they agree on when they meet.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping

import numpy as np

from fedruntime.errors import ProtocolError
from fedruntime.hosting.frames import dumps, loads
from fedruntime.messages import Public, pack, unpack

_BYTES = 32


class AgreedRandomness:
    """Random bytes that every party's run gets alike, in the order in which it asks.

    Parameters
    ----------
    seed : bytes
        Agreed on; it hides nothing.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._seed + self._drawn.to_bytes(8, "big")).digest(count)


def proposal() -> bytes:
    """What this run tells the others when they meet: random bytes, and its generators' state."""
    return dumps(pack({"random": np.frombuffer(os.urandom(_BYTES), np.uint8), **_generators()}))


def agree(proposals: Mapping[str, bytes]) -> AgreedRandomness:
    """Take over what follows from everyone's proposal.

    The global generators of ``numpy.random`` and ``random`` continue from the first party's
    state: a script that has seeded them finds them as it left them, one that has not draws the
    same everywhere.

    Parameters
    ----------
    proposals : mapping of party to bytes
        The same, in the same order, at every party.
    """
    told = {party: unpack(loads(proposal)) for party, proposal in proposals.items()}
    for party, value in told.items():
        if len(value["random"]) != _BYTES:
            raise ProtocolError(f"{party!r} proposes {len(value['random'])} random bytes")
    _continue_from(next(iter(told.values())))
    seed = hashlib.sha256(b"".join(value["random"].tobytes() for value in told.values()))
    return AgreedRandomness(seed.digest())


def _generators() -> dict[str, Public]:
    name, key, position, has_gauss, gauss = np.random.get_state(legacy=True)
    version, words, next_gauss = random.getstate()
    return {
        "numpy": (name, key, position, has_gauss, gauss),
        "python": (version, np.array(words, np.uint64), next_gauss),
    }


def _continue_from(told: Mapping[str, Public]) -> None:
    np.random.set_state(told["numpy"])
    version, words, next_gauss = told["python"]
    random.setstate((version, tuple(words.tolist()), next_gauss))
