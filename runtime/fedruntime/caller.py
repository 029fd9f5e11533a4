"""Who called: the user's own file and line, for messages that point at the script."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType

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


def where() -> str:
    """``file:line: `` of the line of the user's that led here; empty where there is none."""
    frame = _innermost_user_frame()
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}: " if frame else ""


def calling_script() -> Path | None:
    """The script that is being run, if it is what led here; ``None`` in a session or a module."""
    frame = _innermost_user_frame()
    if frame is None or frame.f_globals.get("__name__") != "__main__":
        return None
    return Path(frame.f_code.co_filename).resolve()
