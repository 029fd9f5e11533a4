"""The checks, one file each. A check is found by being in this folder: a module with the docstring
that says what it is about, and ``check(subject)``, which gives findings.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module

from fedmigrate.doctor.finding import Finding
from fedmigrate.doctor.subject import Subject

Check = Callable[[Subject], Iterator[Finding]]


def checks() -> dict[str, Check]:
    """All checks by name, in the order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").check for name in names}
