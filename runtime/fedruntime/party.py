"""A party's side of the runtime: it keeps rows, runs registered operations on them, and lets out
only what a request's release allows. Every engine hosts this same object, so what protects the
rows does not depend on how messages travel.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fedruntime.aggregation.encoding import pack as pack_statistics
from fedruntime.aggregation.session import PartySession
from fedruntime.aggregation.sessions import Sessions
from fedruntime.crypto.identity import Identity
from fedruntime.data.chunks.running import run
from fedruntime.data.facts import facts_of
from fedruntime.errors import FedError, PolicyError, ProtocolError
from fedruntime.functions import resolve
from fedruntime.messages import Named, Public, Ref, Release, Reply, Request
from fedruntime.operations import Operation, OperationKind, is_sealed, operation
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.ledger import Ledger
from fedruntime.privacy.lineage import references
from fedruntime.privacy.mechanisms import (
    Entropy,
    add_noise,
    require_facts,
    require_private,
    scales,
    shares,
)
from fedruntime.privacy.single_rows import SingleRows
from fedruntime.privacy.spending import Spending

_LOG = logging.getLogger(__name__)


class Party:
    """One organisation's runtime.

    Parameters
    ----------
    name : str
        The party's name in the federation.
    quote_failures : bool
        Whether the text of a foreign exception may leave with its type. Such a text may quote a
        cell, so this is for simulations, where one person holds all rows anyway.
    budget : PrivacyBudget, optional
        With it this party lets out nothing but facts and noisy sums, and keeps an account of its
        own, whatever the coordinator's says.
    account : Path, optional
        The file of that account, so that it outlives this process.
    guard : Guard, optional
        Holds this party's policy against every request. By default the policy that the party's
        own environment names, enforced.
    identity : Identity, optional
        What this party signs its keys with. By default a new one, which no other party knows.
    identities : mapping of str to bytes, optional
        The public identities of all parties, this one included.
    entropy : callable
        ``n -> n random bytes`` for the noise.
    ledger : Ledger, optional
        Where this party itself notes what leaves it; what cannot be noted does not leave.
    """

    def __init__(
        self,
        name: str,
        *,
        quote_failures: bool = False,
        budget: PrivacyBudget | None = None,
        account: Path | None = None,
        guard: Guard | None = None,
        identity: Identity | None = None,
        identities: Mapping[str, bytes] | None = None,
        entropy: Entropy = os.urandom,
        ledger: Ledger | None = None,
    ) -> None:
        self.name = name
        self._ledger = ledger
        self._quote_failures = quote_failures
        self._account = None if budget is None else Spending(budget, account)
        self._guard = guard or Guard()
        self._entropy = entropy
        self._single_rows = SingleRows()
        self._rows: dict[str, Any] = {}
        self._sessions = Sessions(
            name,
            identity,
            identities,
            min_parties=self._guard.policy.min_parties if self._guard.enforce else 1,
        )

    def put(self, name: str, rows: Any) -> Public:
        """Keep rows that are already here under a name; returns their facts."""
        self._rows[name] = rows
        self._guard.placed(name, rows)
        return facts_of(rows)

    def handle(self, request: Request) -> Reply:
        """Run one request, and what comes first in its message. Failures come back as a reply,
        never as an exception."""
        if not request.first:
            return self._answer(request)
        done = []
        for one in request.first:
            done.append(self._answer(one) if _may_come_first(one) else _out_of_turn(self.name))
            if (error := done[-1].error) is not None:
                return Reply(self.name, error=error, first=tuple(done))
        return replace(self._answer(request), first=tuple(done))

    def _answer(self, request: Request) -> Reply:
        reply = self._worked(request)
        return reply if self._ledger is None else self._noted(request, reply, self._ledger)

    def _worked(self, request: Request) -> Reply:
        try:
            for name in request.forget:
                self._rows.pop(name, None)
                self._guard.forget(name)
                self._single_rows.forget(name)
            return self._run(request)
        except FedError as error:
            return Reply(self.name, error=(type(error).__name__, str(error)))
        except (Exception, SystemExit) as error:  # a loader may end its program, not this one
            text = str(error) if self._quote_failures else "the party's own log has the details"
            _LOG.warning("operation %r failed", request.operation, exc_info=error)
            return Reply(self.name, error=(type(error).__name__, text))

    def _noted(self, request: Request, reply: Reply, ledger: Ledger) -> Reply:
        masked = request.release is Release.MASKED_SUM and reply.error is None
        try:
            ledger.note(request, reply, alone=masked and self._parties(request) == 1)
        except OSError as error:
            _LOG.error("nothing leaves: the ledger cannot be written", exc_info=error)
            refusal = "its ledger cannot be written, so nothing leaves it"
            return Reply(self.name, error=(PolicyError.__name__, refusal))
        return reply

    def _run(self, request: Request) -> Reply:
        known = operation(request.operation)
        arguments = {name: self._resolve(value) for name, value in request.arguments.items()}
        if known.kind is OperationKind.SESSION:
            return self._in_session(known, request, arguments)
        if (known.kind is OperationKind.ROWS) != (request.release is Release.KEEP):
            raise ProtocolError(
                f"operation {known.name!r} gives {known.kind.value}; "
                f"it cannot be released as {request.release.value!r}"
            )
        if request.release is Release.CLEAR and not known.reveals:
            raise ProtocolError(f"operation {known.name!r} may leave a party in sums only")
        if self._account is not None:
            require_private(known, request.release, request.noise)
        outgoing = self._guard.begin(request, known, self._parties(request))
        result = run(known, arguments)
        if request.release is Release.KEEP:
            kept = self._kept(request, known, arguments, result)
            return replace(kept, remarks=tuple(outgoing.remarks))
        if self._account is not None and known.beyond_facts is not None:
            require_facts(known, result)
        self._guard.finish(outgoing, arguments, result)
        remarks = tuple(outgoing.remarks)
        if request.noise is not None:
            result = self._noised(known, request, arguments, result)
        if request.release is Release.CLEAR:
            return Reply(self.name, arrays=_as_arrays(result), remarks=remarks)
        vector, layout = pack_statistics(result)
        if request.release is Release.MASKED_SUM:
            self._session(request.session).mask(vector, request.round)
        return Reply(self.name, arrays={"vector": vector}, facts=layout, remarks=remarks)

    def _kept(
        self, request: Request, known: Operation, arguments: Mapping[str, Any], rows: Any
    ) -> Reply:
        """Keep rows, of which nothing but facts leaves."""
        self._rows[request.keep_as] = rows
        self._guard.kept(request, known, arguments, rows)
        self._single_rows.kept(request, known, self._guard.lineage)
        return Reply(self.name, facts=facts_of(rows))

    def _in_session(
        self, known: Operation, request: Request, arguments: Mapping[str, Any]
    ) -> Reply:
        """What a protocol between parties asks; the policy is asked where rows take part in it."""
        session = self._session(request.session)
        if known.keeps != (request.release is Release.KEEP):
            raise ProtocolError(
                f"operation {known.name!r} cannot be released as {request.release.value!r}"
            )
        if known.keeps:
            return self._kept(request, known, arguments, known(session, **arguments))
        if not known.reveals:
            return Reply(self.name, arrays=known(session, **arguments))
        outgoing = self._guard.begin(request, known, session.fewest)
        arrays = known(session, **arguments)
        told = {name: value for name, value in arrays.items() if not is_sealed(name)}
        self._guard.finish(outgoing, arguments, told)
        return Reply(self.name, arrays=arrays, remarks=tuple(outgoing.remarks))

    def _parties(self, request: Request) -> int:
        """Over how many parties what is asked for is a sum at least."""
        if request.release is Release.MASKED_SUM:
            return self._session(request.session).fewest
        return 1  # without masks it is this party's own part, whoever adds others to it

    def _noised(
        self, known: Operation, request: Request, arguments: Mapping[str, Any], result: Any
    ) -> Mapping[str, Any]:
        """The statistics with this party's share of the noise, paid for here, too."""
        assert request.noise is not None
        self._single_rows.require(request, self._guard.lineage)
        noise, masked = request.noise, request.release is Release.MASKED_SUM
        public = {
            name: arguments[name]
            for name, given in request.arguments.items()
            if next(references(given), None) is None
        }
        scale = scales(known, public, noise)
        colluding = noise.colluding
        if self._account is not None:
            colluding = max(colluding, self._account.budget.colluding)
            self._account.pay(request.purpose, known.name, noise.mu, rate=noise.rate)
        fewest = self._session(request.session).fewest if masked else 1
        carried_by = shares(fewest, colluding, masked=masked)
        return add_noise(result, scale, noise.mu, carried_by, self._entropy)

    def _session(self, name: str) -> PartySession:
        return self._sessions[name]

    def _resolve(self, value: Public) -> Any:
        if isinstance(value, Ref):
            if value.name not in self._rows:
                raise ProtocolError(f"party {self.name!r} holds no rows named {value.name!r}")
            return self._rows[value.name]
        if isinstance(value, Named):
            return resolve(value)
        if isinstance(value, Mapping):
            return {key: self._resolve(entry) for key, entry in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._resolve(entry) for entry in value)
        return value


def _may_come_first(request: Request) -> bool:
    return request.release is Release.KEEP and not request.first


def _out_of_turn(party: str) -> Reply:
    refused = "only row operations may come before another request in its message"
    return Reply(party, error=(ProtocolError.__name__, refused))


def _as_arrays(statistics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(value) for name, value in statistics.items()}
