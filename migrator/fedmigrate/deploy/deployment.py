"""A deployment as a value: who takes part, where each is reached, and what each has reviewed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path, PurePosixPath

from fedmigrate.configuration import check_parties
from fedmigrate.deploy.bundle import Bundle, collect
from fedmigrate.errors import UsageError
from fedmigrate.generated import read_options

_HOST = re.compile(r"(?!-)[A-Za-z0-9.-]+")
_LAST_PORT = 65_535
_IDENTITY_BYTES = 32


@dataclass(frozen=True)
class Deployment:
    """What the folders of all parties are made from.

    Parameters
    ----------
    bundle : Bundle
        The script and its modules.
    addresses : mapping of str to str
        ``HOST:PORT`` of each party, in the order in which rows are pooled.
    identities : mapping of str to str
        Public identities in base64, of those that are known.
    """

    bundle: Bundle
    addresses: Mapping[str, str]
    identities: Mapping[str, str]

    @property
    def parties(self) -> tuple[str, ...]:
        """Names, in the order in which rows are pooled."""
        return tuple(self.addresses)

    def host(self, party: str) -> str:
        """Name or address of a party's machine, without the port."""
        return self.addresses[party].rpartition(":")[0]


def plan_deployment(
    script: Path, parties: str | None, addresses: Sequence[str], identities: Sequence[str]
) -> Deployment:
    """Check what was typed in against the script.

    Parameters
    ----------
    parties : str, optional
        ``alice,bob``; by default those that the script was converted for.
    addresses : sequence of str
        ``PARTY=HOST:PORT``, one a party.
    identities : sequence of str
        ``PARTY=BASE64``, of those that are known already.

    Raises
    ------
    UsageError
        If a value does not fit, or a party has no address.
    SourceError
        If the script or a module cannot be read.
    """
    bundle = collect(script)
    names = _parties(script, parties, bundle)
    reached = _pairs("--address", "HOST:PORT", addresses, names)
    for party, address in reached.items():
        _check_address(party, address)
    if missing := [party for party in names if party not in reached]:
        options = " ".join(f"--address {party}=HOST:PORT" for party in missing)
        raise UsageError(
            f"it is not known where {', '.join(missing)} can be reached by the others: "
            f"add {options}"
        )
    twice = sorted({one for one in reached.values() if list(reached.values()).count(one) > 1})
    if twice:
        raise UsageError(f"--address: two parties have {twice[0]}; each needs a port of its own")
    known = _pairs("--identity", "BASE64", identities, names)
    for party, public in known.items():
        _check_identity(party, public)
    return Deployment(bundle, {party: reached[party] for party in names}, known)


def is_address(host: str) -> bool:
    """Whether a host is given by its IP address and not by a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _parties(script: Path, given: str | None, bundle: Bundle) -> tuple[str, ...]:
    if given is not None:
        names = check_parties((name.strip() for name in given.split(",")), "--parties")
    else:
        options = read_options(bundle.files[PurePosixPath(bundle.script)], str(script))
        if options is None:
            raise UsageError(f"{script}: names no parties in its init(): add --parties A,B,...")
        names = check_parties(options.parties, str(script))
    if len(names) < 2:
        raise UsageError(f"{script}: one party is no federation: name others with --parties")
    return names


def _pairs(option: str, form: str, given: Sequence[str], parties: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        party, _, value = text.partition("=")
        if not value:
            raise UsageError(f"{option} {text}: is not of the form PARTY={form}")
        if party not in parties:
            raise UsageError(f"{option} {text}: {party!r} is not one of {', '.join(parties)}")
        if party in pairs:
            raise UsageError(f"{option}: {party!r} is there twice")
        pairs[party] = value
    return pairs


def _check_address(party: str, address: str) -> None:
    host, _, port = address.rpartition(":")
    if not _HOST.fullmatch(host) or not port.isdecimal() or not 0 < int(port) <= _LAST_PORT:
        raise UsageError(
            f"--address {party}={address}: takes HOST:PORT, such as {party}.example:9000"
        )


def _check_identity(party: str, public: str) -> None:
    try:
        fits = len(base64.b64decode(public, validate=True)) == _IDENTITY_BYTES
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(
            f"--identity {party}={public}: is not {_IDENTITY_BYTES} bytes in base64: take what "
            f"`python -m fedruntime.identity {party}.key` has printed for that party"
        )
