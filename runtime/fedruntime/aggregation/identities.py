"""Whom a party believes to be whom: the public identities that ``[identities]`` of the settings
names, and the party's own, in a file that only its own environment names.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fedruntime.crypto.identity import IDENTITY_BYTES, Identity
from fedruntime.errors import SettingsError

VARIABLE = "FEDMIGRATE_IDENTITY"


def identities_from(table: Any, origin: str) -> dict[str, bytes]:
    """The public identities in a table of the settings.

    Parameters
    ----------
    table : value
        ``party = "public identity in base64"`` for each party.
    origin : str
        Where it stands, for errors.

    Raises
    ------
    SettingsError
        If an entry is no Ed25519 public key in base64, or two parties have the same.
    """
    if not isinstance(table, Mapping):
        raise SettingsError(f"{origin}: identities must be a table of party = key, not {table!r}")
    identities: dict[str, bytes] = {}
    for party, encoded in table.items():
        public = _decoded(encoded)
        if public is None:
            raise SettingsError(
                f"{origin}: the identity of {party!r} is not {IDENTITY_BYTES} bytes in base64: "
                "take what `python -m fedruntime.identity` has printed for that party"
            )
        if public in identities.values():
            raise SettingsError(f"{origin}: {party!r} has the same identity as another party")
        identities[party] = public
    return identities


def own_identity(party: str, identities: Mapping[str, bytes]) -> Identity:
    """The identity in the file that this party's environment names.

    Parameters
    ----------
    party : str
    identities : mapping of str to bytes
        The public identities of all.

    Raises
    ------
    SettingsError
        If no file is named, it holds no identity, or another one than others know the party by.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        raise SettingsError(
            f"party {party!r} has no identity to sign its keys with: make one with `python -m "
            f"fedruntime.identity {party}.key` and name the file in {VARIABLE}"
        )
    identity = Identity.load(Path(named))
    if identities.get(party) != identity.public:
        raise SettingsError(
            f"the identity in {named} is not the one that [identities] in federation.toml has for "
            f"{party!r}"
        )
    return identity


def _decoded(encoded: Any) -> bytes | None:
    if not isinstance(encoded, str):
        return None
    try:
        public = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    return public if len(public) == IDENTITY_BYTES else None
