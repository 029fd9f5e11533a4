"""A run in lines of text, for people and for logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fedmigrate.run.state import Operation, RunState, listed

_UNITS = ("bytes", "kB", "MB", "GB")


def lines_of(event: Mapping[str, Any], state: RunState) -> Iterator[str]:
    """What is worth a line of an event that the state has taken in; rounds are not."""
    kind = event["event"]
    if kind == "start":
        how = "simulated " if event["simulated"] else ""
        yield f"{len(event['parties'])} {how}parties on engine {event['engine']!r}: " + listed(
            event["parties"]
        )
        if event["kept"]:
            yield f"goes on from a checkpoint with {event['kept']} results"
    elif kind == "operation" and event["state"] == "ended":
        yield f"{event['purpose']}: {event['rounds']} rounds, {in_time(event['seconds'])}"
    elif kind == "presence":
        yield _presence(event)


def still_running(state: RunState) -> str:
    """How far a run is, in a line."""
    now = state.operation
    doing = "between operations" if now is None else f"{now.purpose}, {_progress(now)}"
    return f"still running: {doing}; {total(state)}{_slow(state)}"


def total(state: RunState) -> str:
    """Rounds and bytes."""
    return (
        f"{state.rounds} rounds, {in_bytes(state.sent)} to the parties, "
        f"{in_bytes(state.received)} from them"
    )


def estimate(now: Operation | None) -> str:
    """When the operation that is under way ends."""
    if now is None or now.remaining is None:
        return "unknown"
    return f"in {in_time(now.remaining)} at most"


def in_bytes(size: int) -> str:
    """A number of bytes, in the unit that fits."""
    amount, units = float(size), list(_UNITS)
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:,.0f} {units[0]}" if units[0] == _UNITS[0] else f"{amount:,.1f} {units[0]}"


def in_time(seconds: float) -> str:
    """A duration, no more precise than people want it."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _progress(now: Operation) -> str:
    parts = [f"round {now.rounds}"]
    if now.step is not None:
        parts.append(f"step {now.step}" + (f" of at most {now.of}" if now.of else ""))
    if now.loss is not None:
        parts.append(f"loss {now.loss:.6g}")
    parts.append(f"end {estimate(now)}")
    return ", ".join(parts)


def _slow(state: RunState) -> str:
    told = ""
    if state.missing:
        told += f"; missing: {listed(state.missing)}"
    if state.stragglers:
        told += f"; slow: {listed(state.stragglers)}"
    return told


def _presence(event: Mapping[str, Any]) -> str:
    party, asked = event["party"], event["purpose"] or event["operation"]
    with_whom = f"; takes part now: {listed(event['present'], 'nobody')}"
    if event["change"] == "missing":
        return f"{party} did not answer ({asked}){with_whom}"
    if event["change"] == "back":
        return f"{party} takes part again{with_whom}"
    return f"{party} answers again, but stays out: {event['reason']}{with_whom}"
