"""How a run stands, summed up from its events. No files, no terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

RUNNING, FINISHED, FAILED, INTERRUPTED = "running", "finished", "failed", "interrupted"
_SLOW = 2.0  # times the median of the parties is a straggler, if it costs so much an answer:
_WORTH_TELLING = 0.05  # seconds


@dataclass
class Party:
    """What is known of one party.

    Parameters
    ----------
    present : bool
        Whether it takes part now.
    sent, received : int
        Bytes of the messages to it, and from it.
    rounds : int
        That it has answered.
    seconds : float
        That its answers took, where the engine measures that.
    measured : int
        In how many rounds it did.
    dropouts : int
        How often it has been found missing.
    """

    present: bool = True
    sent: int = 0
    received: int = 0
    rounds: int = 0
    seconds: float = 0.0
    measured: int = 0
    dropouts: int = 0

    @property
    def pace(self) -> float | None:
        """Seconds an answer; None where nobody measures it."""
        return self.seconds / self.measured if self.measured else None


@dataclass
class Operation:
    """The fit that is under way.

    Parameters
    ----------
    purpose : str
        Such as ``Ridge.fit``.
    began : float
        Seconds since 1970.
    rounds : int
    step, of : int, optional
        Of its solver, and how many it makes at most.
    loss : float, optional
        The last one.
    first_step : tuple of int and float, optional
        The first step that was told, and when.
    last_step : float
        When the last one was.
    """

    purpose: str
    began: float
    rounds: int = 0
    step: int | None = None
    of: int | None = None
    loss: float | None = None
    first_step: tuple[int, float] | None = None
    last_step: float = 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds that are left at most; None where the number of steps is not known."""
        if self.first_step is None or self.step is None or self.of is None:
            return None
        first, at = self.first_step
        if self.step <= first:
            return None
        return (self.of - self.step) * (self.last_step - at) / (self.step - first)


@dataclass
class RunState:
    """All that the events of a run have told so far."""

    state: str = RUNNING
    engine: str = ""
    simulated: bool | None = None
    parties: dict[str, Party] = field(default_factory=dict)
    began: float | None = None
    last: float | None = None
    rounds: int = 0
    round_seconds: float = 0.0
    operation: Operation | None = None
    operations: int = 0
    checkpoint: str | None = None
    ended: str | None = None
    error: dict[str, str] | None = None
    exit_code: int | None = None

    @property
    def sent(self) -> int:
        return sum(party.sent for party in self.parties.values())

    @property
    def received(self) -> int:
        return sum(party.received for party in self.parties.values())

    @property
    def missing(self) -> list[str]:
        return [name for name, party in self.parties.items() if not party.present]

    @property
    def stragglers(self) -> list[str]:
        """Parties whose answers take more than twice the median party's, where that is measured
        and costs time worth telling."""
        paces = {name: party.pace for name, party in self.parties.items()}
        known = {name: pace for name, pace in paces.items() if pace is not None}
        if len(known) < 2:
            return []
        usual = median(known.values())
        limit = max(_SLOW * usual, usual + _WORTH_TELLING)
        return [name for name, pace in known.items() if pace > limit]

    # -- events -------------------------------------------------------------------------------

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one event; kinds that are not known are passed over."""
        self.last = float(event["time"])
        if self.began is None:
            self.began = self.last
        taken = {
            "start": self._start,
            "join": self._join,
            "operation": self._operation,
            "round": self._round,
            "presence": self._presence,
            "loss": self._loss,
            "speed": self._speed,
            "end": self._end,
        }.get(event["event"])
        if taken is not None:
            taken(event)

    def _start(self, event: Mapping[str, Any]) -> None:
        self.engine, self.simulated = event["engine"], event["simulated"]
        self.checkpoint = event["checkpoint"]
        for name in event["parties"]:
            self._party(name).present = True

    def _join(self, event: Mapping[str, Any]) -> None:
        self._party(event["party"])

    def _operation(self, event: Mapping[str, Any]) -> None:
        if event["state"] == "begun":
            self.operation = Operation(event["purpose"], float(event["time"]))
        else:
            self.operation = None
            self.operations += 1

    def _round(self, event: Mapping[str, Any]) -> None:
        self.rounds += 1
        self.round_seconds += event["seconds"]
        if self.operation is not None:
            self.operation.rounds += 1
        for name, size in event["sent"].items():
            self._party(name).sent += size
        for name, size in event["received"].items():
            party = self._party(name)
            party.received += size
            party.rounds += 1
        self._measure(event["each"])

    def _presence(self, event: Mapping[str, Any]) -> None:
        party = self._party(event["party"])
        party.present = event["change"] == "back"
        party.dropouts += event["change"] == "missing"

    def _loss(self, event: Mapping[str, Any]) -> None:
        now = self.operation
        if now is None:
            return
        now.step, now.of, now.last_step = event["step"], event["of"], float(event["time"])
        if event["loss"] is not None:
            now.loss = event["loss"]
        if now.first_step is None or event["step"] < now.first_step[0]:
            now.first_step = event["step"], float(event["time"])

    def _speed(self, event: Mapping[str, Any]) -> None:
        self._measure(event["seconds"])

    def _measure(self, seconds: Mapping[str, float]) -> None:
        for name, took in seconds.items():
            party = self._party(name)
            party.seconds += took
            party.measured += 1

    def _end(self, event: Mapping[str, Any]) -> None:
        self.ended, self.error = event["state"], event["error"]

    def _party(self, name: str) -> Party:
        return self.parties.setdefault(name, Party())


def listed(names: Sequence[str], nobody: str = "none") -> str:
    """Names for a line of text."""
    return ", ".join(names) if names else nobody
