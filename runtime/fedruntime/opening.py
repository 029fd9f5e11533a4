"""Opening the script's federation, by ``init`` or by naming a first device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fedruntime.caller import calling_file, calling_script
from fedruntime.current import opened_by_device, opened_elsewhere, use
from fedruntime.federation import Federation
from fedruntime.settings import Settings, resolve_settings


def init(
    parties: Sequence[str] | None = None,
    *,
    split: str | None = None,
    split_seed: int | None = None,
    label: str | None = None,
    engine: str | None = None,
    ledger: str | None = None,
) -> Federation:
    """Open the script's federation.

    Arguments are overridden by ``federation.toml`` beside the script, and that by the file that
    the environment variable ``FEDMIGRATE_FEDERATION`` names; see ``fedruntime.settings.Settings``
    for their meaning. Opening a federation ends the one before, except that a module of
    the script that opens it with the same settings joins it.

    Raises
    ------
    SettingsError
        For an unknown option or a value that does not fit.
    """
    file, script = calling_file(), calling_script()
    settings = resolve_settings(
        {
            "parties": parties,
            "split": split,
            "split_seed": split_seed,
            "label": label,
            "engine": engine,
            "ledger": ledger,
        },
        script,
    )
    running = opened_elsewhere(file)
    if isinstance(running, Federation) and running.settings == settings:
        return running
    federation = Federation(settings, ledger_path=_ledger_path(settings, script))
    use(federation, opener=file)
    return federation


@opened_by_device
def _open_by_device(party: str) -> Federation:
    script = calling_script()
    settings = resolve_settings({"parties": [party]}, script)
    return Federation(settings, ledger_path=_ledger_path(settings, script))


def _ledger_path(settings: Settings, script: Path | None) -> Path | None:
    if settings.ledger is not None:
        folder = script.parent if script else Path.cwd()
        return folder / settings.ledger if settings.ledger else None
    return script.parent / ".fedmigrate" / f"{script.stem}.ledger.jsonl" if script else None
