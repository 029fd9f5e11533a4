"""The addresses that a run needs, by engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from fedmigrate.doctor.subject import Subject
from fedruntime.engines.flower.settings import flower_settings
from fedruntime.engines.secretflow.settings import settings_from
from fedruntime.errors import SettingsError


@dataclass(frozen=True)
class Address:
    """Where somebody is reached.

    Parameters
    ----------
    owner : str
        Who is reached there.
    text : str
        ``HOST:PORT``.
    is_own : bool
        Whether we listen there ourselves, during a run.
    listens_always : bool
        Whether somebody should listen there before a run.
    ca : Path, optional
        The certificate of the authority that has to have signed what is shown there.
    """

    owner: str
    text: str
    is_own: bool = False
    listens_always: bool = False
    ca: Path | None = None

    @property
    def host(self) -> str:
        return self.text.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.text.rpartition(":")[2])

    def __str__(self) -> str:
        return self.text


def addresses_of(subject: Subject) -> Iterator[Address]:
    """All addresses that the settings name; none where these are wrong."""
    settings = subject.settings
    if settings is not None and settings.engine == "secretflow":
        try:
            told = settings_from(settings.secretflow, settings.parties)
        except SettingsError:
            return  # the settings' check says so
        here = {member.name for member in subject.members}
        for party, address in told.addresses.items():
            if party in here:
                yield Address(party, told.listen.get(party, address), is_own=True)
            else:
                yield Address(party, address)
    found = {} if subject.coordinator is None else _superlinks(subject.coordinator)
    for _, party_settings in subject.readable:
        if not party_settings.flower:
            continue
        try:
            link = flower_settings(party_settings.flower, party_settings.folder)
        except SettingsError:
            continue  # the certificates' check says so
        found[link.superlink] = Address(
            "the SuperLink", link.superlink, listens_always=True, ca=link.ca
        )
    yield from found.values()


def _superlinks(coordinator: Path) -> dict[str, Address]:
    """Where ``flwr`` looks for the SuperLink, in the coordinator's folder."""
    path = coordinator / "flower" / "config.toml"
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("superlink", {})
    except tomllib.TOMLDecodeError:
        return {}  # Flower says so
    links = [one for one in told.values() if isinstance(one, dict) and "address" in one]
    return {
        one["address"]: Address(
            "the SuperLink",
            one["address"],
            listens_always=True,
            ca=Path(one["root-certificates"]) if "root-certificates" in one else None,
        )
        for one in links
    }
