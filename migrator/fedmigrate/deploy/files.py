"""Files that are about to be written: refusing to overwrite before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fedmigrate.errors import SourceError, UsageError
from fedmigrate.source import write

_SHOWN = 5


@dataclass(frozen=True)
class File:
    """One file of a deployment.

    Parameters
    ----------
    path : PurePosixPath
        Relative to the folder of the deployment.
    data : bytes
    private : bool
        Whether only its owner may read it.
    """

    path: PurePosixPath
    data: bytes
    private: bool = False


def write_files(folder: Path, files: Sequence[File], *, force: bool) -> None:
    """Write files, each atomically.

    Parameters
    ----------
    force : bool
        Whether files that are there are replaced.

    Raises
    ------
    UsageError
        If one is there and ``force`` is not given; nothing has been written then.
    SourceError
        FM904 where one cannot be written.
    """
    there = [str(file.path) for file in files if (folder / file.path).exists()]
    if there and not force:
        more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        raise UsageError(
            f"{folder}: {', '.join(there[:_SHOWN])}{more} would be replaced; nothing was written. "
            "Name another folder with -o, or give --force: keys are then made anew, too, and "
            "whoever has the old ones is refused"
        )
    for file in files:
        path = folder / file.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError(
                "FM904", str(path.parent), f"cannot be made: {error.strerror}"
            ) from error
        write(path, file.data, private=file.private)
