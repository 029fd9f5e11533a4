"""How the parties of a federation are asked: the one place that every message passes.

There are three ways: ``map`` (new rows that stay), ``collect`` (declared values in the clear) and
an aggregator's sums. All go through ``ask``, where what leaves is written to the ledger.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fedruntime import errors
from fedruntime.data.facts import Facts, merge_facts
from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.engines.engine import Engine
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import DataError, PartyError, RevealError, SettingsError
from fedruntime.functions import name_of
from fedruntime.messages import Array, Public, Ref, Release, Reply, Request
from fedruntime.operations import Operation
from fedruntime.privacy.ledger import Ledger
from fedruntime.progress import Progress
from fedruntime.settings import Settings

_PROTECTION = {
    Release.KEEP: "facts",
    Release.MASKED_SUM: "masked",
    Release.PLAIN_SUM: "in the clear",
    Release.CLEAR: "in the clear",
}


class Exchange:
    """The parties of one script and everything that is asked of them.

    Parameters
    ----------
    settings : Settings
    engine : Engine, optional
        Instead of the one that the settings name.
    ledger_path : Path, optional
        Where the ledger goes besides memory.
    """

    def __init__(
        self, settings: Settings, engine: Engine | None = None, ledger_path: Path | None = None
    ) -> None:
        self.settings = settings
        self.parties: tuple[str, ...] = settings.parties
        self.engine: Engine = engine or LocalEngine(settings.parties)
        self.ledger = Ledger(ledger_path)
        self.progress = Progress()
        self.turn = threading.RLock()  # a script's threads take turns: a round is asked as a whole
        self._numbers = itertools.count()
        self._forgotten: list[str] = []

    # -- rows that stay ---------------------------------------------------------------------

    def place(self, parts: Mapping[str, Any], layout: RowLayout) -> Handle:
        """Deal rows that this process holds to simulated parties.

        Raises
        ------
        RevealError
            If the parties are real: rows have no business at the coordinator then.
        """
        if not self.engine.simulated:
            raise RevealError("rows can be dealt to simulated parties only; use fed.load instead")
        ref = self.new_ref()
        facts = {party: self.engine.place(party, ref.name, parts[party]) for party in self.parties}
        return self._handle(ref, layout, merge_facts(facts))

    def map(
        self,
        operation: Operation,
        /,
        *,
        layout: RowLayout | None = None,
        each: Mapping[str, Mapping[str, Any]] | None = None,
        purpose: str = "",
        **arguments: Any,
    ) -> Handle:
        """Run a row operation at every party; its result stays there.

        Parameters
        ----------
        operation : Operation
            A registered row operation.
        layout : RowLayout, optional
            The result's, if it is not the layout that the handles among the arguments share.
        each : mapping, optional
            Further arguments for single parties.
        **arguments
            Handles become the party's own rows; everything else is public.

        Raises
        ------
        DataError
            If handles of different layouts meet, or the result does not fit its layout.
        """
        if layout is None:
            layout = common_layout(arguments)
        ref = self.new_ref()
        replies = self.ask(
            operation, arguments, release=Release.KEEP, each=each, keep_as=ref.name, purpose=purpose
        )
        facts = merge_facts({party: reply.facts for party, reply in replies.items()})
        if facts.rows != layout.counts:
            raise DataError(
                f"{operation.name} gave {facts.rows} rows where {layout.counts} were expected "
                f"at {', '.join(self.parties)}: it does not work row by row"
            )
        return self._handle(ref, layout, facts)

    def _handle(self, ref: Ref, layout: RowLayout, facts: Facts) -> Handle:
        if facts.kind not in Handle.kinds:
            raise DataError(
                "parties hold rows as numpy arrays, pandas tables or columns, or scipy sparse "
                "matrices; this result is none of these"
            )
        return Handle.kinds[facts.kind](self, ref, layout, facts)

    def forget(self, ref: Ref) -> None:
        """Let the parties drop rows that no handle refers to, with the next message."""
        self._forgotten.append(ref.name)

    def new_ref(self) -> Ref:
        """A name that no rows of this federation have had."""
        return Ref(f"r{next(self._numbers)}")

    # -- values that leave ------------------------------------------------------------------

    def collect(
        self,
        operation: Operation,
        /,
        *,
        each: Mapping[str, Mapping[str, Any]] | None = None,
        purpose: str = "",
        **arguments: Any,
    ) -> dict[str, dict[str, Array]]:
        """What a statistic gives at every party, in the clear: for values declared as revealed."""
        replies = self.ask(operation, arguments, release=Release.CLEAR, each=each, purpose=purpose)
        return {party: dict(reply.arrays) for party, reply in replies.items()}

    def ask(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        *,
        release: Release,
        each: Mapping[str, Mapping[str, Any]] | None = None,
        parties: Sequence[str] | None = None,
        keep_as: str = "",
        session: str = "",
        round_number: int = 0,
        purpose: str = "",
    ) -> dict[str, Reply]:
        """Send one operation to the parties, gather their replies, and note what left.

        Raises
        ------
        FedError
            What a party refused, under its own type; ``PartyError`` for any other failure there.
        """
        with self.turn:
            return self._ask(
                operation,
                arguments,
                release=release,
                each=each,
                asked=self.parties if parties is None else tuple(parties),
                keep_as=keep_as,
                session=session,
                round_number=round_number,
                purpose=purpose,
            )

    def _ask(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        *,
        release: Release,
        each: Mapping[str, Mapping[str, Any]] | None,
        asked: Sequence[str],
        keep_as: str,
        session: str,
        round_number: int,
        purpose: str,
    ) -> dict[str, Reply]:
        public = _public(arguments)
        forget, self._forgotten = tuple(self._forgotten), []
        requests = {
            party: Request(
                operation=operation.name,
                arguments={**public, **_public((each or {}).get(party, {}))},
                release=release,
                keep_as=keep_as,
                session=session,
                round=round_number,
                forget=forget,
                purpose=purpose,
            )
            for party in asked
        }
        replies = self.engine.call(requests)
        for party, reply in replies.items():
            if reply.error is not None:
                raise _failure(party, operation.name, *reply.error)
        for party, reply in replies.items():
            self._note(party, operation, release, purpose, reply)
        self.progress.round(sum(_bytes(reply) for reply in replies.values()))
        return replies

    def _note(
        self, party: str, operation: Operation, release: Release, purpose: str, reply: Reply
    ) -> None:
        if release in (Release.MASKED_SUM, Release.PLAIN_SUM):
            content = tuple((name, tuple(shape)) for name, _, shape in reply.facts)
        else:
            content = tuple((name, array.shape) for name, array in reply.arrays.items())
        self.ledger.append(
            party=party,
            purpose=purpose,
            operation=operation.name,
            protection=self._protection(release),
            content=content,
            bytes=_bytes(reply),
        )

    def _protection(self, release: Release) -> str:
        if release is Release.MASKED_SUM and len(self.parties) == 1:
            return "in the clear"  # a party alone has nobody to share a mask with
        return _PROTECTION[release]

    def add_party(self, party: str) -> None:
        """Let one more simulated party take part; masks are agreed anew with the next sum.

        Raises
        ------
        SettingsError
            If the parties are real: they are named when the federation is opened.
        """
        if not isinstance(self.engine, LocalEngine):
            raise SettingsError(f"{party!r} cannot join: this federation's parties are real")
        self.engine.add(party)
        self.parties = (*self.parties, party)

    def stop(self) -> None:
        """End the federation: its engine and its ledger's file."""
        self.engine.stop()
        self.ledger.close()


def common_layout(arguments: Any) -> RowLayout:
    """The layout that all handles in a value share.

    Raises
    ------
    DataError
        If there is no handle, or two have their rows at different places.
    """
    found = list(_handles(arguments))
    if not found:
        raise DataError("none of the arguments is held by the parties")
    first = found[0]
    for other in found[1:]:
        if not first.layout.same_as(other.layout):
            raise DataError(
                f"{first!r} and {other!r} do not have their rows at the same places, so they "
                "cannot be combined row by row"
            )
    return first.layout


def _handles(value: Any) -> Iterator[Handle]:
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _handles(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _handles(entry)


def _public(value: Any) -> Public:
    """A value as the schema has it: handles as references, functions by name."""
    if isinstance(getattr(value, "ref", None), Ref):  # a handle, or a value on a device
        return value.ref
    if isinstance(value, Mapping):
        return {key: _public(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_public(entry) for entry in value)
    if callable(value):
        return name_of(value)
    return value


def _failure(party: str, operation: str, kind: str, message: str) -> Exception:
    known = getattr(errors, kind, None)
    if kind != "PartyError" and isinstance(known, type) and issubclass(known, errors.FedError):
        return known(f"party {party!r}: {message}")
    if kind == "ValueError":
        return DataError(f"party {party!r}, operation {operation!r}: {message}")
    return PartyError(party, operation, kind, message)


def _bytes(reply: Reply) -> int:
    return sum(array.nbytes for array in reply.arrays.values())
