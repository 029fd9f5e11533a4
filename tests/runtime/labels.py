"""Names of test cases: the same in every process, so that tests can be spread over several."""

from __future__ import annotations

import re


def label(value: object) -> str:
    """A value's text without its address, no longer than a line; a set's in order."""
    shown = sorted(value) if isinstance(value, set) else value
    return re.sub(r" at 0x[0-9a-fA-F]+", "", str(shown))[:60]
