"""The folder of a script's runs: the events and the status of the last one, and the checkpoint of
one that was interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fedmigrate.errors import SourceError, UsageError
from fedmigrate.source import write

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_FOLDER = ".fedmigrate"


class RunFolder:
    """Where runs of one script leave what they tell.

    Parameters
    ----------
    path : Path
        Made if it is not there.

    Raises
    ------
    SourceError
        If it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.events = self.path / "events.jsonl"
        self.status = self.path / "status.json"
        self.checkpoint = self.path / "checkpoint"
        self.lock = self.path / "lock"

    @classmethod
    def of(cls, script: Path, named: str | None) -> RunFolder:
        """The folder that was named, or the script's own."""
        return cls(Path(named) if named else script.parent / _FOLDER / f"{script.stem}.run")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """No other run takes the folder inside the ``with`` block.

        Raises
        ------
        UsageError
            If another one has.
        SourceError
            If the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            held = self.lock.open("ab")
        except OSError as error:
            message = f"cannot be written: {error.strerror}"
            raise SourceError("FM904", str(self.path), message) from error
        with held:
            if fcntl is not None:
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise UsageError(
                        f"{self.path}: another run of this script is under way; give this one a "
                        "folder of its own with --run-dir"
                    ) from None
            yield

    def begin(self, resume: bool) -> bool:
        """Make room for a run; whether the checkpoint of an interrupted one was set aside."""
        self.events.unlink(missing_ok=True)
        if resume or not _holds_something(self.checkpoint):
            return False
        self.checkpoint.replace(self.aside)
        return True

    @property
    def aside(self) -> Path:
        return self.checkpoint.with_name(f"{self.checkpoint.name}.aside")

    def write_status(self, status: Mapping[str, Any]) -> None:
        write(self.status, (json.dumps(status, indent=2) + "\n").encode())

    def read_status(self) -> dict[str, Any] | None:
        """What the last run has left; None where there was none.

        Raises
        ------
        SourceError
            If it cannot be read.
        """
        if not self.status.is_file():
            return None
        try:
            found: dict[str, Any] = json.loads(self.status.read_bytes())
        except (OSError, ValueError) as error:
            message = f"cannot be read: {error}"
            raise SourceError("FM903", str(self.status), message) from error
        return found

    def to_resume(self, script: Path, digest: str) -> dict[str, Any]:
        """The status of the run that can be gone on with.

        Raises
        ------
        UsageError
            If there is none, or the script is another one now.
        """
        status = self.read_status()
        if status is None:
            raise UsageError(f"{script}: there is no run to resume in {self.path}")
        if not can_resume(status):
            raise UsageError(
                f"{script}: there is nothing to resume: its last run {_ended(status)} and has left "
                "no checkpoint"
            )
        if status["script_sha256"] != digest:
            raise UsageError(
                f"{script}: has changed since the run that was interrupted, so its results do not "
                "fit any more. Bring the script back as it was, or begin anew without --resume"
            )
        return status


def can_resume(status: Mapping[str, Any]) -> bool:
    """Whether a run has left results to go on with."""
    return bool(status["checkpoint"]) and _holds_something(Path(status["checkpoint"]))


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _ended(status: Mapping[str, Any]) -> str:
    return {"finished": "has finished", "failed": "has failed"}.get(status["state"], "has ended")
