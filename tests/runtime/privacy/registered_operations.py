"""All operations of the runtime, for tests that go over the registry."""

from __future__ import annotations

import importlib
import pkgutil

import fedruntime
from fedruntime.operations import Operation, registered


def runtime_operations() -> dict[str, Operation]:
    """By name, without those that other tests have registered."""
    for module in pkgutil.walk_packages(fedruntime.__path__, "fedruntime."):
        importlib.import_module(module.name)
    return {
        known.name: known
        for known in registered()
        if known.function.__module__.startswith("fedruntime")
    }
