"""Opening a federation on SecretFlow: which of its modes, and whether all it needs is there."""

from __future__ import annotations

import importlib
import os
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from fedruntime.engines.opening import digest_of
from fedruntime.engines.secretflow.certificates import require_valid
from fedruntime.engines.secretflow.settings import SecretFlowSettings, settings_from
from fedruntime.errors import SettingsError
from fedruntime.hosting.greeting import greeting, require_welcome
from fedruntime.hosting.host import host_party
from fedruntime.hosting.party_settings import read_party_settings

if TYPE_CHECKING:
    from fedruntime.engines.engine import Engine
    from fedruntime.settings import Settings


def open_secretflow(settings: Settings, script: Path | None) -> Engine:
    """All simulated parties, or this process's end of a federation of real ones.

    In production, loaders run in the folder of this party's ``party.toml`` from here on.

    Raises
    ------
    SettingsError
        If SecretFlow is not installed here, or a setting does not fit.
    """
    told = settings_from(settings.secretflow, settings.parties)
    if told.mode == "simulation":
        engine: Engine = _imported("simulation").SimulatedSecretFlow(
            settings.parties,
            settings.budget,
            settings.policy,
            settings.min_parties,
            told.spu,
            script,
        )
        return engine
    return _open_production(settings, told, script)


def _open_production(settings: Settings, told: SecretFlowSettings, script: Path | None) -> Engine:
    _require_decided_alike(settings)
    production = _imported("production")
    folder = ((script.parent if script else Path.cwd()) / told.folder).resolve()
    own = read_party_settings(folder)
    if own.name not in settings.parties:
        raise SettingsError(
            f"{folder}: party.toml is of {own.name!r}, and the parties of the federation are "
            f"{', '.join(settings.parties)}"
        )
    if script is not None and script.resolve() != own.script.resolve():
        raise SettingsError(f"{script} runs, and {own.name!r} has reviewed {own.script}")
    if told.tls is not None:
        require_valid(told.tls, folder)
    party = host_party(own)
    os.chdir(own.folder)
    engine: Engine = production.SecretFlowEngine(
        party,
        settings.parties,
        told,
        folder,
        greeting(digest_of(script)),
        partial(require_welcome, own),
        settings.round_timeout,
    )
    return engine


def _require_decided_alike(settings: Settings) -> None:
    """Refuse what each party's run would decide by itself, and perhaps not as the others do."""
    if settings.min_parties not in (None, len(settings.parties)):
        raise SettingsError(
            f"min_parties = {settings.min_parties}: on SecretFlow every party's run would decide "
            "by itself who is missing, so all parties have to take part: leave it out"
        )
    if settings.checkpoint:
        raise SettingsError(
            f"checkpoint = {settings.checkpoint!r}: on SecretFlow the parties' runs may have been "
            "interrupted at different answers, so they begin anew: leave it out"
        )


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"fedruntime.engines.secretflow.{name}")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "fedruntime":
            raise
        python = ".".join(map(str, sys.version_info[:2]))
        raise SettingsError(
            f'engine = "secretflow": {error} in this Python {python}. SecretFlow needs Python '
            f"3.10; docs/secretflow.md has the commands that install what its {name} needs"
        ) from error
