"""Reading events while they are being written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Follower:
    """The new lines of a file of JSON lines.

    Parameters
    ----------
    path : Path
        It need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._torn = b""

    def new(self) -> Iterator[dict[str, Any]]:
        """Events that are there since the last call; a line that is not whole comes next time."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            fresh = file.read()
        self._read += len(fresh)
        *lines, self._torn = (self._torn + fresh).split(b"\n")
        for line in lines:
            yield json.loads(line)
