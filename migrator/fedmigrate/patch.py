"""A conversion as a patch: the copy of the script under its new name, and the lines that differ.

``git apply`` makes the conversion from it, byte for byte, and does not touch the script. Lines
are lines of bytes, so that any encoding and newline survives.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

_NO_NEWLINE = b"\n\\ No newline at end of file\n"


def patch(script: Path, target: Path, before: bytes, after: bytes) -> bytes:
    """A unified diff in git's format.

    Parameters
    ----------
    script, target : Path
        The script, and where its conversion would be written. Paths in the patch are relative to
        the repository they lie in, as git wants it, else to the working directory.
    before, after : bytes
        Contents of both.
    """
    root = _root(script)
    old, new = (_name(path, root) for path in (script, target))
    head = (
        b"diff --git " + _quoted(b"a/" + old) + b" " + _quoted(b"b/" + new) + b"\n"
        b"copy from " + _quoted(old) + b"\ncopy to " + _quoted(new) + b"\n"
        b"--- " + _header(b"a/" + old) + b"\n+++ " + _header(b"b/" + new) + b"\n"
    )
    return head + b"".join(_hunks(before, after))


def _hunks(before: bytes, after: bytes) -> Iterator[bytes]:
    # Latin-1 stands for bytes here: difflib compares text.
    old, new = (data.decode("latin-1").split("\n") for data in (before, after))
    lines = difflib.unified_diff(_terminated(old), _terminated(new), n=3)
    for line in list(lines)[2:]:
        data = line.encode("latin-1")
        yield data if data.endswith(b"\n") else data + _NO_NEWLINE


def _terminated(lines: list[str]) -> list[str]:
    result = [line + "\n" for line in lines[:-1]]
    return [*result, lines[-1]] if lines[-1] else result


def _root(script: Path) -> Path:
    script = Path(os.path.abspath(script))
    for folder in script.parents:
        if (folder / ".git").exists():
            return folder
    here = Path.cwd()
    return here if here in script.parents else script.parent


def _name(path: Path, root: Path) -> bytes:
    return os.fsencode(os.path.relpath(path, root).replace(os.sep, "/"))


def _header(name: bytes) -> bytes:
    # A tab ends a name with spaces, as git and patch expect it.
    return _quoted(name) + (b"\t" if b" " in name else b"")


def _quoted(name: bytes) -> bytes:
    if not any(byte < 0x20 or byte in b'"\\\x7f' for byte in name):
        return name
    quoted = b"".join(
        b"\\" + bytes([byte])
        if byte in b'"\\'
        else f"\\{byte:03o}".encode()
        if byte < 0x20 or byte == 0x7F
        else bytes([byte])
        for byte in name
    )
    return b'"' + quoted + b'"'
