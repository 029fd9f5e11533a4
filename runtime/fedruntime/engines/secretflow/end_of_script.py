"""The moment between a script's last statement and the end of its process. SecretFlow's threads
would keep the process alive there, and its links crash it now and then when they are taken down
while a peer has gone, so whoever opened them takes leave at that moment and ends the process.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

_exit = sys.exit
_asked: list[int] = []


def at_end_of_script(leave: Callable[[], None]) -> None:
    """Call a function in the main thread when it has ended, before other threads are waited for.

    ``atexit`` is too late: its turn comes when these threads have ended.
    """
    sys.exit = _noting_exit
    threading._register_atexit(leave)  # type: ignore[attr-defined]  # as concurrent.futures does


def exit_code() -> int:
    """What the script asks its process to end with: 1 after an exception that nobody caught."""
    if _asked:
        return _asked[-1]
    return int(getattr(sys, "last_type", None) is not None)


def end_process(code: int) -> NoReturn:
    """End the process without waiting for any thread, after what ``atexit`` has to do."""
    atexit._run_exitfuncs()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _noting_exit(status: Any = None, /) -> NoReturn:
    """``sys.exit``, of whose argument the interpreter tells nobody."""
    _asked.append(0 if status is None else status if isinstance(status, int) else 1)
    _exit(status)
