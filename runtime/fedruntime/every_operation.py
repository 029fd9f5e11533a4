"""Importing all that registers a party operation: for a process that hosts a party and runs no
script, which would import what it uses, and for pages and tests about the whole registry.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import fedruntime

_ENGINES = "fedruntime.engines."  # they register nothing, and want what may not be installed


@cache
def register_every_operation() -> None:
    """Import every module of the runtime but the engines."""
    for module in pkgutil.walk_packages(fedruntime.__path__, "fedruntime."):
        if not module.name.startswith(_ENGINES):
            importlib.import_module(module.name)
