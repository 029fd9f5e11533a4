"""Real parties on SecretFlow without Ray: every party runs the script in a process of its own.

All runs send the same requests. Each works on the one that is for its own party, and reveals the
reply to all, so that what is public comes out the same everywhere by construction. A stamp of all
requests travels with every reply: runs that have gone apart notice it at once.
"""

from __future__ import annotations

import logging
import math
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

import secretflow as sf
from secretflow.utils.errors import YACLError

from fedruntime.dropouts import listed
from fedruntime.engines.secretflow.agreed import agree, proposal
from fedruntime.engines.secretflow.end_of_script import (
    at_end_of_script,
    end_process,
    exit_code,
)
from fedruntime.engines.secretflow.federated import gather, link_is_broken
from fedruntime.engines.secretflow.hosted import HostedParty
from fedruntime.engines.secretflow.link import use_checked_link
from fedruntime.engines.secretflow.settings import SecretFlowSettings, Tls
from fedruntime.engines.secretflow.spu import (
    SpuSums,
    allow_words,
    countable,
    with_total,
    words_of,
)
from fedruntime.errors import (
    DropoutError,
    ProtocolError,
    RevealError,
    SettingsError,
    UnsupportedError,
)
from fedruntime.hosting.frames import dumps, loads
from fedruntime.messages import Public, Reply, Request, pack_request, unpack_reply
from fedruntime.party import Party

_LOG = logging.getLogger(__name__)
_ANSWER, _FAREWELL = b"answer:", b"farewell:"
_GREETING, _PROPOSAL = b"greeting:", b"proposal:"
_MEETING = 3600  # seconds for which the first party waits for the last
_PARTING = 30  # seconds that parties who are done wait for each other
_LAST = 3  # seconds for what a process sends before it ends
_WEEK = 7 * 24 * 3600  # for SecretFlow's own deadlines, which have to be numbers


class SecretFlowEngine:
    """One party's end of a federation whose parties all run the script.

    Parameters
    ----------
    party : Party
        This process's own.
    parties : sequence of str
        All, in the federation's order.
    settings : SecretFlowSettings
    folder : Path
        That the files of TLS are relative to.
    greeting : bytes
        What this run tells the others first.
    welcome : callable
        Checks what another party's run has told; raises an error of ours if it does not fit.
    timeout : float, optional
        Seconds that parties have to meet, and then for an answer.

    Raises
    ------
    DropoutError
        If the parties do not all come.
    SettingsError
        If another party runs another script, or other libraries.
    """

    simulated = False

    def __init__(
        self,
        party: Party,
        parties: Sequence[str],
        settings: SecretFlowSettings,
        folder: Path,
        greeting: bytes,
        welcome: Callable[[bytes], None],
        timeout: float | None = None,
    ) -> None:
        self.own = party.name
        self._lost: set[str] = set()
        self._running = False
        patience = _MEETING if timeout is None else timeout
        at_end_of_script(self._end)
        use_checked_link(patience, timeout)
        _connect(self.own, parties, settings, folder, timeout)
        hosting: Callable[..., Any] = sf.proxy(sf.PYUObject)(HostedParty)
        self._hosted = {name: hosting(lambda: party, device=sf.PYU(name)) for name in parties}
        self._running = True
        _require_welcome(self._tell_all(_GREETING, greeting, patience), self.own, welcome)
        self.public_random = agree(self._tell_all(_PROPOSAL, proposal(), patience))
        self.spu = _spu(parties, settings, folder)

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        """See ``Engine.call``. Once a party has not answered in time nobody does any more, since
        the runs would not agree on when it is back.

        Raises
        ------
        ProtocolError
            If another party's run of the script asks for something else, or after ``stop``.
        UnsupportedError
            If this is not the script's main thread.
        """
        if current_thread() is not main_thread():
            raise UnsupportedError(
                "on SecretFlow only a script's main thread can ask the parties for something: "
                "do this without threads"
            )
        if not self._running:
            raise ProtocolError("this federation has ended: no party is asked any more")
        if self._lost:
            return {}
        if self.spu is not None and self.spu.wants(requests):
            return self._call_on_spu(requests, self.spu, timeout)
        stamp = _stamp(requests)
        revealed = {
            party: self._hosted[party].answer(_ANSWER + stamp, self._framed(party, request))
            for party, request in requests.items()
        }
        return self._replies(requests, revealed, stamp, timeout)

    def _call_on_spu(
        self, requests: Mapping[str, Request], spu: SpuSums, timeout: float | None
    ) -> dict[str, Reply]:
        stamp = _stamp(requests)
        revealed, vectors = {}, []
        for party, request in requests.items():
            revealed[party], vector = self._hosted[party].answer_apart(
                _ANSWER + stamp, self._framed(party, request), _num_returns=2
            )
            vectors.append(vector)
        replies = self._replies(requests, revealed, stamp, timeout)
        if not countable(replies, list(requests)):
            return replies
        for total in self._gather(spu.total(vectors, _ANSWER), _ANSWER, timeout).values():
            return with_total(replies, words_of(total))
        return {}

    def _replies(
        self,
        requests: Mapping[str, Request],
        revealed: Mapping[str, Any],
        stamp: bytes,
        timeout: float | None,
    ) -> dict[str, Reply]:
        replies = self._gather(revealed, _ANSWER, timeout)
        apart = [party for party, reply in replies.items() if not reply.startswith(stamp)]
        if apart:
            raise _gone_apart(apart, next(iter(requests.values())))
        return {party: unpack_reply(loads(reply[len(stamp) :])) for party, reply in replies.items()}

    def reachable(self, party: str) -> bool:
        return self._running and not self._lost

    def begun(self, party: str) -> int:
        return 1  # whoever has died stays away

    def place(self, party: str, name: str, rows: Any) -> Public:
        raise RevealError("rows can be dealt to simulated parties only; use fed.load instead")

    def adopt(self, name: str, parts: Mapping[str, Any]) -> None:
        """Let parties keep what already lies on their devices; nothing of it is told."""
        for party, held in parts.items():
            self._hosted[party].keep(name, held)

    def stop(self) -> None:
        """Take leave of the others, who may still wait for this party, and let SecretFlow go."""
        if self._running:
            self._take_leave()
            if not self._lost:
                sf.shutdown(barrier_on_shutdown=False)

    def _take_leave(self) -> None:
        self._running = False
        heard = gather(self._said(_FAREWELL), _LAST if self._lost else _PARTING)
        done = {party for party, message in heard.items() if message.startswith(_FAREWELL)}
        if early := [party for party in heard if party not in done]:
            _LOG.error("this run of the script ends before that of %s", listed(early))
        self._lost.update(party for party in self._hosted if party not in done)
        if not self._lost:  # who says it again has heard it: this process may end
            gather(self._said(_FAREWELL), _LAST)

    def _end(self) -> None:
        if self._running:
            self._take_leave()
        end_process(exit_code() or int(bool(self._lost)))

    def _framed(self, party: str, request: Request) -> bytes:
        """The request for this process's own party; nobody else's is worked on here."""
        return dumps(pack_request(request)) if party == self.own else b""

    def _tell_all(self, kind: bytes, message: bytes, timeout: float) -> dict[str, bytes]:
        """Tell all the others something, and hear the same from each of them."""
        told = self._gather(self._said(kind + message), kind, timeout)
        if self._lost:
            raise DropoutError(f"{listed(sorted(self._lost))} did not come to the federation")
        return told

    def _said(self, message: bytes) -> dict[str, Any]:
        return {
            party: hosted.say(message if party == self.own else b"")
            for party, hosted in self._hosted.items()
        }

    def _gather(
        self, revealed: Mapping[str, Any], kind: bytes, timeout: float | None
    ) -> dict[str, bytes]:
        arrived = {}
        for party, message in gather(revealed, timeout).items():
            if message.startswith(kind):
                arrived[party] = message[len(kind) :]
            else:
                _LOG.error("%r has ended its run of the script: its own output says why", party)
        self._lost.update(party for party in revealed if party not in arrived)
        return arrived


def _require_welcome(told: Mapping[str, bytes], own: str, welcome: Callable[[bytes], None]) -> None:
    """All that differ from each other find it out, each by itself."""
    for party, greeting in told.items():
        if party == own:
            continue
        try:
            welcome(greeting)
        except SettingsError as error:
            raise SettingsError(f"{own!r} does not take part with {party!r}: {error}") from error


def _stamp(requests: Mapping[str, Request]) -> bytes:
    """A digest of what all parties are asked; rows are forgotten by each run as it comes to it."""
    digest = sha256()
    for party, request in requests.items():
        frame = dumps(pack_request(replace(request, forget=())))
        digest.update(f"{party} {len(frame)} ".encode() + frame)
    return digest.digest()


def _gone_apart(parties: Sequence[str], request: Request) -> ProtocolError:
    return ProtocolError(
        f"the run of {listed(parties)} has gone apart from this one at {request.operation!r} of "
        f"{request.purpose}: it asks for something else. Every party has to run the same script "
        "with the same settings and libraries; random numbers come from generators with a seed or "
        "from np.random, not from np.random.default_rng(); nothing may depend on the time, on the "
        "order of a set (PYTHONHASHSEED=0 fixes it), or on a party's own files"
    )


def _connect(
    own: str,
    parties: Sequence[str],
    settings: SecretFlowSettings,
    folder: Path,
    timeout: float | None,
) -> None:
    interrupt = signal.getsignal(signal.SIGINT)
    _init(
        cluster_config={
            "parties": {
                party: {
                    "address": settings.addresses[party],
                    "listen_addr": settings.listen.get(party, settings.addresses[party]),
                }
                for party in parties
            },
            "self_party": own,
        },
        tls_config=None if settings.tls is None else _tls_files(settings.tls, folder),
        cross_silo_comm_backend="brpc_link",  # the other one fails with certificates
        cross_silo_comm_options={
            "connect_retry_times": _WEEK,  # a second each; the link itself gives up earlier
            "connect_retry_interval_ms": 1000,
            "recv_timeout_ms": math.ceil(1000 * (_WEEK if timeout is None else 2 * timeout + 60)),
        },
        logging_level="warning",
    )

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if not link_is_broken() and callable(interrupt):  # else found out by who waits for it
            interrupt(number, frame)

    signal.signal(signal.SIGINT, on_interrupt)


def _init(**options: Any) -> None:
    try:
        sf.init(ray_mode=False, **options)
    except YACLError as error:
        raise DropoutError(
            "the parties' processes did not connect. SecretFlow says: "
            f"{str(error).partition('stacktrace')[0].strip()}"
        ) from error


def _spu(parties: Sequence[str], settings: SecretFlowSettings, folder: Path) -> SpuSums | None:
    if settings.spu is None:
        return None
    allow_words()
    tls = None if settings.tls is None else _tls_files(settings.tls, folder)
    return SpuSums(parties, settings.spu, tls)


def _tls_files(tls: Tls, folder: Path) -> dict[str, str]:
    """Their paths, under SecretFlow's names.

    Raises
    ------
    SettingsError
        If one cannot be read.
    """
    files = {"ca_cert": tls.ca, "cert": tls.certificate, "key": tls.key}
    for path in files.values():
        if not os.access(folder / path, os.R_OK):
            raise SettingsError(f"[secretflow.tls]: {folder / path} cannot be read")
    return {name: str(folder / path) for name, path in files.items()}
