"""Who called: the user's own file and line, for messages that point at the script."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from fedruntime.cells import calling_notebook, cell_name

_OWN = Path(__file__).resolve().parent


def _innermost_user_frame() -> FrameType | None:
    """The innermost frame that is neither ours nor an installed library's.

    Code without a file counts where ``linecache`` holds its text: a script may run before it is
    written.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        path = Path(name)
        is_code = path.is_file() or (name in linecache.cache and not name.startswith("<"))
        if is_code and "site-packages" not in path.parts and _OWN not in path.parents:
            return frame
        frame = frame.f_back
    return None


def levels_above() -> int:
    """How far above its caller the line of the user's is: the ``stacklevel`` of a warning."""
    user = _innermost_user_frame()
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and frame is not user:
        frame = frame.f_back
        level += 1
    return level if frame is not None else 2


def where() -> str:
    """``file:line: `` of the line of the user's that led here; empty where there is none."""
    frame = _innermost_user_frame()
    if frame is None:
        return ""
    if calling_notebook(frame) is not None:
        return f"cell {cell_name(frame)}, line {frame.f_lineno}: "
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}: "


def calling_names() -> dict[str, Any]:
    """What names stand for on the line of the user's that led here."""
    frame = _innermost_user_frame()
    return {} if frame is None else {**frame.f_globals, **frame.f_locals}


def calling_file() -> Path | None:
    """The file of the user's that led here; for a cell, its notebook."""
    frame = _innermost_user_frame()
    return _file(frame) if frame else None


def _file(frame: FrameType) -> Path:
    return calling_notebook(frame) or Path(frame.f_code.co_filename).resolve()


def calling_script() -> Path | None:
    """The script that is being run, if it is what led here; ``None`` in a session.

    A module leads here for the script that imports it, if it lies beside it or below.
    """
    frame = _innermost_user_frame()
    file = calling_file()
    while frame is not None and file is not None:
        if frame.f_globals.get("__name__") == "__main__":
            script = _file(frame)
            if script.name.startswith("<"):  # python -c, or standard input
                return None
            return script if script == file or script.parent in file.parents else None
        frame = frame.f_back
    return None
