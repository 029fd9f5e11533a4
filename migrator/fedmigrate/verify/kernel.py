"""What code in a notebook relies on and a script has not, for notebooks that run without Jupyter.

The notebook's folder is the working directory, ``display`` prints, and magics do nothing.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from pathlib import Path


class Shell:
    """Stands for IPython's shell: whatever is asked of it is not done."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


def display(*objects: object, **options: object) -> None:
    """Print objects, where Jupyter would show them."""
    print(*objects, sep="\n")


def stand_in(folder: Path) -> None:
    """Let a notebook of a folder find what it relies on, in this process."""
    os.chdir(folder)
    setattr(builtins, "display", display)  # noqa: B010  # mypy knows the names of builtins
    setattr(builtins, "get_ipython", Shell)  # noqa: B010
