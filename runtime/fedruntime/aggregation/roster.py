"""The roster of a session: who takes part and under which signed channel key. All that follows is
bound to its digest, so parties that were shown different rosters cannot work together unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from fedruntime.aggregation.graph import Neighbourhood, neighbourhood, neighbours
from fedruntime.aggregation.statements import statement
from fedruntime.errors import ProtocolError
from fedruntime.messages import Array, Public


class SignedKey(NamedTuple):
    """A channel key (X25519, 32 bytes) and its party's signature of it (Ed25519, 64 bytes)."""

    key: bytes
    signature: bytes


class Survival(NamedTuple):
    """Shares of all parties: those that may collude, and those that may vanish in one round."""

    corrupt: float
    dropout: float


def key_statement(session: str, party: str, key: bytes) -> bytes:
    """What a party signs to bring its channel key into a session."""
    return statement("channel key", session, party, key)


@dataclass(frozen=True)
class Roster:
    """Who takes part in a session.

    Parameters
    ----------
    session : str
    keys : mapping of str to SignedKey
        By party.
    survival : Survival, optional
        What a sum has to survive; ``None`` where everyone answers.
    """

    session: str
    keys: Mapping[str, SignedKey]
    survival: Survival | None = None

    @cached_property
    def parties(self) -> tuple[str, ...]:
        """By name."""
        return tuple(sorted(self.keys))

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of all there is to know of the session, except the signatures."""
        survival = json.dumps(self.survival and list(map(float, self.survival)))
        names = json.dumps(self.parties)
        keys = b"".join(self.keys[party].key for party in self.parties)  # all of one length
        return hashlib.sha256(statement("roster", self.session, survival, names, keys)).digest()

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """Size and threshold; all pairs, and all of them needed, where everyone answers."""
        if self.survival is None:
            return Neighbourhood(len(self.keys) - 1, len(self.keys))
        corrupt, dropout = self.survival
        return neighbourhood(len(self.keys), corrupt=corrupt, dropout=dropout)

    def neighbours(self, party: str) -> tuple[str, ...]:
        """With whom a party shares masks, by name."""
        return neighbours(self.parties, self.neighbourhood.degree, self.digest)[party]

    def holders(self, party: str) -> tuple[str, ...]:
        """Who holds the shares of a party's secrets, itself included; place i has point i + 1."""
        return tuple(sorted((party, *self.neighbours(party))))

    def to_arguments(self) -> dict[str, Public]:
        """The roster as a message has it; ``from_arguments`` reads it."""
        return {
            "parties": np.array(self.parties),
            "keys": _rows([self.keys[party].key for party in self.parties]),
            "signatures": _rows([self.keys[party].signature for party in self.parties]),
            "survival": None if self.survival is None else list(self.survival),
        }

    @classmethod
    def from_arguments(
        cls,
        session: str,
        parties: Array,
        keys: Array,
        signatures: Array,
        survival: list[float] | None,
    ) -> Roster:
        """What ``to_arguments`` wrote.

        Raises
        ------
        ProtocolError
            If a party is named twice, or keys and signatures do not match the names.
        """
        names = [str(name) for name in parties]
        if len(set(names)) != len(names) or not len(names) == len(keys) == len(signatures):
            raise ProtocolError(
                f"the roster of session {session!r} does not have one key and one signature for "
                "each party"
            )
        signed = {
            name: SignedKey(key.tobytes(), signature.tobytes())
            for name, key, signature in zip(names, keys, signatures, strict=True)
        }
        return cls(session, signed, None if survival is None else Survival(*survival))


def _rows(entries: list[bytes]) -> Array:
    return np.frombuffer(b"".join(entries), dtype=np.uint8).reshape(len(entries), -1)
