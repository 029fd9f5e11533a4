"""Opening the script's federation, by ``init`` or by naming a first device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy
import pandas
import scipy
import sklearn

import fedruntime
from fedruntime.caller import calling_file, calling_script
from fedruntime.checkpoint import Journal
from fedruntime.current import opened_by_device, opened_elsewhere, use
from fedruntime.engines.opening import open_engine
from fedruntime.events import events_of_process
from fedruntime.federation import Federation
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.ledger import Head, Ledger
from fedruntime.privacy.policy import ENFORCE
from fedruntime.settings import Settings, resolve_settings


def init(
    parties: Sequence[str] | None = None,
    *,
    split: str | None = None,
    split_seed: int | None = None,
    label: str | None = None,
    engine: str | None = None,
    ledger: str | None = None,
    budget: PrivacyBudget | None = None,
    policy: str | None = None,
    min_parties: int | None = None,
    round_timeout: float | None = None,
    checkpoint: str | None = None,
    partition: str | None = None,
    label_party: str | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
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
    events_of_process()  # from here on it is told what ends the script
    file, script = calling_file(), calling_script()
    settings = resolve_settings(
        {
            "parties": parties,
            "split": split,
            "split_seed": split_seed,
            "label": label,
            "engine": engine,
            "ledger": ledger,
            "budget": budget,
            "policy": policy,
            "min_parties": min_parties,
            "round_timeout": round_timeout,
            "checkpoint": checkpoint,
            "partition": partition,
            "label_party": label_party,
            "columns": columns,
        },
        script,
    )
    running = opened_elsewhere(file)
    if isinstance(running, Federation) and running.settings == settings:
        return running
    use(None)  # before the next one takes its files
    federation = _federation(settings, script)
    use(federation, opener=file)
    return federation


@opened_by_device
def _open_by_device(party: str) -> Federation:
    script = calling_script()
    settings = resolve_settings({"parties": [party]}, script)
    return _federation(settings, script)


def _federation(settings: Settings, script: Path | None) -> Federation:
    engine = open_engine(settings, script)
    journal = _journal(settings, script)
    federation = Federation(
        settings,
        engine,
        ledger=Ledger(_ledger_path(settings, script), _head(settings, script, engine.simulated)),
        account_path=_account_path(settings, script),
        journal=journal,
    )
    federation.events.tell(
        "start",
        parties=list(settings.parties),
        engine=settings.engine,
        simulated=engine.simulated,
        script=script.name if script else "",
        min_parties=federation.min_parties,
        round_timeout=settings.round_timeout,
        checkpoint=None if journal is None else str(journal.path),
        kept=0 if journal is None else journal.kept,
    )
    return federation


def _journal(settings: Settings, script: Path | None) -> Journal | None:
    if not settings.checkpoint:
        return None
    folder = script.parent if script else Path.cwd()
    about = {
        "versions": [module.__version__ for module in (fedruntime, numpy, pandas, scipy, sklearn)],
        "script": _content(script).decode(errors="replace"),
        "settings": repr(replace(settings, checkpoint=None, ledger=None)),
    }
    return Journal(folder / settings.checkpoint, about)


def _account_path(settings: Settings, script: Path | None) -> Path | None:
    """Where the privacy budget's payments are: one file for all scripts of a folder."""
    if settings.budget is None or script is None:
        return None
    return script.parent / ".fedmigrate" / f"{settings.budget.account}.budget.jsonl"


def _head(settings: Settings, script: Path | None, simulated: bool) -> Head:
    """What the ledger says of the run."""
    budget, content = settings.budget, _content(script)
    enforced = settings.policy.mode == ENFORCE
    return Head(
        parties=settings.parties,
        mode="simulated" if simulated else "real",
        script=script.name if script else "",
        script_sha256=sha256(content).hexdigest() if content else "",
        settings=sha256(repr(settings).encode()).hexdigest(),
        policy=("enforced" if enforced else "reported") if simulated else "",
        min_parties=len(settings.parties) if settings.min_parties is None else settings.min_parties,
        budget=None
        if budget is None
        else {"epsilon": budget.epsilon, "delta": budget.delta, "mu": budget.mu},
    )


def _content(script: Path | None) -> bytes:
    """Of a script; empty where it, or the notebook, has not been written to a file."""
    return script.read_bytes() if script is not None and script.is_file() else b""


def _ledger_path(settings: Settings, script: Path | None) -> Path | None:
    if settings.ledger is not None:
        folder = script.parent if script else Path.cwd()
        return folder / settings.ledger if settings.ledger else None
    return script.parent / ".fedmigrate" / f"{script.stem}.ledger.jsonl" if script else None
