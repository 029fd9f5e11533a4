"""The connection to the SuperLink that a script's federation is opened over. Flower gives it to the
ServerApp, and ``init`` finds it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fedruntime.engines.flower.engine import FlowerEngine
from fedruntime.engines.opening import digest_of
from fedruntime.errors import SettingsError

if TYPE_CHECKING:
    from flwr.serverapp import Grid

    from fedruntime.settings import Settings

_grids: list[Grid] = []


@contextmanager
def at_hand(grid: Grid) -> Iterator[None]:
    """Let federations be opened over a connection, inside a ``with`` block."""
    _grids.append(grid)
    try:
        yield
    finally:
        _grids.remove(grid)


def open_flower(settings: Settings, script: Path | None) -> FlowerEngine:
    """A federation of the parties that are connected to the SuperLink.

    Raises
    ------
    SettingsError
        If Flower does not run this script.
    """
    if not _grids:
        raise SettingsError(
            'engine = "flower": Flower has to run the script, which `fedmigrate run '
            f"{script.name if script else 'SCRIPT'} --engine flower` lets it do"
        )
    return FlowerEngine(_grids[-1], settings.parties, digest_of(script), settings.round_timeout)
