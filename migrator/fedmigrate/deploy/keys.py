"""All keys of a deployment made on one machine, for trying it out: which file each lies in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from fedmigrate.deploy.certificates import identity, new_authority
from fedmigrate.deploy.deployment import Deployment
from fedmigrate.deploy.files import File
from fedmigrate.deploy.layout import Layout

_AUTHORITY = "fedmigrate trial authority"


@dataclass(frozen=True)
class Made:
    """What was made.

    Parameters
    ----------
    files : tuple of File
        Keys and certificates.
    identities : mapping of str to str
        The public identities in base64, by party.
    until : datetime
        When the certificates end.
    """

    files: tuple[File, ...]
    identities: Mapping[str, str]
    until: datetime


def make_keys(deployment: Deployment, layout: Layout, days: int, now: datetime) -> Made:
    """An authority, what an engine needs of it, and for each party an identity.

    Parameters
    ----------
    days : int
        How long certificates are valid.
    now : datetime
        With a time zone.
    """
    authority = new_authority(_AUTHORITY, days, now)
    own = PurePosixPath("authority")
    files = [
        File(own / "ca.key", authority.files.private, private=True),
        File(own / "ca.crt", authority.files.public),
    ]
    identities = {}
    for party in deployment.parties:
        signing = identity()
        identities[party] = signing.public.decode()
        files.append(File(PurePosixPath(party) / f"{party}.key", signing.private, private=True))
    files += layout.keys(authority, deployment, days, now)
    return Made(tuple(files), identities, now + timedelta(days=days))
