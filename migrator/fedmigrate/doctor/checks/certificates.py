"""Whether the certificates of TLS can be read, are valid now, hang together, and belong to their
keys and addresses; and whether private keys are their owners' alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fedmigrate.doctor.addresses import addresses_of
from fedmigrate.doctor.finding import Finding, note, problem
from fedmigrate.doctor.pem import examine, is_key_pair
from fedmigrate.doctor.subject import Member, Subject, shown
from fedruntime.engines.flower.settings import flower_settings
from fedruntime.engines.secretflow.settings import settings_from
from fedruntime.errors import SettingsError
from fedruntime.hosting.party_settings import PartySettings


def check(subject: Subject) -> Iterator[Finding]:
    for member, settings in subject.readable:
        if settings.flower:
            yield from _at_node(settings)
        elif subject.engine == "secretflow":
            yield from _at_secretflow(subject, member)
    if subject.coordinator is not None and subject.engine == "flower":
        yield from _at_coordinator(subject, subject.coordinator)


def _at_secretflow(subject: Subject, member: Member) -> Iterator[Finding]:
    settings = subject.settings
    assert settings is not None  # it names the engine
    try:
        told = settings_from(settings.secretflow, settings.parties)
    except SettingsError:
        return  # the settings' check says so
    if told.tls is None:
        if told.plaintext:
            yield note(member.name, "messages travel without TLS: plaintext = true")
        return
    host = told.addresses.get(member.name, "").rpartition(":")[0]
    ca, certificate, key = (
        member.folder / path for path in (told.tls.ca, told.tls.certificate, told.tls.key)
    )
    yield from examine(ca, certificate, key, host)


def _at_node(settings: PartySettings) -> Iterator[Finding]:
    where = shown(settings.folder)
    try:
        told = flower_settings(settings.flower, settings.folder)
    except SettingsError as error:
        yield problem(where, str(error), "mend its party.toml: docs/flower.md")
        return
    if told.ca is None:
        yield note(where, "messages travel without TLS: plaintext = true")
    else:
        yield from examine(told.ca)
    if told.key is not None:
        yield from examine(None, None, told.key)


def _at_coordinator(subject: Subject, folder: Path) -> Iterator[Finding]:
    ca, certificate, key = (folder / name for name in ("ca.crt", "server.crt", "server.key"))
    if certificate.is_file() or key.is_file():
        reached = [one.host for one in addresses_of(subject) if one.ca is not None]
        yield from examine(ca, certificate, key, reached[0] if reached else "")
    else:
        yield note(
            shown(folder), "has no server.crt: its certificate lies elsewhere, or is to come"
        )
    parties = () if subject.settings is None else subject.settings.parties
    for party in parties:
        path = folder / "nodes" / f"{party}.pub"
        if not path.is_file():
            yield problem(
                shown(path),
                f"is not there: the SuperLink will not let {party} in",
                f"put the public key of {party}'s node there, as it has sent it",
            )
    for member, settings in subject.readable:
        path = folder / "nodes" / f"{member.name}.pub"
        if path.is_file():
            yield from _known_node(settings, path)


def _known_node(settings: PartySettings, path: Path) -> Iterator[Finding]:
    """Whether the SuperLink knows a node by the key that it has."""
    try:
        own = flower_settings(settings.flower, settings.folder).key
    except SettingsError:
        return  # said above
    if own is not None and not is_key_pair(own, path):
        yield problem(
            shown(path),
            f"is not the public key of {shown(own)}",
            f"put the public key of {settings.name}'s node there, as it has sent it",
        )
