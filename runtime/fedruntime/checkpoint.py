"""A journal of what the parties answered, so that training goes on where a coordinator that was
interrupted stopped.

The script runs again from its beginning. Row operations are sent to the parties again, which need
the rows; sums and revealed values are taken from the journal as long as the script asks for the
same things in the same order, over the same parties. From the first difference on it is asked
anew. The journal holds what the coordinator has seen anyway: public values, no rows.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import joblib
import numpy as np

from fedruntime.errors import SettingsError
from fedruntime.messages import Public, pack, unpack

_MAGIC = b"fedmigrate checkpoint 1\n"
_DIGEST = 32
_RESUME_VARIABLE = "FEDMIGRATE_RESUME"  # set where a run that begins anew is not wanted
_OPEN: dict[Path, Journal] = {}
"""The journals of this process: a path that is opened again is taken over."""
_SEEN: set[Path] = set()
"""The paths that this process has opened: only the first journal can be an interrupted run's."""


class Journal:
    """The results of one run, on disk.

    A record is written when its result is there, and is there when it is written: a crash leaves
    whole records and at most a torn last one, which is cut off.

    Parameters
    ----------
    path : Path
        Begun where there is no file. What another script, other settings or another version left
        there is set aside.
    about : mapping
        Values of the message schema that tell one run's results from another's.

    Raises
    ------
    SettingsError
        If ``FEDMIGRATE_RESUME`` is set, and there is nothing of this run to go on with; what is
        there stays as it is.
    """

    def __init__(self, path: Path, about: Mapping[str, Public]) -> None:
        self.path = path.resolve()
        if (earlier := _OPEN.pop(self.path, None)) is not None:
            earlier.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        self._file: BinaryIO | None = self.path.open("r+b")
        self._records: list[tuple[bytes, int]] = []  # digests, and where their results are
        self._next = 0
        self._begin(digest_of(about), self._must_go_on())
        _OPEN[self.path] = self
        _SEEN.add(self.path)
        atexit.register(self._at_exit)

    def _must_go_on(self) -> bool:
        return bool(os.environ.get(_RESUME_VARIABLE)) and self.path not in _SEEN

    # -- going on -----------------------------------------------------------------------------

    @property
    def kept(self) -> int:
        """How many results the file has: of this run, and of the one that it goes on with."""
        return len(self._records)

    @property
    def ahead(self) -> bool:
        """Whether the interrupted run has results that this one has not come to yet."""
        return self._next < len(self._records)

    def recall(self, digest: bytes, about: str) -> Public:
        """The result that is due next, if it is that of the same question; else ``None``.

        Parameters
        ----------
        digest : bytes
            Of the question, as ``digest_of`` gives it.
        about : str
            The question in words, for the message that the rest is set aside.
        """
        if self._next == len(self._records):
            return None
        expected, start = self._records[self._next]
        if expected != digest:
            self._set_aside(f"{about} is not what the interrupted run asked there")
            return None
        self._next += 1
        return _result(self._payload(start))

    def write(self, digest: bytes, result: Public) -> None:
        """Keep a result. It is on the disk when this returns."""
        if self._file is None:
            return
        payload = digest + _written(result)
        self._file.seek(0, os.SEEK_END)
        self._records.append((digest, self._file.tell()))
        self._next = len(self._records)
        self._file.write(len(payload).to_bytes(8, "big") + _checksum(payload) + payload)
        self._file.flush()
        os.fsync(self._file.fileno())

    def follow(self, digest: bytes, told: Public, about: str) -> None:
        """Compare what the parties told of rows that they made again, and keep it if it is new."""
        kept = self.recall(digest, about)
        if kept is not None and _written(kept) != _written(told):
            self._next -= 1
            self._set_aside(f"{about} gave other rows than in the interrupted run")
            kept = None
        if kept is None:
            self.write(digest, told)

    # -- ending -------------------------------------------------------------------------------

    def finish(self) -> None:
        """The run is over: nothing is left to go on with."""
        if self._file is not None:
            self.close()
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the file to the next run."""
        if self._file is not None:
            self._file.close()
            self._file = None
            atexit.unregister(self._at_exit)
            if _OPEN.get(self.path) is self:
                del _OPEN[self.path]

    def _at_exit(self) -> None:
        if getattr(sys, "last_value", None) is None:  # set where an exception ended the script
            self.finish()
        else:
            self.close()

    # -- the file -----------------------------------------------------------------------------

    def _begin(self, about: bytes, must_go_on: bool) -> None:
        assert self._file is not None
        size = self.path.stat().st_size
        begins = self._file.read(len(_MAGIC)) == _MAGIC and self._read_records()
        if begins and self._records[0][0] == about:
            (_, start), *self._records = self._records
            np.random.set_state(tuple(_result(self._payload(start))))
            if self._records:
                _say(f"{self.path}: {len(self._records)} results of an interrupted run are kept")
            return
        if must_go_on:
            self._file.close()
            raise SettingsError(
                f"{self.path}: there is nothing to go on with: it was left by another script, "
                "other settings or other versions of the libraries. Run as it was then, or begin "
                "anew without --resume"
            )
        self._records = []
        if size:
            self._keep_copy()
            _say(
                f"{self.path}: left by another script, other settings or another version; set "
                f"aside in {self._aside.name}"
            )
        self._file.seek(0)
        self._file.truncate()
        self._file.write(_MAGIC)
        self.write(about, list(np.random.get_state(legacy=True)))
        self._records, self._next = [], 0

    def _read_records(self) -> bool:
        """Find the records up to a torn one, which is cut off; whether there are any."""
        assert self._file is not None
        while True:
            start = self._file.tell()
            length = int.from_bytes(self._file.read(8), "big")
            checksum = self._file.read(_DIGEST)
            payload = self._file.read(length) if length <= self.path.stat().st_size else b""
            if not length or len(payload) < length or _checksum(payload) != checksum:
                self._file.truncate(start)
                return bool(self._records)
            self._records.append((payload[:_DIGEST], start))

    def _payload(self, start: int) -> bytes:
        assert self._file is not None
        self._file.seek(start)
        length = int.from_bytes(self._file.read(8), "big")
        return self._file.read(_DIGEST + length)[2 * _DIGEST :]

    def _set_aside(self, reason: str) -> None:
        assert self._file is not None
        self._keep_copy()
        left = len(self._records) - self._next
        self._file.truncate(self._records[self._next][1])
        del self._records[self._next :]
        _say(
            f"{self.path}: after {self._next} results, {reason}; the {left} that it has from there "
            f"on are set aside in {self._aside.name}, and it goes on from here"
        )

    @property
    def _aside(self) -> Path:
        return self.path.with_name(self.path.name + ".aside")

    def _keep_copy(self) -> None:
        shutil.copyfile(self.path, self._aside)


def digest_of(value: Public) -> bytes:
    """A fingerprint of a value of the message schema."""
    return hashlib.blake2b(_written(value), digest_size=_DIGEST).digest()


def content_of(rows: Any) -> str:
    """A fingerprint of rows that this process holds: simulated parties' rows may have changed."""
    found: str = joblib.hash(rows)
    return found


def _written(value: Public) -> bytes:
    text, arrays = pack(value)
    stream = io.BytesIO()
    encoded = json.dumps([text, len(arrays)]).encode()
    stream.write(len(encoded).to_bytes(8, "big") + encoded)
    for array in arrays:
        np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _result(written: bytes) -> Public:
    stream = io.BytesIO(written)
    length = int.from_bytes(stream.read(8), "big")
    text, count = json.loads(stream.read(length))
    return unpack((text, [np.load(stream, allow_pickle=False) for _ in range(count)]))


def _checksum(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST).digest()


def _say(text: str) -> None:
    print(f"checkpoint {text}", file=sys.stderr)
