"""What happens between a script's last statement and the end of its process."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("", 0),
        ("raise ValueError('here')", 1),
        ("sys.exit()", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('here')", 1),
    ],
)
def test_leave_is_taken_although_a_thread_waits_without_end(ending: str, code: int) -> None:
    script = f"""
    import atexit, sys, threading
    from fedruntime.engines.secretflow.end_of_script import (
        at_end_of_script, end_process, exit_code
    )
    threading.Thread(target=threading.Event().wait).start()
    atexit.register(print, "cleaned up")

    def leave():
        print("left in", threading.current_thread().name)
        end_process(exit_code())

    at_end_of_script(leave)
    print("kept")
    {ending}
    """
    ended = subprocess.run(
        [sys.executable, "-c", dedent(script)], capture_output=True, text=True, timeout=600
    )
    assert ended.stdout == "kept\nleft in MainThread\ncleaned up\n"
    assert ended.returncode == code
    assert ("here" in ended.stderr) == ("here" in ending)
