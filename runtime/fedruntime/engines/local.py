"""The default engine: all parties in this process, each working off its requests one by one.

Messages pass through the same closed schema as on a wire, so a script that runs here holds
nothing that another engine could not carry.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fedruntime.crypto.identity import Identity
from fedruntime.engines.lines import Lines
from fedruntime.messages import (
    Public,
    Reply,
    Request,
    pack_reply,
    pack_request,
    unpack_reply,
    unpack_request,
)
from fedruntime.party import Party
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.policy import ENFORCE, Policies

_AT_ONCE = 32  # parties that compute side by side


class LocalEngine:
    """Simulated parties on threads.

    Parameters
    ----------
    parties : sequence of str
    budget : PrivacyBudget, optional
        What each of the parties insists on.
    policies : Policies
        Those of the parties. They are enforced only if these say so.
    min_parties : int, optional
        What a policy has that does not say itself over how many parties a sum has to be.
    """

    simulated = True

    def __init__(
        self,
        parties: Sequence[str],
        budget: PrivacyBudget | None = None,
        policies: Policies | None = None,
        min_parties: int | None = None,
    ) -> None:
        self._budget = budget
        self._policies = policies or Policies()
        self._min_parties = min_parties
        self._parties: dict[str, Party] = {}
        self._identities: dict[str, bytes] = {}
        self._lines = Lines(_AT_ONCE)
        for name in parties:
            self.add(name)

    def add(self, party: str) -> None:
        """Let one more party take part."""
        policies = self._policies
        policy = policies.of(party)
        if policy.min_parties is None:
            policy = replace(policy, min_parties=self._min_parties)
        guard = Guard(policy, enforce=policies.mode == ENFORCE)
        identity = Identity.generate()
        self._identities[party] = identity.public
        self._parties[party] = Party(
            party,
            quote_failures=True,
            budget=self._budget,
            guard=guard,
            identity=identity,
            identities=self._identities,  # those who join later are seen by all
        )
        self._lines.add(party, partial(self._deliver, party))

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        return self._lines.call(requests, timeout=timeout)

    @property
    def seconds(self) -> Mapping[str, float]:
        """See ``Timed``."""
        return self._lines.seconds

    def _deliver(self, party: str, request: Request) -> Reply:
        reply = self._parties[party].handle(unpack_request(pack_request(request)))
        return unpack_reply(pack_reply(reply))

    def reachable(self, party: str) -> bool:
        return self._lines.idle(party)

    def begun(self, party: str) -> int:
        return 1

    def place(self, party: str, name: str, rows: Any) -> Public:
        return self._parties[party].put(name, rows)

    def public_random(self, count: int) -> bytes:
        return os.urandom(count)

    def stop(self) -> None:
        self._lines.close()
