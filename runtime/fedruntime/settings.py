"""The federation's settings: from ``init``'s arguments, then ``federation.toml`` beside the script,
then the file that ``FEDMIGRATE_FEDERATION`` names, then the variables of a single run; later ones
win. Reading and checking, no more.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from fedruntime.aggregation.identities import identities_from
from fedruntime.aggregation.words import MAX_PARTIES
from fedruntime.errors import SettingsError
from fedruntime.privacy.budget import PrivacyBudget, budget_from
from fedruntime.privacy.policy import Policies
from fedruntime.privacy.policy_file import policies_from

FILE_NAME = "federation.toml"
VARIABLE = "FEDMIGRATE_FEDERATION"
LEDGER_VARIABLE = "FEDMIGRATE_LEDGER"  # where one run's ledger goes, whatever the settings say
ENGINE_VARIABLE = "FEDMIGRATE_ENGINE"  # what carries one run's messages, whatever they say
CHECKPOINT_VARIABLE = "FEDMIGRATE_CHECKPOINT"  # one run's checkpoint, if they name none
SPLITS = ("contiguous", "iid", "label_skew")
PARTITIONS = ("horizontal", "vertical")
ENGINES = ("local", "processes", "flower", "secretflow")
_PARTY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Settings:
    """What a federation is made from.

    Parameters
    ----------
    parties : tuple of str
        Names of the organisations, in the order in which their rows are pooled.
    engine : {"local", "processes", "flower", "secretflow"}
        What carries messages.
    split : {"contiguous", "iid", "label_skew"}
        How a simulation deals a pooled table to the parties.
    split_seed : int
        Seed of the ``iid`` split.
    label : str, optional
        The column that ``label_skew`` sorts by, where the loader does not tell.
    ledger : str, optional
        Where the ledger is written, relative to the script; empty for nowhere. By default
        ``.fedmigrate/SCRIPT.ledger.jsonl`` beside the script.
    budget : PrivacyBudget, optional
        What all results together may tell of any one row; a table ``[budget]`` in a file.
    policy : Policies
        What simulated parties let out, and whether that is enforced or only reported:
        ``"report"``, ``"enforce"``, or tables ``[policy]`` and ``[policy.NAME]`` in a file.
        Real parties have policies of their own.
    min_parties : int, optional
        How many parties a result is worth having of, from 2 on; by default all. A floor, not a
        sample: all that answer take part.
    round_timeout : float, optional
        How many seconds a party has for an answer; by default any number. One that takes longer
        counts as missing, and takes part again once it can be reached.
    checkpoint : str, optional
        Where training is kept to go on with after the coordinator was interrupted, relative to
        the script. By default nowhere.
    identities : mapping of str to bytes
        The public identities by which real parties know each other; a table ``[identities]`` of
        base64 in a file. Simulated parties make their own.
    folders : mapping of str to str
        Where each party's ``party.toml`` lies, relative to the script, for the engine
        ``"processes"``.
    partition : {"horizontal", "vertical"}
        Whether parties have the same columns of other rows, or other columns of the same rows.
    label_party : str, optional
        Of a vertical federation: the party that has the label, and what no other party is said to
        have.
    columns : mapping of str to sequence of str
        Of a vertical federation: how a simulation deals the columns of a pooled table, by party.
    secretflow : mapping
        The table of that name, for the engine of that name; see
        ``engines.secretflow.settings.SecretFlowSettings``.
    """

    parties: tuple[str, ...] = ("alice", "bob")
    engine: str = "local"
    split: str = "contiguous"
    split_seed: int = 0
    label: str | None = None
    ledger: str | None = None
    budget: PrivacyBudget | None = None
    policy: Policies = field(default_factory=Policies)
    min_parties: int | None = None
    round_timeout: float | None = None
    checkpoint: str | None = None
    identities: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    folders: Mapping[str, str] = dataclasses.field(default_factory=dict)
    partition: str = "horizontal"
    label_party: str | None = None
    columns: Mapping[str, tuple[Any, ...]] = dataclasses.field(default_factory=dict)
    secretflow: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def resolve_settings(arguments: Mapping[str, Any], script: Path | None) -> Settings:
    """Merge ``init``'s arguments with the settings files.

    Parameters
    ----------
    arguments : mapping
        What ``init`` was given; ``None`` values count as not given.
    script : Path, optional
        The running script; ``federation.toml`` is looked for in its folder.

    Raises
    ------
    SettingsError
        For an unknown option or a value that does not fit; names file and option.
    """
    given = {k: v for k, v in arguments.items() if v is not None}
    layers = [("init()", given), *((str(path), _read(path)) for path in _files(script))]
    if engine := os.environ.get(ENGINE_VARIABLE):
        layers.append((ENGINE_VARIABLE, {"engine": engine}))
    merged: dict[str, Any] = {}
    policies = []
    for origin, options in layers:
        checked = _checked(options, origin)
        if "policy" in checked:
            policies.append((origin, checked.pop("policy")))
        merged.update(checked)
    merged["policy"] = policies_from(policies, merged.get("parties", Settings.parties))
    if ledger := os.environ.get(LEDGER_VARIABLE):
        merged["ledger"] = ledger
    if merged.get("engine") != "secretflow" and (kept := os.environ.get(CHECKPOINT_VARIABLE)):
        merged.setdefault("checkpoint", kept)  # SecretFlow's parties could not go on together
    settings = Settings(**merged)
    _check_floor(settings)
    _check_partition(settings)
    return settings


def _check_floor(settings: Settings) -> None:
    parties, floor = len(settings.parties), settings.min_parties
    least = min(2, parties)  # a sum over one party of several is that party's own
    if floor is not None and not least <= floor <= parties:
        raise SettingsError(
            f"min_parties = {floor} does not fit {parties} parties: it is a number from {least} "
            f"to {parties}, or left out for all"
        )


def _check_partition(settings: Settings) -> None:
    parties, vertical = settings.parties, settings.partition == "vertical"
    if not vertical and (settings.label_party is not None or settings.columns):
        raise SettingsError(
            'label_party and columns are of vertical federations: set partition = "vertical", or '
            "leave them out"
        )
    if not vertical:
        return
    if len(parties) < 2:
        raise SettingsError("a vertical federation has two parties or more")
    if settings.min_parties not in (None, len(parties)):
        raise SettingsError(
            f"min_parties = {settings.min_parties} does not fit a vertical federation: nobody else "
            "has the columns of a party that is missing"
        )
    if settings.label_party is None:
        raise SettingsError(
            f"a vertical federation needs label_party, one of {', '.join(parties)}: the party "
            "that has the label"
        )
    owner: dict[Any, str] = {}
    for party in (settings.label_party, *settings.columns):
        if party not in parties:
            raise SettingsError(f"{party!r} has columns and is none of {', '.join(parties)}")
    for party, columns in settings.columns.items():
        for column in columns:
            if column in owner:
                raise SettingsError(
                    f"column {column!r} is said to lie at {owner[column]} and at {party}: name it "
                    "once under columns"
                )
            owner[column] = party


def _files(script: Path | None) -> list[Path]:
    files = []
    if script is not None and (script.parent / FILE_NAME).is_file():
        files.append(script.parent / FILE_NAME)
    if named := os.environ.get(VARIABLE):
        files.append(Path(named))
    return files


def _read(path: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from error
    return loaded


def _checked(options: Mapping[str, Any], origin: str) -> dict[str, Any]:
    known = {field.name for field in dataclasses.fields(Settings)}
    for option in options:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = (
                f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known))}"
            )
            raise SettingsError(f"{origin}: unknown option {option!r}{hint}")
    checked = dict(options)
    if "parties" in checked:
        checked["parties"] = _party_names(checked["parties"], origin)
    if "budget" in checked:
        checked["budget"] = budget_from(checked["budget"], origin)
    if "identities" in checked:
        checked["identities"] = identities_from(checked["identities"], origin)
    for option, allowed in (("split", SPLITS), ("engine", ENGINES), ("partition", PARTITIONS)):
        if checked.get(option, allowed[0]) not in allowed:
            raise SettingsError(
                f"{origin}: {option} = {checked[option]!r} is not one of {', '.join(allowed)}"
            )
    kinds = (
        ("split_seed", int),
        ("label", str),
        ("ledger", str),
        ("min_parties", int),
        ("checkpoint", str),
        ("label_party", str),
    )
    for option, kind in kinds:
        if option in checked and (
            not isinstance(checked[option], kind) or isinstance(checked[option], bool)
        ):
            raise SettingsError(
                f"{origin}: {option} = {checked[option]!r} is not of type {kind.__name__}"
            )
    for option in ("folders", "secretflow", "columns"):
        if not isinstance(checked.get(option, {}), Mapping):
            raise SettingsError(f"{origin}: {option} = {checked[option]!r} is not a table")
    for party, folder in checked.get("folders", {}).items():
        if not isinstance(folder, str):
            raise SettingsError(f"{origin}: folders.{party} = {folder!r} is not a path")
    for party, columns in checked.get("columns", {}).items():
        if isinstance(columns, str) or not isinstance(columns, Sequence):
            raise SettingsError(f"{origin}: columns.{party} = {columns!r} is not a list of columns")
    if "columns" in checked:
        checked["columns"] = {party: tuple(own) for party, own in checked["columns"].items()}
    if "round_timeout" in checked:
        checked["round_timeout"] = _seconds(checked["round_timeout"], origin)
    return checked


def _seconds(given: Any, origin: str) -> float:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not 0 < given < float("inf"):
        raise SettingsError(
            f"{origin}: round_timeout = {given!r} is not a number of seconds above 0; "
            "leave it out to wait without end"
        )
    return float(given)


def _party_names(names: Any, origin: str) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        raise SettingsError(f"{origin}: parties must be a list of names, not {names!r}")
    for name in names:
        if not isinstance(name, str) or not _PARTY_NAME.fullmatch(name):
            raise SettingsError(
                f"{origin}: {name!r} is no party name: a letter, then letters, digits, - and _"
            )
    if len(set(names)) != len(names):
        raise SettingsError(f"{origin}: a party is named twice in {list(names)}")
    if len(names) > MAX_PARTIES:
        raise SettingsError(f"{origin}: {len(names)} parties are more than {MAX_PARTIES}")
    return tuple(names)
