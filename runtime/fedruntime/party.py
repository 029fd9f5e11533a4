"""A party's side of the runtime: it keeps rows, runs registered operations on them, and lets out
only what a request's release allows. Every engine hosts this same object, so what protects the
rows does not depend on how messages travel.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from fedruntime.aggregation.encoding import pack as pack_statistics
from fedruntime.aggregation.session import PartySession
from fedruntime.data.facts import facts_of
from fedruntime.errors import FedError, ProtocolError
from fedruntime.functions import resolve
from fedruntime.messages import Named, Public, Ref, Release, Reply, Request
from fedruntime.operations import OperationKind, operation

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
    """

    def __init__(self, name: str, *, quote_failures: bool = False) -> None:
        self.name = name
        self._quote_failures = quote_failures
        self._rows: dict[str, Any] = {}
        self._sessions: dict[str, PartySession] = {}

    def put(self, name: str, rows: Any) -> Public:
        """Keep rows that are already here under a name; returns their facts."""
        self._rows[name] = rows
        return facts_of(rows)

    def handle(self, request: Request) -> Reply:
        """Run one request. Failures come back as a reply, never as an exception."""
        try:
            for name in request.forget:
                self._rows.pop(name, None)
            return self._run(request)
        except FedError as error:
            return Reply(self.name, error=(type(error).__name__, str(error)))
        except Exception as error:
            text = str(error) if self._quote_failures else "the party's own log has the details"
            _LOG.warning("operation %r failed", request.operation, exc_info=error)
            return Reply(self.name, error=(type(error).__name__, text))

    def _run(self, request: Request) -> Reply:
        known = operation(request.operation)
        arguments = {name: self._resolve(value) for name, value in request.arguments.items()}
        if known.kind is OperationKind.SESSION:
            return Reply(self.name, arrays=known(self._session(request.session), **arguments))
        if (known.kind is OperationKind.ROWS) != (request.release is Release.KEEP):
            raise ProtocolError(
                f"operation {known.name!r} gives {known.kind.value}; "
                f"it cannot be released as {request.release.value!r}"
            )
        if request.release is Release.CLEAR and not known.reveals:
            raise ProtocolError(f"operation {known.name!r} may leave a party in sums only")
        result = known(**arguments)
        if request.release is Release.KEEP:
            return Reply(self.name, facts=self.put(request.keep_as, result))
        if request.release is Release.CLEAR:
            return Reply(self.name, arrays=_as_arrays(result))
        vector, layout = pack_statistics(result)
        if request.release is Release.MASKED_SUM:
            self._session(request.session).mask(vector, request.round)
        return Reply(self.name, arrays={"vector": vector}, facts=layout)

    def _session(self, name: str) -> PartySession:
        if name not in self._sessions:
            self._sessions[name] = PartySession(name, self.name)
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


def _as_arrays(statistics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(value) for name, value in statistics.items()}
