"""Ledger files as the runtime writes them, made without it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HEAD: dict[str, Any] = {
    "kind": "head",
    "format": "fedmigrate ledger 2",
    "run": "5f1e",
    "began": "2026-01-02T03:04:05.678+00:00",
    "parties": ["alice", "bob"],
    "mode": "simulated",
    "owner": "coordinator",
    "script": "train_fed.py",
    "script_sha256": "",
    "settings": "",
    "policy": "reported",
    "min_parties": 2,
    "budget": None,
}


def message(party: str = "alice", **changes: Any) -> dict[str, Any]:
    return {
        "kind": "message",
        "number": 0,
        "party": party,
        "purpose": "Ridge.fit",
        "operation": "gram.sums",
        "protection": "masked",
        "content": [["gram", [3, 3]], ["rows", []]],
        "bytes": 320,
        "what": "First and second moments",
        "reader": "coordinator",
        "session": "s",
        "round": 0,
        "mu": 0.0,
        "rate": 1.0,
        "remarks": [],
        **changes,
    }


def change(event: str = "missing", **changes: Any) -> dict[str, Any]:
    return {
        "kind": "presence",
        "event": event,
        "party": "bob",
        "operation": "gram.sums",
        "purpose": "Ridge.fit",
        "message": 1,
        "parties": ["alice"],
        "reason": "",
        **changes,
    }


def run_of(*lines: dict[str, Any], closed: bool = True, **head: Any) -> list[dict[str, Any]]:
    """The lines of one run."""
    count = sum(line["kind"] == "message" for line in lines)
    close = {
        "kind": "close",
        "run": "5f1e",
        "ended": "2026-01-02T03:04:09.012+00:00",
        "messages": count,
    }
    return [{**HEAD, **head}, *lines, *([close] if closed else [])]


def chained(lines: Iterable[dict[str, Any]]) -> list[bytes]:
    """The lines of a file, each bound to the one before."""
    texts, previous = [], ""
    for number, line in enumerate(lines, start=1):
        bound = {**line, "line": number, "previous": previous}
        body = json.dumps(bound, separators=(",", ":"))[:-1].encode()
        previous = hashlib.sha256(body).hexdigest()
        texts.append(body + b',"sha256":"' + previous.encode() + b'"}\n')
    return texts


def write_ledger(path: Path, *lines: dict[str, Any], closed: bool = True, **head: Any) -> Path:
    """A file with one run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(chained(run_of(*lines, closed=closed, **head))))
    return path
