"""Which files a conversion is about: scripts in folders, and where each conversion is written.

A notebook is a script in all of this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from fedmigrate.errors import SourceError, UsageError
from fedmigrate.generated import SUFFIX, is_generated
from fedmigrate.source import is_notebook

_SCRIPTS = (".py", ".ipynb")
_NOT_OURS = {"__pycache__", "node_modules", "site-packages"}


def python_files(folder: Path) -> Iterator[Path]:
    """The Python files and notebooks below a folder, in a stable order.

    Hidden folders, virtual environments and generated conversions are not looked at.
    """
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if not _skipped(here / name))
        for name in sorted(files):
            stem, suffix = os.path.splitext(name)
            if suffix in _SCRIPTS and not stem.endswith(SUFFIX) and name[0] != ".":
                yield here / name


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    SourceError
        FM903 where it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError("FM903", str(path), f"cannot be read: {reason}") from error


def _skipped(folder: Path) -> bool:
    return (
        folder.name.startswith(".")
        or folder.name in _NOT_OURS
        or (folder / "pyvenv.cfg").exists()
        or folder.is_symlink()
    )


def check_target(target: Path, script: Path | None) -> None:
    """Make sure that writing a conversion destroys nothing that a person wrote.

    Parameters
    ----------
    target : Path
        Where the conversion would be written.
    script : Path, optional
        The input; none for standard input.

    Raises
    ------
    UsageError
        If the target is the input, is a script where the input is a notebook or the other way
        round, or exists and was not written by fedmigrate.
    SourceError
        If the target is there and cannot be looked at.
    """
    if script is not None and is_notebook(str(script)) != is_notebook(str(target)):
        kind = "notebook, *.ipynb" if is_notebook(str(script)) else "script, *.py"
        raise UsageError(f"{target}: what {script} is converted to is a {kind}")
    if not target.exists():
        return
    if script is not None and target.samefile(script):
        raise UsageError(f"{target}: this is the input, and inputs are never overwritten")
    if target.is_dir():
        raise SourceError("FM904", str(target), "cannot be written: it is a folder")
    if not is_generated(read_bytes(target)):
        raise UsageError(
            f"{target}: was not written by fedmigrate, so it is not overwritten; "
            "choose another file with -o, or move it away"
        )
