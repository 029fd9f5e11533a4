"""The ledger: one entry for every message that leaves a party, in memory and in a chained file.

The coordinator keeps one for all parties. A party can keep its own, so that it need not believe
the coordinator's. What the entries come to is told by ``fedmigrate audit``.
"""

from __future__ import annotations

import json
import secrets
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from fedruntime.errors import ProtocolError
from fedruntime.messages import Release, Reply, Request
from fedruntime.operations import Operation, operation
from fedruntime.privacy.chain import FORMAT, Chain

if TYPE_CHECKING:
    from fedruntime.dropouts import Dropout

COORDINATOR = "coordinator"
OTHER_PARTIES = "other parties"

MASKED = "masked"
CLEAR = "in the clear"
FACTS = "facts"
SEALED = "sealed"
ACKNOWLEDGED = "acknowledgement"
FAILED = "failure"


@dataclass(frozen=True)
class Entry:
    """One message that left a party.

    Parameters
    ----------
    number : int
        Position in the ledger, from 0.
    party : str
    purpose : str
        On whose behalf, such as ``Ridge.fit``.
    operation : str
        The registered party operation.
    protection : str
        ``masked`` and ``in the clear`` are statistics, with ``noised, `` before it if the party
        has added noise; ``facts`` are row counts, column names and dtypes of rows that stayed.
        Of the masking protocol there are ``public keys``, ``mask shares`` and ``sealed`` shares;
        what else leaves is an ``acknowledgement`` without content, or a ``failure`` with its text.
    content : tuple of (str, tuple of int)
        Names and shapes of what left.
    bytes : int
    what : str
        What the operation computes, in words.
    reader : {"coordinator", "other parties"}
        Who can read it. Everything passes through the coordinator.
    session, round
        Of a masked message: messages that share both are added up, and nothing but the sum is read.
    mu, rate : float
        Of a noised message: the noise that its sum has at least; see ``messages.Noise``.
    remarks : tuple of (str, str)
        Rules of the party's policy and what they object to, where the policy is only reported.
    """

    number: int
    party: str
    purpose: str
    operation: str
    protection: str
    content: tuple[tuple[str, tuple[int, ...]], ...]
    bytes: int
    what: str = ""
    reader: str = COORDINATOR
    session: str = ""
    round: int = 0
    mu: float = 0.0
    rate: float = 1.0
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Head:
    """What a ledger says of the run that it is about.

    Parameters
    ----------
    parties : tuple of str
    mode : {"simulated", "real"}
        Whether the parties are organisations or parts of one process.
    owner : str
        Who keeps it: the coordinator, or a party that notes what left itself.
    script, script_sha256 : str
        Name and digest of the file that was run.
    settings : str
        The SHA-256 of the federation's settings.
    policy : {"", "reported", "enforced"}
        What became of the objections of the parties' policies.
    min_parties : int
    budget : mapping, optional
        The privacy budget: ``epsilon``, ``delta``, and ``mu`` of all of it.
    """

    parties: tuple[str, ...] = ()
    mode: str = ""
    owner: str = COORDINATOR
    script: str = ""
    script_sha256: str = ""
    settings: str = ""
    policy: str = ""
    min_parties: int = 1
    budget: Mapping[str, float] | None = None


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


class Ledger(Sequence[Entry]):
    """Append-only: nothing that was entered is changed or removed, in memory or in the file.

    Parameters
    ----------
    path : Path, optional
        A file of JSON lines, written as entries arrive; see ``Chain``. A run appends to what
        earlier runs have left: a head line, then its entries, and when it ends a closing line.
    head : Head
    clock : callable
        Gives the time at which the run begins and ends.
    run : str, optional
        Names the run; drawn if not given.
    """

    def __init__(
        self,
        path: Path | None = None,
        head: Head | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        run: str | None = None,
    ) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._file: _File | None = None
        if path is not None:
            self._file = _File(path, head or Head(), clock, run or secrets.token_hex(8))
            # Also when the program ends; a process that is killed leaves no closing line.
            self._finish = weakref.finalize(self, self._file.close)

    @property
    def path(self) -> Path | None:
        """The file, which has a number before its suffix where the named one could not be taken."""
        return None if self._file is None else self._file.path

    def note(self, request: Request, reply: Reply, *, alone: bool = False) -> None:
        """Enter what left a party in answer to a request.

        Parameters
        ----------
        alone : bool
            Whether the party has nobody to share a mask with.
        """
        known = _registered(request.operation)
        protection, reader = _protection(known, request, reply, alone)
        noised = request.noise is not None and reply.error is None
        self.append(
            party=reply.party,
            purpose=request.purpose,
            operation=request.operation,
            protection=protection,
            content=_content(request, reply),
            bytes=_bytes(reply),
            what="" if known is None else _in_words(known, request.release),
            reader=reader,
            session=request.session,
            round=request.round,
            mu=request.noise.mu if request.noise and noised else 0.0,
            rate=request.noise.rate if request.noise and noised else 1.0,
            remarks=reply.remarks,
        )

    def append(self, **fields: Any) -> None:
        """Enter a message by the fields of its entry, all but its number."""
        with self._lock:
            entry = Entry(number=len(self._entries), **fields)
            self._entries.append(entry)
            if self._file is not None:
                self._file.write({"kind": "message", **entry.__dict__})

    def note_presence(self, change: Dropout) -> None:
        """Enter that a party has been found missing, or takes part again."""
        with self._lock:
            if self._file is not None:
                self._file.write({"kind": "presence", **change.__dict__})

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __repr__(self) -> str:
        total = sum(entry.bytes for entry in self._entries)
        return f"<Ledger: {len(self)} messages, {total} bytes left the parties>"

    def close(self) -> None:
        """Write the closing line; entries after it stay in memory only."""
        with self._lock:
            if self._file is not None:
                self._finish()
                self._file = None


class _File:
    """One run's lines in a chain: the head, what is written, the closing line."""

    def __init__(self, path: Path, head: Head, clock: Callable[[], datetime], run: str) -> None:
        self._chain = Chain(path)
        self._clock = clock
        self._run = run
        self._messages = 0
        self._chain.write(
            {
                "kind": "head",
                "format": FORMAT,
                "run": run,
                "began": _written(clock()),
                **asdict(head),
            }
        )

    @property
    def path(self) -> Path:
        return self._chain.path

    def write(self, fields: Mapping[str, Any]) -> None:
        self._messages += fields["kind"] == "message"
        self._chain.write(fields)

    def close(self) -> None:
        if self._chain.is_open:
            ended = _written(self._clock())
            self._chain.write(
                {"kind": "close", "run": self._run, "ended": ended, "messages": self._messages}
            )
        self._chain.close()


def _in_words(known: Operation, release: Release) -> str:
    return known.reveals if release is Release.CLEAR and known.reveals else known.what


def _written(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds")


def _registered(name: str) -> Operation | None:
    try:
        return operation(name)
    except ProtocolError:
        return None  # a party was asked for what it does not know, and has said so


def _protection(
    known: Operation | None, request: Request, reply: Reply, alone: bool
) -> tuple[str, str]:
    """How what left is protected, and who can read it."""
    if reply.error is not None:
        return FAILED, COORDINATOR
    if request.release is Release.KEEP:
        return FACTS, COORDINATOR
    if not reply.arrays:
        return ACKNOWLEDGED, COORDINATOR
    if known is not None and known.protection:
        return known.protection, OTHER_PARTIES if known.protection == SEALED else COORDINATOR
    masked = request.release is Release.MASKED_SUM and not alone
    protection = MASKED if masked else CLEAR
    return protection if request.noise is None else f"noised, {protection}", COORDINATOR


def _content(request: Request, reply: Reply) -> tuple[tuple[str, tuple[int, ...]], ...]:
    if reply.error is not None:
        return (("type and text", ()),)
    if request.release in (Release.MASKED_SUM, Release.PLAIN_SUM):
        return tuple((name, tuple(shape)) for name, _, shape in reply.facts)
    return tuple((name, array.shape) for name, array in reply.arrays.items())


def _bytes(reply: Reply) -> int:
    if reply.error is not None:
        return sum(len(text.encode()) for text in reply.error)
    if not reply.arrays and reply.facts is not None:
        return len(json.dumps(reply.facts, default=str))
    return sum(
        sum(len(str(value).encode()) for value in array.ravel().tolist())
        if array.dtype.kind == "O"
        else array.nbytes
        for array in reply.arrays.values()
    )
