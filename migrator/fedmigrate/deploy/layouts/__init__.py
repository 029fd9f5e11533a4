"""What a deployment consists of, an engine a module: found by being here."""

from __future__ import annotations

import importlib
import pkgutil

from fedmigrate.deploy.layout import Layout


def engines() -> list[str]:
    """Names of the engines that there is a layout for."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def layout_of(engine: str) -> Layout:
    """The layout of an engine: its module's ``LAYOUT``."""
    layout: Layout = importlib.import_module(f"{__name__}.{engine}").LAYOUT
    return layout
