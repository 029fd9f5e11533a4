"""A party's half of an aggregation session: its signed channel key, the roster that it has checked,
and the masks that follow from it.

Which masks these are is said in ``pairwise`` (everyone answers) and ``double_mask`` (a sum
survives dropouts). Whom a party believes to be whom is never the coordinator's word: it compares
every key that it uses with the public identities that it was given by other means.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.double_mask import DoubleMasks
from fedruntime.aggregation.graph import CORRUPT
from fedruntime.aggregation.pairwise import PairwiseMasks
from fedruntime.aggregation.roster import Roster, SignedKey, key_statement
from fedruntime.crypto import keys
from fedruntime.crypto.identity import Identity, verify
from fedruntime.errors import PolicyError, ProtocolError


class PartySession:
    """One party in one aggregation session.

    Parameters
    ----------
    name : str
        The session's identifier; all that is said in it is bound to it.
    party : str
        This party.
    identity : Identity
        What it signs with.
    known : mapping of str to bytes
        The public identities of all parties that it works with, itself included.
    min_parties : int, optional
        The fewest parties whose statistics it lets be added; by default all that it knows. With
        fewer, sums over different parties can be had, and their differences.
    corrupt : float
        The share of parties that may collude with the coordinator; a session that survives
        dropouts must have been planned for no fewer.
    entropy : callable
        Gives as many random bytes as it is asked for. Only tests have reason to replace it.

    Attributes
    ----------
    held : dict
        What protocols between parties keep here from one message to the next, by name.
    """

    def __init__(
        self,
        name: str,
        party: str,
        identity: Identity,
        known: Mapping[str, bytes],
        *,
        min_parties: int | None = None,
        corrupt: float = CORRUPT,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.name = name
        self.party = party
        self._identity = identity
        self._known = known
        self._min_parties = min_parties
        self._corrupt = corrupt
        self._entropy = entropy
        self._private = keys.generate(entropy)
        self._masks: PairwiseMasks | DoubleMasks | None = None
        self._channels: dict[str, bytes] = {}
        self.held: dict[str, Any] = {}

    def advertise(self) -> SignedKey:
        """This party's channel key, signed for this session."""
        key = keys.public_bytes(self._private)
        return SignedKey(key, self._identity.sign(key_statement(self.name, self.party, key)))

    def agree(self, roster: Roster) -> None:
        """Derive one secret a neighbour. A session agrees once: other keys need another session.

        Raises
        ------
        ProtocolError
            If the roster holds a party that this one does not know, a key that its party has not
            signed for this session, not this party's own key, or too few parties; or if it is
            planned for fewer who collude than this party insists on.
        """
        if self._masks is not None:
            raise ProtocolError(f"party {self.party!r} has agreed on keys in this session before")
        self._check(roster)
        mode = "pairwise" if roster.survival is None else "channel"
        context = f"{mode} {roster.digest.hex()}"
        secrets = {
            peer: keys.agree(self._private, roster.keys[peer].key, context=context)
            for peer in roster.neighbours(self.party)
        }
        self._channels = {peer: keys.channel_key(secret) for peer, secret in secrets.items()}
        if roster.survival is None:
            self._masks = PairwiseMasks(self.party, secrets)
        else:
            self._masks = DoubleMasks(
                self.party,
                roster,
                secrets,
                min_parties=self._floor,
                entropy=self._entropy,
            )

    def mask(self, vector: npt.NDArray[np.uint64], round_number: int) -> None:
        """Add this party's masks of a round, in place; see ``PairwiseMasks`` and ``DoubleMasks``.

        Raises
        ------
        ProtocolError
            Without agreed keys, or for a round that has been masked already.
        """
        self._agreed_masks().mask(vector, round_number)

    @property
    def fewest(self) -> int:
        """The fewest parties, this one included, that a sum of this session can be over."""
        return self._agreed_masks().fewest

    @property
    def peers(self) -> tuple[str, ...]:
        """The other parties that this one shares a key with, by name."""
        return tuple(sorted(self._channels))

    def channel(self, peer: str) -> bytes:
        """The key under which this party and a peer seal what passes the coordinator between them.

        Raises
        ------
        ProtocolError
            Without agreed keys, or for a party that is no peer.
        """
        self._agreed_masks()
        if peer not in self._channels:
            raise ProtocolError(f"party {self.party!r} shares no key with {peer!r}")
        return self._channels[peer]

    def surviving(self) -> DoubleMasks:
        """The masks of a session that survives dropouts.

        Raises
        ------
        ProtocolError
            If this session is none, or has no agreed keys.
        """
        masks = self._agreed_masks()
        if not isinstance(masks, DoubleMasks):
            raise ProtocolError(f"everyone answers in session {self.name!r}: it has no shares")
        return masks

    def _agreed_masks(self) -> PairwiseMasks | DoubleMasks:
        if self._masks is None:
            raise ProtocolError(f"party {self.party!r} has not agreed on keys in this session")
        return self._masks

    @property
    def _floor(self) -> int:
        return len(self._known) if self._min_parties is None else self._min_parties

    def _check(self, roster: Roster) -> None:
        own = roster.keys.get(self.party)
        if own is None or own.key != keys.public_bytes(self._private):
            raise ProtocolError(f"the keys for party {self.party!r} do not include its own")
        if len(roster.parties) < self._floor:
            raise PolicyError(
                "rule 'min_parties' of its policy refuses to agree on keys: sums would be over "
                f"fewer than {self._floor} parties"
            )
        if roster.survival is not None and roster.survival.corrupt < self._corrupt:
            raise ProtocolError(
                f"this session is planned for {roster.survival.corrupt:.0%} of the parties "
                f"colluding with the coordinator; party {self.party!r} insists on "
                f"{self._corrupt:.0%}"
            )
        for party in roster.parties:
            if party not in self._known:
                raise ProtocolError(
                    f"party {self.party!r} knows no public identity of {party!r}: name it under "
                    "[identities] in federation.toml"
                )
            if party != self.party:
                self._check_signature(party, *roster.keys[party])

    def _check_signature(self, peer: str, key: bytes, signature: bytes) -> None:
        try:
            verify(self._known[peer], signature, key_statement(self.name, peer, key))
        except ProtocolError as error:
            raise ProtocolError(
                f"the channel key said to be that of {peer!r} was not signed by it for this "
                "session: it was altered, replayed or invented on its way"
            ) from error
