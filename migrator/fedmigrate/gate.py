"""Whether a file can hold anything to convert, decided by bytes before anything else is imported.

A commit hook runs on every commit, and most commits touch no training script.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

# In a notebook a line begins behind a quote, or behind the escape of the newline before it.
_IMPORTED = re.compile(rb'(?:^|"|\\n)[ \t]*(?:from|import)[ \t]+(\.|\w+)', re.MULTILINE)
_FITS = re.compile(rb"fit|cross_val|learning_curve|validation_curve|permutation_test_score")


def worth_parsing(data: bytes) -> bool:
    """Whether a script may hold something to convert.

    Never false for a file that has a site; true for a few that have none.
    """
    return b"sklearn" in data and _FITS.search(data) is not None


def holds_no_training_script(paths: Iterable[str]) -> bool:
    """Whether none of some files can hold something to convert.

    A folder, and a file that cannot be read, are left to be looked at properly.
    """
    return all(os.path.isfile(path) and not _may_train(path) for path in paths)


def _may_train(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return True
    return worth_parsing(data) or _imports_a_neighbour(os.path.dirname(path), data)


def _imports_a_neighbour(folder: str, data: bytes) -> bool:
    """Whether a script imports a file that may do for it what it does not do itself."""
    names = {match.group(1).decode("utf-8", "replace") for match in _IMPORTED.finditer(data)}
    return any(
        name.startswith(".")
        or os.path.exists(os.path.join(folder, f"{name}.py"))
        or os.path.isdir(os.path.join(folder, name))
        for name in names
    )
