"""The ledger: one entry for every message that leaves a party, in memory and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO, overload


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
    protection : {"masked", "in the clear", "facts"}
        ``facts`` are row counts, column names and dtypes of rows that stayed.
    content : tuple of (str, tuple of int)
        Names and shapes of what left.
    bytes : int
    """

    number: int
    party: str
    purpose: str
    operation: str
    protection: str
    content: tuple[tuple[str, tuple[int, ...]], ...]
    bytes: int


class Ledger(Sequence[Entry]):
    """Append-only.

    Parameters
    ----------
    path : Path, optional
        A file of JSON lines that is begun anew and written as entries arrive.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Entry] = []
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8")

    def append(self, **fields: Any) -> None:
        entry = Entry(number=len(self._entries), **fields)
        self._entries.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(asdict(entry)) + "\n")
            self._file.flush()

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
        if self._file is not None:
            self._file.close()
            self._file = None
