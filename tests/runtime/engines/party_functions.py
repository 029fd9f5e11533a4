"""What the suite lets parties do. A copy lies beside each real party's reviewed script, where
``device.run`` finds its functions by their names.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np


def offer_operations() -> np.ndarray:
    """Register operations that only the suite needs; what is reviewed may do that at a party."""
    from fedruntime.operations import party_op, registered

    if "conformance.echo" not in {known.name for known in registered()}:
        party_op("conformance.echo", reveals="what it was given")(echo)
        party_op("conformance.process", reveals="the number of the party's process")(process)
    return np.zeros(1)


def echo(value):
    return {"value": value}


def process():
    return {"number": os.getpid()}


def wait_for(path: str) -> np.ndarray:
    """Compute as long as there is no such file."""
    while not Path(path).exists():
        time.sleep(0.01)
    return np.zeros(1)


def note(path: str, line: str) -> np.ndarray:
    """Leave a trace of having been called."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return np.zeros(1)


def fail(secret: str) -> None:
    raise LookupError(f"there is no patient {secret}")


def end() -> None:
    sys.exit("this loader has seen enough")


def vanish() -> None:
    """As a process does for which there is no memory."""
    os._exit(9)


def leave_worker_behind(path: str) -> np.ndarray:
    """Fork a process that outlives this one, as a pool's workers may."""
    if os.fork() == 0:
        wait_for(path)
        os._exit(0)
    return np.zeros(1)


def shout(size: int) -> np.ndarray:
    """Print more than any pipe takes, by Python and past it."""
    text = "x" * size
    for stream in (sys.stdout, sys.stderr):
        print(text, file=stream, flush=True)
    os.write(1, text.encode())
    os.write(2, text.encode())
    return np.zeros(1)


def read_input() -> np.ndarray:
    """Read what is there to be read by a loader: nothing."""
    assert os.read(0, 1) == b""
    return np.zeros(1)


def keep_rows(path: str, rows: int) -> np.ndarray:
    """Let a table lose its last rows."""
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    Path(f"{path}.whole").write_text("".join(lines), encoding="utf-8")
    Path(path).write_text("".join(lines[: rows + 1]), encoding="utf-8")
    return np.zeros(1)


def restore(path: str) -> np.ndarray:
    Path(f"{path}.whole").replace(path)
    return np.zeros(1)


def import_by_name(name: str) -> np.ndarray:
    __import__(name)
    return np.zeros(1)
