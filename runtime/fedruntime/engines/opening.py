"""Opening the engine that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from fedruntime.engines.engine import Engine
from fedruntime.engines.local import LocalEngine
from fedruntime.engines.processes import ProcessEngine
from fedruntime.errors import SettingsError
from fedruntime.settings import Settings


def open_engine(settings: Settings, script: Path | None) -> Engine:
    """The engine of a federation.

    Parameters
    ----------
    settings : Settings
    script : Path, optional
        The running script; files of the settings are relative to its folder.

    Raises
    ------
    SettingsError
        If the engine is not installed here, or something that it needs is missing.
    """
    if settings.engine == "processes":
        folders = _folders(settings, script)
        return ProcessEngine(folders, digest_of(script), script and script.parent)
    if settings.engine == "flower":
        from fedruntime.engines.flower.at_hand import open_flower  # needs flwr

        return open_flower(settings, script)
    if settings.engine == "secretflow":
        from fedruntime.engines.secretflow.opening import open_secretflow  # needs SecretFlow

        return open_secretflow(settings, script)
    return LocalEngine(settings.parties, settings.budget, settings.policy, settings.min_parties)


def _folders(settings: Settings, script: Path | None) -> Mapping[str, Path]:
    base = script.parent if script is not None else Path.cwd()
    missing = [party for party in settings.parties if party not in settings.folders]
    if missing:
        raise SettingsError(
            f'engine = "processes" needs a folder of each party under [folders]: there is none of '
            f"{', '.join(missing)}"
        )
    return {party: (base / settings.folders[party]).resolve() for party in settings.parties}


def digest_of(script: Path | None) -> str:
    """SHA-256 of the script in hexadecimal; empty where it has no file."""
    is_file = script is not None and script.is_file()
    return sha256(script.read_bytes()).hexdigest() if script is not None and is_file else ""
