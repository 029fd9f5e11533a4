"""A party's half of an aggregation: its key pair, what it agreed with its peers, its masks.

Shares of mask keys and self-mask seeds, which let a sum survive a party that vanishes (Bonawitz
et al. 2017), will be kept here, too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fedruntime.crypto import keys, masks
from fedruntime.errors import ProtocolError
from fedruntime.messages import Array
from fedruntime.operations import session_op


class PartySession:
    """One party in one aggregation session.

    Parameters
    ----------
    name : str
        The session's identifier, agreed by all parties; binds the keys to it.
    party : str
        This party.
    """

    def __init__(self, name: str, party: str) -> None:
        self.name = name
        self.party = party
        self._private = keys.generate()
        self._secrets: dict[str, bytes] | None = None
        self._last_round = -1

    def public_key(self) -> bytes:
        return keys.public_bytes(self._private)

    def agree(self, public_keys: Mapping[str, bytes]) -> None:
        """Derive one secret a peer. A session agrees once: other keys need another session."""
        if self._secrets is not None:
            raise ProtocolError(f"party {self.party!r} has agreed on keys in this session before")
        if public_keys.get(self.party) != self.public_key():
            raise ProtocolError(f"the keys for party {self.party!r} do not include its own")
        self._secrets = {
            peer: keys.agree(self._private, key, context=self.name)
            for peer, key in public_keys.items()
            if peer != self.party
        }

    def mask(self, vector: npt.NDArray[np.uint64], round_number: int) -> None:
        """Add this party's masks of a round, in place; over all parties they cancel.

        Raises
        ------
        ProtocolError
            Without agreed keys, or for a round that has been masked already: a mask used twice
            would give away the difference of two statistics.
        """
        if self._secrets is None:
            raise ProtocolError(f"party {self.party!r} has not agreed on keys in this session")
        if round_number <= self._last_round:
            raise ProtocolError(f"round {round_number} of this session has been masked already")
        self._last_round = round_number
        for peer, secret in self._secrets.items():
            key = keys.round_key(secret, round_number)
            if self.party < peer:
                masks.add_mask(vector, key)
            else:
                masks.subtract_mask(vector, key)


@session_op("secure.advertise")
def advertise(session: PartySession) -> Mapping[str, Array]:
    """A party's public key."""
    return {"key": np.frombuffer(session.public_key(), dtype=np.uint8)}


@session_op("secure.agree")
def agree(session: PartySession, public_keys: Mapping[str, Array]) -> Mapping[str, Array]:
    """Hand a party the public keys of all."""
    session.agree({party: key.tobytes() for party, key in public_keys.items()})
    return {}
