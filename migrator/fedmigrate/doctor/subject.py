"""What is examined: a script with its federation, or folders of parties, as they lie on this
machine. Reading only; what is wrong with it is for the checks to say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fedmigrate.deploy.layout import COORDINATOR
from fedmigrate.doctor.asking import Answer, ask_party
from fedmigrate.doctor.loads import LoadSite, loads_of
from fedmigrate.errors import UsageError
from fedmigrate.federated import FILE_NAME as FEDERATION
from fedmigrate.federated import init_arguments, read_federated
from fedmigrate.source import Source
from fedruntime.errors import SettingsError
from fedruntime.hosting.party_settings import FILE_NAME as PARTY
from fedruntime.hosting.party_settings import PartySettings, read_party_settings
from fedruntime.settings import Settings, resolve_settings

_AT_ONCE = 4  # processes of parties


@dataclass(frozen=True)
class Member:
    """A party whose folder is here.

    Parameters
    ----------
    name : str
        In the federation; of its folder where its settings cannot be read.
    folder : Path
    settings : PartySettings, optional
        None where they cannot be read.
    error : str
        Why.
    """

    name: str
    folder: Path
    settings: PartySettings | None = None
    error: str = ""


@dataclass(frozen=True)
class Subject:
    """What is examined.

    Parameters
    ----------
    script : Path, optional
        The script that will run here, or that the parties have reviewed.
    source : Source, optional
        Its text.
    settings : Settings, optional
        Of the federation; None where they cannot be read, or nobody has written any.
    error : str
        Why they cannot be read.
    members : tuple of Member
        The parties whose folders are here.
    coordinator : Path, optional
        The folder in which the script is run for all parties.
    timeout : float
        Seconds to wait for an address.
    """

    script: Path | None = None
    source: Source | None = None
    settings: Settings | None = None
    error: str = ""
    members: tuple[Member, ...] = ()
    coordinator: Path | None = None
    timeout: float = 3.0

    @property
    def engine(self) -> str:
        """What carries messages; empty where it is not known."""
        if self.settings is not None:
            return self.settings.engine
        with_table = any(member.settings and member.settings.flower for member in self.members)
        return "flower" if with_table else ""

    @property
    def readable(self) -> tuple[tuple[Member, PartySettings], ...]:
        """The parties here whose settings can be read."""
        return tuple((one, one.settings) for one in self.members if one.settings is not None)

    @cached_property
    def loads(self) -> tuple[LoadSite, ...]:
        """The calls of the script that read the parties' tables."""
        if self.source is None:
            return ()
        return tuple(loads_of(self.source.tree))

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        """What the parties here tell of what the script loads; each is started for it once."""
        known = [site for site in self.loads if site.is_known]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = {
                member.name: pool.submit(ask_party, settings, known)
                for member, settings in self.readable
            }
            return {party: answer.result() for party, answer in asked.items()}


def subject_at(path: Path, timeout: float) -> Subject:
    """What there is to examine at a path.

    Raises
    ------
    UsageError
        If it is neither a federated script, nor the folder of a party or of a deployment.
    SourceError
        If a script cannot be read.
    """
    if not path.is_dir():
        return _of_script(path, timeout)
    if (path / PARTY).is_file():
        return _of_parties((_member(path),), None, timeout)
    inside = sorted(entry for entry in path.iterdir() if entry.is_dir())
    members = tuple(_member(entry) for entry in inside if (entry / PARTY).is_file())
    coordinator = path / COORDINATOR
    if members:
        return _of_parties(members, coordinator if coordinator.is_dir() else None, timeout)
    if (path / FEDERATION).is_file():
        scripts = [found for found in sorted(path.glob("*.py")) if _is_federated(found)]
        if len(scripts) == 1:
            return _of_script(scripts[0], timeout)
    raise UsageError(
        f"{path}: holds no {PARTY}, no folders with one, and no {FEDERATION} beside one federated "
        "script: name a federated script, or the folder of a party or of a deployment"
    )


def _of_script(script: Path, timeout: float) -> Subject:
    source = read_federated(script)
    settings, error = _settings(script, source)
    members: list[Member] = []
    if settings is not None and settings.engine == "processes":
        for party, folder in settings.folders.items():
            members.append(_member(script.parent / folder, party))
    elif (script.parent / PARTY).is_file():  # every party runs the script itself
        members.append(_member(script.parent))
    return Subject(script, source, settings, error, tuple(members), script.parent, timeout)


def _of_parties(members: tuple[Member, ...], coordinator: Path | None, timeout: float) -> Subject:
    script = next((one.settings.script for one in members if one.settings is not None), None)
    if script is None or not script.is_file():
        return Subject(members=members, coordinator=coordinator, timeout=timeout)
    source = read_federated(script)
    beside = script if coordinator is None else coordinator / script.name
    settings, error = None, ""
    if (beside.parent / FEDERATION).is_file():
        settings, error = _settings(beside, source)
    return Subject(script, source, settings, error, members, coordinator, timeout)


def _settings(script: Path, source: Source) -> tuple[Settings | None, str]:
    known = {entry for entry in Settings.__dataclass_fields__ if entry != "budget"}
    given = {name: value for name, value in init_arguments(source.tree).items() if name in known}
    try:
        return resolve_settings(given, script.resolve()), ""
    except SettingsError as error:
        return None, str(error)


def _member(folder: Path, name: str = "") -> Member:
    try:
        settings = read_party_settings(folder)
    except SettingsError as error:
        return Member(name or folder.resolve().name, folder, None, str(error))
    return Member(name or settings.name, folder, settings)


def _is_federated(path: Path) -> bool:
    return b"fedruntime" in path.read_bytes()


def shown(path: Path) -> str:
    """A path as people are told it: relative to where they are, if it lies there."""
    resolved, here = path.resolve(), Path.cwd()
    return os.path.relpath(resolved, here) if resolved.is_relative_to(here) else str(resolved)
