"""A file of JSON lines that is only ever appended to, each bound to the one before it by a hash.

What the lines say is not known here. A file that holds anything else, is damaged, full, or being
written by another process is left as it is, and the next of its numbered neighbours is taken.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

if sys.platform == "win32":
    fcntl = None  # there, two runs at once must not share a file
else:
    import fcntl

FORMAT = "fedmigrate ledger 2"
FULL = 64 * 2**20  # bytes; a run that begins later goes to the next file
_TAIL = 64 * 2**10
_SEAL = b',"sha256":"'


class _End(NamedTuple):
    """Number and hash of the last line of a file."""

    line: int
    digest: str


class Chain:
    """One file, open for appending.

    Every line is a JSON object that ends with ``line`` (its number in the file), ``previous`` (the
    ``sha256`` of the line before, empty in the first one) and ``sha256``, the SHA-256 of all bytes
    of the line that stand before ``,"sha256":``.

    Parameters
    ----------
    path : Path
        Continued if it is such a file; else ``run.2.jsonl`` for ``run.jsonl`` is tried, and so on.

    Attributes
    ----------
    path : Path
        The file that was taken.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._process = os.getpid()
        self._file: BinaryIO | None
        for self.path in _numbered(path):
            self._file = self.path.open("a+b")
            end = _end_of(self._file) if _locked(self._file) else None
            if end is not None:
                self._end = end
                break
            self._file.close()

    def write(self, fields: Mapping[str, Any]) -> None:
        """Append one line and hand it to the operating system."""
        assert self._file is not None, "the chain is closed"
        line = self._end.line + 1
        numbered = {**fields, "line": line, "previous": self._end.digest}
        body = json.dumps(numbered, separators=(",", ":"))[:-1].encode()
        digest = hashlib.sha256(body).hexdigest()
        self._file.write(b'%b%b%b"}\n' % (body, _SEAL, digest.encode()))
        self._file.flush()
        self._end = _End(line, digest)

    @property
    def is_open(self) -> bool:
        """Whether lines can be written: not after ``close``, nor in a process forked off."""
        return self._file is not None and os.getpid() == self._process

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}.{number}{path.suffix}")


def _locked(file: BinaryIO) -> bool:
    """Keep other processes from appending, if none does; until the file is closed."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _end_of(file: BinaryIO) -> _End | None:
    """Where to go on in a file; None if that is not possible."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return _End(0, "")
    if size > FULL:
        return None
    file.seek(max(0, size - _TAIL))
    last = _last_line(file.read())
    if last is None:
        file.seek(0)
        last = _last_line(b"\n" + file.read())
    return None if last is None else _checked(last)


def _last_line(text: bytes) -> bytes | None:
    """The last line of the end of a file, if it begins and ends there."""
    _, newline, last = text.removesuffix(b"\n").rpartition(b"\n")
    return last if newline and text.endswith(b"\n") else None


def _checked(line: bytes) -> _End | None:
    body, _, seal = line.rpartition(_SEAL)
    digest = hashlib.sha256(body).hexdigest()
    if seal != b'%b"}' % digest.encode():
        return None
    return _End(json.loads(line)["line"], digest)
