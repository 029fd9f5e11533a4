"""Ways to start a script, found by being in this folder; one may be for several engines."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import cast

from fedmigrate.errors import UsageError
from fedmigrate.run.launch.launching import Launcher


def launcher_of(engine: str) -> Launcher:
    """The module that starts scripts for an engine.

    Raises
    ------
    UsageError
        If there is none.
    """
    known: list[str] = []
    for found in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        if engine in (engines := getattr(module, "ENGINES", ())):
            return cast(Launcher, module)
        known += engines
    raise UsageError(f"engine {engine!r} is not one of {', '.join(known)}")
