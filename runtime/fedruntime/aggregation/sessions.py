"""The sessions that a party takes part in: opened when they are first named, dropped when many
others have been used since.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping

from fedruntime.aggregation.session import PartySession
from fedruntime.crypto.identity import Identity

MOST = 64


class Sessions:
    """One party's sessions by name.

    A session that was dropped is begun anew if it is named again, with keys of its own: nothing
    can be masked twice, and the coordinator has to agree on another session.

    Parameters
    ----------
    party : str
    identity : Identity, optional
        What the party signs with; without it one that nobody else knows, for a party alone.
    known : mapping of str to bytes, optional
        The public identities of the parties that it works with, itself included.
    min_parties : int, optional
        The fewest parties whose statistics it lets be added; by default all that it knows.
    entropy : callable
    """

    def __init__(
        self,
        party: str,
        identity: Identity | None = None,
        known: Mapping[str, bytes] | None = None,
        *,
        min_parties: int | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._party = party
        self._identity = Identity.generate(entropy) if identity is None else identity
        self._known = {party: self._identity.public} if known is None else known
        self._min_parties = min_parties
        self._entropy = entropy
        self._open: OrderedDict[str, PartySession] = OrderedDict()

    def __getitem__(self, name: str) -> PartySession:
        if name not in self._open:
            self._open[name] = PartySession(
                name,
                self._party,
                self._identity,
                self._known,
                min_parties=self._min_parties,
                entropy=self._entropy,
            )
            if len(self._open) > MOST:
                self._open.popitem(last=False)
        self._open.move_to_end(name)
        return self._open[name]
