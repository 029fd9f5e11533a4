"""Arrays that pass the coordinator on their way from one party to another, so that it cannot read
them: sealed under the pair's channel key, and bound to what they are.
"""

from __future__ import annotations

import numpy as np

from fedruntime.aggregation.session import PartySession
from fedruntime.crypto.sealing import seal, unseal
from fedruntime.messages import Array


def seal_array(session: PartySession, peer: str, name: str, values: Array) -> Array:
    """An array as bytes that only a peer can read, under a name that it has to ask for."""
    plain = np.ascontiguousarray(values)
    context = _context(session, session.party, peer, name)
    return np.frombuffer(
        seal(session.channel(peer), plain.tobytes(), context=context), dtype=np.uint8
    )


def unseal_array(
    session: PartySession, sender: str, name: str, box: Array, dtype: type, width: int
) -> Array:
    """The array of shape (n, width) that a peer has sealed for this party under this name.

    Raises
    ------
    ProtocolError
        If it was altered, or sealed by another party, for another, or under another name.
    """
    context = _context(session, sender, session.party, name)
    plain = unseal(session.channel(sender), box.tobytes(), context=context)
    return np.frombuffer(plain, dtype=dtype).reshape(-1, width)


def _context(session: PartySession, sender: str, receiver: str, name: str) -> bytes:
    return f"{session.name} {sender} {receiver} {name}".encode()
