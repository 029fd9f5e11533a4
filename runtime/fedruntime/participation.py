"""Who takes part in an operation from its beginning to its end: it begins again without those who
vanish in the middle, and those who are back take part from the next one on.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from fedruntime.attempts import Attempt, UnderWay
from fedruntime.backlog import RowsToMake
from fedruntime.caller import levels_above, where
from fedruntime.data.facts import PartFacts
from fedruntime.data.handle import handles_in
from fedruntime.data.layout import RowLayout
from fedruntime.dropouts import Dropout, DropoutWarning, listed
from fedruntime.engines.engine import Engine
from fedruntime.errors import DropoutError
from fedruntime.events import Events
from fedruntime.membership import Absence, Membership
from fedruntime.messages import Reply, Request
from fedruntime.privacy.ledger import Ledger
from fedruntime.settings import Settings
from fedruntime.snapshot import Snapshot

T = TypeVar("T")


class Participation:
    """The parties of one federation in the operations of a script.

    Parameters
    ----------
    settings : Settings
    engine : Engine
    ledger : Ledger
    turn : RLock
        Held by the thread that is asking parties.
    events : Events
        Where changes are told besides the ledger.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        ledger: Ledger,
        turn: threading.RLock,
        events: Events,
    ) -> None:
        self.membership = Membership(settings.parties, settings.min_parties)
        self._engine = engine
        self._ledger = ledger
        self._turn = turn
        self._events = events
        self._timeout = settings.round_timeout
        self._under_way = UnderWay()

    @property
    def parties(self) -> tuple[str, ...]:
        """Those who take part now; inside an attempt, since its beginning."""
        attempt = self._under_way.attempt
        return self.membership.present if attempt is None else attempt.parties

    @property
    def may_go_on_without(self) -> bool:
        """Whether results are given without parties that vanish."""
        return self.membership.floor < len(self.membership.all)

    # -- beginning again ------------------------------------------------------------------------

    def attempt(self, run: Callable[[], T], given: Any) -> T:
        """See ``Exchange.attempt``."""
        if self._under_way.attempt is not None:
            return run()
        if self.membership.absences:
            self._rejoin()
        snapshot = Snapshot(given) if self.may_go_on_without else None
        parties = self._holders_of(given)
        while True:
            attempt = self._under_way.attempt = Attempt(self._enough(parties))
            try:
                result = run()
            except Exception:
                left = self._left_of(attempt)
                if left is None:
                    raise
            else:
                left = self._left_of(attempt)
                if left is None:
                    return result
            finally:
                self._under_way.attempt = None
            parties = left
            if snapshot is not None:
                snapshot.restore()

    def require_current(self, arguments: Any, asked: Sequence[str]) -> None:
        """Make sure that those who are asked took part from the beginning, and hold the rows.

        Raises
        ------
        DropoutError
            If not; an attempt under way then begins again over those who do.
        """
        if self.membership.complete:
            return
        attempt = self._under_way.attempt
        holders = [party for party in self._holders_of(arguments) if party in self.parties]
        if attempt is not None:
            if set(holders) < set(attempt.parties):
                attempt.go_on_with = tuple(holders)
            if self._left_of(attempt) is not None:
                raise DropoutError("a party has left since this operation began")
        self._enough(holders)
        if not set(asked) <= set(holders):
            absent = listed([party for party in asked if party not in holders])
            raise DropoutError(f"{where()}{absent} does not take part: it is missing, or was")

    def lost(self, parties: Sequence[str], purpose: str, operation: str) -> None:
        """See ``Exchange.lost``."""
        with self._turn:
            gone = [party for party in parties if party in self.membership.present]
            entries = [
                self.membership.leave(
                    party,
                    operation=operation,
                    purpose=purpose,
                    message=len(self._ledger),
                    begun=self._engine.begun(party),
                )
                for party in gone
            ]
            for entry in entries:
                self._note(entry)
        self._enough([party for party in self.parties if party in self.membership.present])
        for entry in entries:
            warnings.warn(str(entry), DropoutWarning, stacklevel=levels_above())
        if entries and self._under_way.attempt is None:
            raise DropoutError(
                f"{where()}{entries[-1]}. Run the statement again: it goes on without "
                f"{listed(gone)}"
            )

    def _note(self, change: Dropout) -> None:
        self._ledger.note_presence(change)
        self._events.tell(
            "presence",
            change=change.event,
            party=change.party,
            purpose=change.purpose,
            operation=change.operation,
            reason=change.reason,
            present=list(change.parties),
        )

    def _left_of(self, attempt: Attempt) -> tuple[str, ...] | None:
        """Over whom an attempt has to begin again; None if it need not."""
        present = self.membership.present
        if attempt.go_on_with is None and set(attempt.parties) <= set(present):
            return None
        wanted = attempt.parties if attempt.go_on_with is None else attempt.go_on_with
        return tuple(party for party in wanted if party in present)

    def _holders_of(self, given: Any) -> tuple[str, ...]:
        """Those present who hold a part of every handle in a value."""
        present = self.membership.present
        if self.membership.complete:
            return present
        for handle in handles_in(given):
            present = tuple(party for party in present if party in handle.holders)
        return present

    def _enough(self, parties: Sequence[str]) -> tuple[str, ...]:
        membership = self.membership
        if len(parties) >= membership.floor:
            return tuple(parties)
        missing = [party for party in membership.all if party not in parties]
        why = [
            membership.absences[party].entry.what
            if party in membership.absences
            else f"{party!r} holds no part of these rows, which were made while it was missing"
            for party in missing
        ]
        left = "1 party is" if len(parties) == 1 else f"{len(parties)} parties are"
        raise DropoutError(
            f"{where()}{'; '.join(why)}. {left} left, and min_parties is {membership.floor}: run "
            f"the statement again when {listed(missing)} can be reached, or open the federation "
            "with a smaller min_parties"
        )

    # -- coming back ----------------------------------------------------------------------------

    def made(self, requests: Mapping[str, Request], replies: Mapping[str, Reply]) -> None:
        """Note rows that parties hold, for one that loses them to make them again.

        Parameters
        ----------
        requests : mapping of party to Request
        replies : mapping of party to Reply
            Their facts.
        """
        if self._engine.simulated:  # rows that were dealt cannot be made again, nor are they lost
            return
        for party, reply in replies.items():
            request = replace(requests[party], forget=())
            entry = RowsToMake(request, reply.facts["rows"], told=reply.facts)
            self.membership.made(party, entry)

    def missed(
        self, request: Request, arguments: Any, whole: RowLayout, parts: PartFacts
    ) -> RowLayout:
        """Let missing parties make their part of a handle later.

        Parameters
        ----------
        request : Request
            That those who are present have answered.
        arguments : mapping
            Its arguments, with handles.
        whole : RowLayout
            Of the handle, with the rows of missing parties.
        parts : PartFacts
            Of the handle; what missing parties tell of their parts will be added.

        Returns
        -------
        RowLayout
            With the rows of those who will make a part: who lacks an argument cannot.
        """
        held = list(handles_in(arguments))
        extended = [party for party in whole.parties if party in parts]
        for party, absence in self.membership.absences.items():
            able = all(
                party in handle.holders or absence.missed.makes(handle.ref.name) for handle in held
            )
            if party in whole.parties and able and not absence.stays_out:
                rows = len(whole.positions[party])
                absence.missed.add(RowsToMake(request, rows, parts))
                extended.append(party)
        return whole.restricted(extended)

    def _rejoin(self) -> None:
        """Let those take part again who answer and catch up with what they have missed."""
        with self._turn:
            for party, absence in list(self.membership.absences.items()):
                if absence.stays_out or not self._engine.reachable(party):
                    continue
                begun = self._engine.begun(party)
                if begun != absence.begun:
                    self.membership.begin_again(party, begun)
                reason = self._catch_up(party, absence)
                if reason is None:
                    self._note(self.membership.come_back(party, len(self._ledger)))
                elif reason:
                    entry = self.membership.leave_out(party, reason, len(self._ledger))
                    self._note(entry)
                    warnings.warn(str(entry), DropoutWarning, stacklevel=levels_above())

    def _catch_up(self, party: str, absence: Absence) -> str | None:
        """Replay what a party has missed: None if it is done, "" if it has vanished again, or why
        it cannot be done."""
        backlog = absence.missed
        backlog.prune()
        while backlog.entries:
            entry = backlog.entries[0]
            replies = self._events.watched(self._engine, {party: entry.request}, self._timeout)
            if party not in replies:
                return ""
            self._ledger.note(entry.request, replies[party])
            if reason := _why_not(entry, replies[party]):
                return reason
            if entry.facts is not None:
                entry.facts.add(party, replies[party].facts)
            self.made({party: entry.request}, replies)
            backlog.entries.pop(0)
        return None


def _why_not(entry: RowsToMake, reply: Reply) -> str:
    """Why a party cannot go on from what it has made; empty if it can."""
    name, before = entry.request.operation, entry.told is not None
    what = f"{name!r}, which it " + ("has done before," if before else "has missed,")
    if reply.error is not None:
        return f"{what} failed there: {reply.error[1]}"
    if reply.facts["rows"] != entry.rows:
        return f"{what} gave {reply.facts['rows']} rows there where {entry.rows} were expected"
    if before and reply.facts != entry.told:
        return f"{what} gives other columns or dtypes there now"
    return ""
