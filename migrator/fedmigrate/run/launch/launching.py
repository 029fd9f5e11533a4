"""What is launched, and what a way of launching is."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Launch:
    """A run that is about to begin.

    Parameters
    ----------
    script : Path
    arguments : sequence of str
        For the script.
    environment : mapping
        Of its process; it has what the runtime is told by variables.
    events : Path
        Where the runtime has to write its events.
    """

    script: Path
    arguments: Sequence[str]
    environment: Mapping[str, str]
    events: Path


class Launcher(Protocol):
    """A module of this package."""

    ENGINES: tuple[str, ...]
    TRUSTS_EXIT_CODE: bool  # else only the event of its end says that a run has succeeded

    def start(self, launch: Launch) -> subprocess.Popen[bytes]:
        """Begin the run; its output comes through pipes, and it leads a session of its own.

        Raises
        ------
        UsageError
            If something is missing that it needs.
        """
