"""Which runs of which ledgers an audit is about: the last one of each script, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fedmigrate.audit.find import name_of
from fedmigrate.audit.read import Fault, Record, Run, read_record
from fedmigrate.audit.summarise import Summary, summarise


@dataclass(frozen=True)
class Audit:
    """What is told of one script.

    Parameters
    ----------
    name : str
        The script, or the file if its runs do not name one.
    records : tuple of Record
        All files that its runs have written.
    summaries : tuple of Summary
        Of the runs that are asked for.
    """

    name: str
    records: tuple[Record, ...]
    summaries: tuple[Summary, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(fault for record in self.records for fault in record.faults)

    @property
    def unfinished(self) -> bool:
        """Whether the record of a run that is told breaks off."""
        return any(summary.run.close is None for summary in self.summaries)

    def path_of(self, run: Run) -> Path:
        """The file that a run stands in."""
        return next(record.path for record in self.records if run in record.runs)


def audit_of(paths: Sequence[Path], *, every_run: bool) -> Audit:
    """Read a script's ledgers.

    Raises
    ------
    SourceError
        If one cannot be read or is none.
    """
    records = tuple(map(read_record, paths))
    runs = sorted(
        (run for record in records for run in record.runs), key=lambda run: str(run.head["began"])
    )
    chosen = runs if every_run else runs[-1:]
    name = str(chosen[-1].head.get("script") or "") if chosen else ""
    return Audit(name or name_of(paths[0]), records, tuple(map(summarise, chosen)))
