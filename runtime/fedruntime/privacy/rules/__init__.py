"""The rules of a policy, one file each; a rule is in force by being in this folder."""

from __future__ import annotations

import importlib
import pkgutil

from fedruntime.privacy.rules.rule import Outgoing, Rule, Today

__all__ = ["RULES", "Outgoing", "Rule", "Today"]


def _found() -> tuple[type[Rule], ...]:
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = []
    for name in modules:
        module = importlib.import_module(f"{__name__}.{name}")
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            # asked first: on Python 3.10 an alias such as tuple[str, ...] passes for a class
            and value.__module__ == module.__name__
            and issubclass(value, Rule)
        ]
    return tuple(rule for rule in found if rule is not Rule)


RULES: tuple[type[Rule], ...] = _found()
