"""How the parties of a federation are asked: the one place that every message passes.

There are three ways: ``map`` (new rows that stay), ``collect`` (declared values in the clear) and
an aggregator's sums. All go through ``ask``, where what leaves is written to the ledger, and where
it is found that a party does not answer. What a script calls then begins again over the others
(``attempt``), so that no result mixes sums of different parties.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from fedruntime import errors
from fedruntime.checkpoint import Journal, content_of, digest_of
from fedruntime.data.facts import PartFacts
from fedruntime.data.handle import Handle, handles_in
from fedruntime.data.layout import RowLayout
from fedruntime.dropouts import Dropout, listed
from fedruntime.engines.engine import Engine
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import (
    DataError,
    DropoutError,
    FedError,
    PartyError,
    RevealError,
    SettingsError,
)
from fedruntime.events import events_of_process
from fedruntime.functions import name_of
from fedruntime.messages import Array, Noise, Public, Ref, Release, Reply, Request, steps_of
from fedruntime.operations import Operation
from fedruntime.participation import Participation
from fedruntime.privacy.ledger import Ledger
from fedruntime.privacy.mechanisms import require_private
from fedruntime.privacy.spending import Spending
from fedruntime.progress import Progress
from fedruntime.settings import Settings

T = TypeVar("T")


class _Step(NamedTuple):
    """A row operation whose result stays at the parties under a name."""

    operation: Operation
    arguments: Mapping[str, Any]
    ref: Ref

    def request(self, purpose: str) -> Request:
        arguments = _public(self.arguments)
        return Request(self.operation.name, arguments, Release.KEEP, self.ref.name, purpose=purpose)


class Exchange:
    """The parties of one script and everything that is asked of them.

    Parameters
    ----------
    settings : Settings
    engine : Engine, optional
        Instead of the one that the settings name.
    ledger : Ledger, optional
        Where it is noted what left a party. By default in memory only.
    account_path : Path, optional
        Where the payments from the privacy budget are kept between runs.
    journal : Journal, optional
        Where answers are kept for a run after this one, if this one is interrupted.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine | None = None,
        ledger: Ledger | None = None,
        account_path: Path | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.settings = settings
        self.engine: Engine = engine or LocalEngine(
            settings.parties, settings.budget, settings.policy, settings.min_parties
        )
        self.budget: Spending | None = None
        if settings.budget is not None:
            self.budget = Spending(settings.budget, account_path, replaying=self._replaying)
        self.ledger = Ledger() if ledger is None else ledger
        self.events = events_of_process()
        self.progress = Progress(self.events)
        self.turn = threading.RLock()  # a script's threads take turns: a round is asked as a whole
        self._participation = Participation(
            settings, self.engine, self.ledger, self.turn, self.events
        )
        self._membership = self._participation.membership
        self._journal = journal
        self._numbers = itertools.count()
        self._forgotten: list[str] = []

    def _replaying(self) -> bool:
        """Whether what is asked next was answered, and paid for, before an interruption."""
        return self._journal is not None and self._journal.ahead

    # -- who takes part ---------------------------------------------------------------------

    @property
    def parties(self) -> tuple[str, ...]:
        """Those who take part now, in pooling order."""
        return self._participation.parties

    @property
    def all_parties(self) -> tuple[str, ...]:
        """All of the federation, missing ones among them."""
        return self._membership.all

    @property
    def min_parties(self) -> int:
        """With fewer than these no result is given."""
        return self._membership.floor

    @property
    def may_go_on_without(self) -> bool:
        """Whether results are given without parties that vanish."""
        return self._participation.may_go_on_without

    @property
    def complete(self) -> bool:
        """Whether no party has ever been missing."""
        return self._membership.complete

    def begun_again(self, party: str) -> int:
        """How often a party has begun again, with nothing of what it held: rows, or keys."""
        return self._membership.begun_again(party)

    @property
    def dropouts(self) -> list[Dropout]:
        """Every change of who takes part, in order."""
        return list(self._membership.dropouts)

    def attempt(self, run: Callable[[], T], given: Any = ()) -> T:
        """Run an operation over the same parties from beginning to end.

        If one vanishes in the middle, the operation begins again over those who are left, with
        estimators and random states among its arguments as they were. Inside another attempt of
        the same thread it just runs: the outermost is what begins again.

        Parameters
        ----------
        run : callable
        given : value
            The arguments of the operation, and containers of such.

        Raises
        ------
        DropoutError
            If fewer parties than ``min_parties`` are left.
        """
        return self._participation.attempt(run, given)

    def lost(self, parties: Sequence[str], purpose: str, operation: str = "") -> None:
        """Note that parties did not answer; they take no part any more until they are back.

        An aggregator calls this when it has the sum over the others. Inside an attempt the
        operation begins again over them; what it computed before was over more.

        Raises
        ------
        DropoutError
            If fewer than ``min_parties`` are left, or there is no attempt to begin again.
        """
        self._participation.lost(parties, purpose, operation)

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
        facts = {
            party: self.engine.place(party, ref.name, parts[party]) for party in layout.parties
        }
        if self._journal is not None:
            dealt = {party: content_of(parts[party]) for party in layout.parties}
            self._follow("place", [ref, dealt], "", facts)
        return self._handle(ref, layout, PartFacts(facts))

    def map(
        self,
        operation: Operation,
        /,
        *,
        layout: RowLayout | None = None,
        each: Mapping[str, Mapping[str, Any]] | None = None,
        purpose: str = "",
        session: str = "",
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
        session : str
            For a session operation that gives rows.
        **arguments
            Handles become the party's own rows; everything else is public.

        Raises
        ------
        DataError
            If handles of different layouts meet, or the result does not fit its layout.
        """
        if layout is None:
            layout = common_layout(arguments)
        step = _Step(operation, arguments, self.new_ref())
        return self._map([step], layout, each, purpose, session)[0]

    def map_together(
        self, calls: Sequence[tuple[Operation, Mapping[str, Any]]], *, purpose: str = ""
    ) -> list[Handle]:
        """Run row operations that do not need each other's results, in one message.

        Parameters
        ----------
        calls : sequence of (Operation, mapping)
            Each with its arguments; all handles among them have their rows at the same places.

        Raises
        ------
        DataError
            As for ``map``.
        """
        layout = common_layout([arguments for _, arguments in calls])
        steps = [_Step(operation, arguments, self.new_ref()) for operation, arguments in calls]
        return self._map(steps, layout, None, purpose)

    def _map(
        self,
        steps: Sequence[_Step],
        layout: RowLayout,
        each: Mapping[str, Mapping[str, Any]] | None,
        purpose: str,
        session: str = "",
    ) -> list[Handle]:
        *first, last = steps
        try:
            replies = self.ask(
                last.operation,
                last.arguments,
                release=Release.KEEP,
                each=each,
                parties=[party for party in self.parties if party in layout.parties],
                keep_as=last.ref.name,
                session=session,
                purpose=purpose,
                first=first,
            )
        except FedError:
            for step in steps:
                self.forget(step.ref)  # some may have made their part
            raise
        handles = []
        for number, step in enumerate(steps):
            told = {party: (*reply.first, reply)[number].facts for party, reply in replies.items()}
            handles.append(self._made(step, PartFacts(told), layout, each, purpose))
        return handles

    def _made(
        self,
        step: _Step,
        parts: PartFacts,
        layout: RowLayout,
        each: Mapping[str, Mapping[str, Any]] | None,
        purpose: str,
    ) -> Handle:
        facts = parts.over(layout.parties)
        if facts.rows != layout.counts:
            raise DataError(
                f"{step.operation.name} gave {facts.rows} rows where {layout.counts} were expected "
                f"at {', '.join(self.parties)}: it does not work row by row"
            )
        if each is None and layout.whole is not None:
            request = step.request(purpose)
            layout = self._participation.missed(request, step.arguments, layout.whole, parts)
        return self._handle(step.ref, layout, parts)

    def remembered(self, operation: Operation, asked: Any, purpose: str, ask: Callable[[], T]) -> T:
        """What the parties answered to the same question before the coordinator was interrupted.

        Parameters
        ----------
        operation : Operation
        asked : value
            All that the answer depends on besides the operation and who takes part.
        purpose : str
        ask : callable
            Asks the parties, if there is no such answer; it is kept then.
        """
        if self._journal is None:
            return ask()
        with self.turn:
            self._participation.require_current(asked, self.parties)
            digest = self._question(operation.name, asked, purpose)
            found = self._journal.recall(digest, _in_words(operation.name, purpose))
            if found is None:
                found = ask()
                self._journal.write(digest, found)
            answer: T = found
            return answer

    def _follow(self, operation: str, asked: Any, purpose: str, told: Public) -> None:
        """Note in the journal, or compare with it, what parties told of rows that they made."""
        if self._journal is not None:
            digest = self._question(operation, asked, purpose)
            self._journal.follow(digest, told, _in_words(operation, purpose))

    def _question(self, operation: str, asked: Any, purpose: str) -> bytes:
        return digest_of([operation, _public(asked), purpose, self.parties])

    def _handle(self, ref: Ref, layout: RowLayout, parts: PartFacts) -> Handle:
        told = [party for party in layout.parties if party in parts]
        kind = parts.over(tuple(told)).kind
        if kind not in Handle.kinds:
            raise DataError(
                "parties hold rows as numpy arrays, pandas tables or columns, or scipy sparse "
                "matrices; this result is none of these"
            )
        return Handle.kinds[kind](self, ref, layout, parts)

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

        def ask() -> dict[str, dict[str, Array]]:
            replies = self.ask(
                operation, arguments, release=Release.CLEAR, each=each, purpose=purpose
            )
            return {party: dict(reply.arrays) for party, reply in replies.items()}

        asked = {"arguments": arguments, "each": each}
        return self.remembered(operation, asked, purpose, ask)

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
        may_miss: bool = False,
        noise: Noise | None = None,
        first: Sequence[_Step] = (),
    ) -> dict[str, Reply]:
        """Send one operation to the parties, gather their replies, and note what left.

        Parameters
        ----------
        parties : sequence of str, optional
            Some of those who take part; by default all of them.
        may_miss : bool
            Whether the caller goes on without those who do not answer, and says so to ``lost``.
        noise : Noise, optional
            That parties add to a sum; it has been paid for.
        first : sequence of row operations
            That come before it in the same message.

        Raises
        ------
        BudgetError
            If there is a privacy budget, and this has no private form. Nothing has been sent.
        DropoutError
            If a party does not answer and the caller cannot go on without it.
        FedError
            What a party refused, under its own type; ``PartyError`` for any other failure there.
        """
        if self.budget is not None:
            require_private(operation, release, noise)
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
                may_miss=may_miss,
                noise=noise,
                first=first,
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
        may_miss: bool,
        noise: Noise | None,
        first: Sequence[_Step],
    ) -> dict[str, Reply]:
        given = [arguments, each, *(step.arguments for step in first)]
        self._participation.require_current(given, asked)
        public = _public(arguments)
        forgotten, self._forgotten = self._forgotten, []
        forget = self._membership.forget(forgotten, asked)
        requests = {
            party: Request(
                operation=operation.name,
                arguments={**public, **_public((each or {}).get(party, {}))},
                release=release,
                keep_as=keep_as,
                session=session,
                round=round_number,
                forget=forget[party],
                purpose=purpose,
                noise=noise,
                first=tuple(step.request(purpose) for step in first),
            )
            for party in asked
        }
        replies = self.events.watched(self.engine, requests, self.settings.round_timeout)
        worked = {party: steps_of(requests[party], reply) for party, reply in replies.items()}
        for steps in worked.values():
            for request, reply in steps:
                self.ledger.note(request, reply, alone=len(asked) == 1)
        for party, steps in sorted(worked.items(), key=lambda entry: len(entry[1])):
            request, reply = steps[-1]  # of those who failed, who failed first
            if reply.error is not None:
                raise _failure(party, request.operation, *reply.error)
        self.progress.round(sum(_bytes(reply) for reply in replies.values()))
        missing = [party for party in asked if party not in replies]
        for party in missing:
            self._membership.tell_again(party, forget[party])
        if missing and not may_miss:
            self.lost(missing, purpose, operation.name)
            raise DropoutError(f"{listed(missing)} did not answer {operation.name!r}")
        for number, step in enumerate(first):
            self._note_made(step, None, purpose, worked, number)
        if release is Release.KEEP:
            step = _Step(operation, arguments, Ref(keep_as))
            self._note_made(step, each, purpose, worked, len(first))
        return replies

    def _note_made(
        self,
        step: _Step,
        each: Mapping[str, Mapping[str, Any]] | None,
        purpose: str,
        worked: Mapping[str, Sequence[tuple[Request, Reply]]],
        number: int,
    ) -> None:
        """Note the rows that parties have made in one step of a message."""
        requests = {party: steps[number][0] for party, steps in worked.items()}
        replies = {party: steps[number][1] for party, steps in worked.items()}
        self._participation.made(requests, replies)
        told = {party: reply.facts for party, reply in replies.items()}
        made = {"arguments": step.arguments, "each": each, "keep_as": step.ref.name}
        self._follow(step.operation.name, made, purpose, told)

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
        self._membership.add(party)
        self.events.tell("join", party=party)

    def stop(self) -> None:
        """End the federation: its engine and its ledger's file."""
        self.engine.stop()
        self.ledger.close()
        if self._journal is not None:
            self._journal.finish()


def common_layout(arguments: Any) -> RowLayout:
    """The layout that all handles in a value share.

    Raises
    ------
    DataError
        If there is no handle, or two have their rows at different places.
    """
    found = list(handles_in(arguments))
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


def _public(value: Any) -> Public:
    """A value as the schema has it: handles as references, functions by name."""
    if isinstance(getattr(value, "ref", None), Ref):  # a handle, or a value on a device
        return Ref(value.ref.name)  # what a party has missed does not keep its rows alive
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


def _in_words(operation: str, purpose: str) -> str:
    return f"{operation!r} of {purpose}" if purpose else f"{operation!r}"
