"""An audit as JSON; ``docs/audit.md`` describes the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fedmigrate.audit.choose import Audit
from fedmigrate.audit.read import Record
from fedmigrate.audit.summarise import Summary

_VERSION = 2


def as_document(audits: Sequence[Audit], exit_code: int) -> dict[str, Any]:
    """All runs asked for as plain values."""
    return {
        "version": _VERSION,
        "exit_code": exit_code,
        "audits": [
            {
                "name": audit.name,
                "ledgers": [_ledger(record) for record in audit.records],
                "runs": [_run(audit, summary) for summary in audit.summaries],
            }
            for audit in audits
        ],
    }


def _ledger(record: Record) -> dict[str, Any]:
    return {
        "path": str(record.path),
        "lines": record.lines,
        "intact": not record.faults,
        "faults": [asdict(fault) for fault in record.faults],
    }


def _run(audit: Audit, summary: Summary) -> dict[str, Any]:
    run = summary.run
    hidden = ("kind", "format", "line", "previous", "sha256")
    return {
        "ledger": str(audit.path_of(run)),
        **{name: value for name, value in run.head.items() if name not in hidden},
        "ended": None if run.close is None else run.close["ended"],
        "seal": run.seal,
        "left": [
            {"party": party, **asdict(row), "bytes": row.bytes[0]}
            for same in summary.leaving
            for party, own in same.rows.items()
            for row in own
        ],
        "totals": summary.totals,
        "known": [asdict(known) for known in summary.known],
        "changes": list(summary.changes),
        "remarks": [asdict(remark) for remark in summary.remarks],
        "privacy": None if summary.privacy is None else asdict(summary.privacy),
    }
