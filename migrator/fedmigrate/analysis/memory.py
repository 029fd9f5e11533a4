"""Working without the collector of reference cycles.

A syntax tree and the values of its expressions live until the script is decided. The collector
would walk all of them again and again, which makes long scripts cost more than their length.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Pause the collector, where it runs."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
