"""Simulated parties on SecretFlow's devices: one run of the script, and a Ray worker a party.

Rows that the script loads are dealt to the devices, as SecretFlow's own data frames deal theirs.
Messages pass through the same frames as between real parties.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
import secretflow as sf
from secretflow.utils.errors import NotSupportedError

from fedruntime.crypto.identity import IDENTITY_BYTES, Identity
from fedruntime.engines.opening import digest_of
from fedruntime.engines.secretflow.hosted import HostedParty
from fedruntime.engines.secretflow.settings import Spu
from fedruntime.engines.secretflow.spu import (
    SpuSums,
    allow_words,
    countable,
    with_total,
    words_of,
)
from fedruntime.errors import ProtocolError, SettingsError
from fedruntime.every_operation import register_every_operation
from fedruntime.functions import look_up_in
from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.reviewed_script import ReviewedScript
from fedruntime.messages import Public, Reply, Request, pack_request, unpack, unpack_reply
from fedruntime.party import Party
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.policy import ENFORCE, Policies, Policy

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Simulated:
    """What a worker makes a simulated party of.

    Parameters
    ----------
    name : str
    secret : bytes
        Of its identity.
    identities : mapping of str to bytes
        Everyone's public ones.
    budget : PrivacyBudget, optional
    policy : Policy
    enforce : bool
        Whether the policy is enforced, or only reported.
    script : Path, optional
        Where functions of the script are found, as at a real party.
    script_sha256 : str
    """

    name: str
    secret: bytes
    identities: Mapping[str, bytes]
    budget: PrivacyBudget | None
    policy: Policy
    enforce: bool
    script: Path | None
    script_sha256: str

    def hosted(self) -> Party:
        if self.script is not None:
            look_up_in(ReviewedScript(self.script, self.script_sha256, self.name))
        register_every_operation()
        return Party(
            self.name,
            quote_failures=True,
            budget=self.budget,
            guard=Guard(self.policy, enforce=self.enforce),
            identity=_identity(self.secret),
            identities=self.identities,
        )


class SimulatedSecretFlow:
    """All parties of one script's run, each on a device of SecretFlow's simulation.

    Parameters
    ----------
    parties : sequence of str
    budget : PrivacyBudget, optional
        What each of the parties insists on.
    policies : Policies
        Those of the parties. They are enforced only if these say so.
    min_parties : int, optional
        What a policy has that does not say itself over how many parties a sum has to be.
    spu : Spu, optional
        For ``SPUAggregator``.
    script : Path, optional
        The running script; without a file, parties have no functions of it.

    Raises
    ------
    SettingsError
        If the installed SecretFlow has no simulation.
    """

    simulated = True

    def __init__(
        self,
        parties: Sequence[str],
        budget: PrivacyBudget | None = None,
        policies: Policies | None = None,
        min_parties: int | None = None,
        spu: Spu | None = None,
        script: Path | None = None,
    ) -> None:
        if spu is not None:
            allow_words()
        _start(parties)
        self._running = True
        self.spu = None if spu is None else SpuSums(parties, spu)
        policies = policies or Policies()
        secrets = {party: os.urandom(IDENTITY_BYTES) for party in parties}
        identities = {party: _identity(secret).public for party, secret in secrets.items()}
        hosting: Any = sf.proxy(sf.PYUObject)(HostedParty)
        there = None if script is None or not script.is_file() else script.resolve()
        digest = digest_of(there)
        self._hosted = {}
        for party in parties:
            policy = policies.of(party)
            if policy.min_parties is None:
                policy = replace(policy, min_parties=min_parties)
            enforce = policies.mode == ENFORCE
            plan = _Simulated(
                party, secrets[party], identities, budget, policy, enforce, there, digest
            )
            self._hosted[party] = hosting(plan.hosted, device=sf.PYU(party))
        self._open: dict[str, Any] = {}
        self._dead: set[str] = set()

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        if not self._running:
            raise ProtocolError("this federation has ended: no party is asked any more")
        on_spu = self.spu is not None and self.spu.wants(requests)
        vectors = []
        for party, request in requests.items():
            if party in self._dead:
                continue
            frame = dumps(pack_request(request))
            if on_spu:
                reply, vector = self._hosted[party].answer_apart(b"", frame, _num_returns=2)
                vectors.append(vector)
            else:
                reply = self._hosted[party].answer(b"", frame)
            self._open[party] = reply.data
        replies = self._replies(list(requests), timeout)
        if self.spu is None or not on_spu or not countable(replies, list(requests)):
            return replies
        (total,) = self.spu.total(vectors).values()
        return with_total(replies, words_of(sf.reveal(total)))

    def _replies(self, asked: Sequence[str], timeout: float | None) -> dict[str, Reply]:
        until = None if timeout is None else time.monotonic() + timeout
        replies = {}
        for party in asked:
            if party in self._dead:
                continue
            left = None if until is None else max(0.0, until - time.monotonic())
            if (answer := self._fetched(party, left)) is not None:
                replies[party] = unpack_reply(loads(answer))
        return replies

    def reachable(self, party: str) -> bool:
        if party in self._dead:
            return False
        if party in self._open:
            self._fetched(party, 0.0)
        return party not in self._open and party not in self._dead

    def begun(self, party: str) -> int:
        return 1  # whoever has died stays away

    def place(self, party: str, name: str, rows: Any) -> Public:
        return unpack(loads(sf.reveal(self._hosted[party].place(name, rows))))

    def adopt(self, name: str, parts: Mapping[str, Any]) -> None:
        """Let parties keep what already lies on their devices; nothing of it is told."""
        for party, held in parts.items():
            self._hosted[party].keep(name, held)

    def public_random(self, count: int) -> bytes:
        return os.urandom(count)

    def stop(self) -> None:
        if self._running:
            self._running = False
            sf.shutdown()

    def _fetched(self, party: str, timeout: float | None) -> bytes | None:
        """What a party has answered to its last request, if it has by then."""
        try:
            frame: bytes = ray.get(self._open[party], timeout=timeout)
        except ray.exceptions.GetTimeoutError:
            return None
        except ray.exceptions.RayActorError as error:
            _LOG.warning("the worker of %r has died", party, exc_info=error)
            self._dead.add(party)
            return None
        del self._open[party]
        return frame


def _identity(secret: bytes) -> Identity:
    return Identity.generate(lambda count: secret[:count])


def _start(parties: Sequence[str]) -> None:
    try:
        sf.init(
            list(parties),
            address="local",
            _node_ip_address="127.0.0.1",
            include_dashboard=False,
            log_to_driver=False,
            logging_level="warning",
        )
    except NotSupportedError as error:
        raise SettingsError(
            f"SecretFlow {sf.__version__} has no simulation: install 1.13 as "
            'constraints/secretflow-simulation.txt says, or simulate with engine = "local"'
        ) from error
