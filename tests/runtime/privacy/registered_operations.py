"""All operations of the runtime, for tests that go over the registry."""

from __future__ import annotations

from fedruntime.every_operation import register_every_operation
from fedruntime.operations import Operation, registered


def runtime_operations() -> dict[str, Operation]:
    """By name, without those that other tests have registered."""
    register_every_operation()
    return {
        known.name: known
        for known in registered()
        if known.function.__module__.startswith("fedruntime")
    }
