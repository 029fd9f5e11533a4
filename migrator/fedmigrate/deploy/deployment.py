"""A deployment as a value: who takes part, where each is reached, and what each has reviewed."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path, PurePosixPath

from fedmigrate.configuration import check_parties
from fedmigrate.deploy.bundle import Bundle, collect
from fedmigrate.errors import UsageError
from fedmigrate.generated import read_options

_HOST = re.compile(r"(?!-)[A-Za-z0-9.-]+")
_OTHER_FOLDERS = {"authority", "coordinator"}
_LAST_PORT = 65_535
_IDENTITY_BYTES = 32


@dataclass(frozen=True)
class Deployment:
    """What the folders of all parties are made from.

    Parameters
    ----------
    bundle : Bundle
        The script and its modules.
    parties : tuple of str
        Names, in the order in which rows are pooled.
    addresses : mapping of str to str
        ``HOST:PORT`` of those who are reached by others.
    identities : mapping of str to str
        Public identities in base64, of those that are known.
    """

    bundle: Bundle
    parties: tuple[str, ...]
    addresses: Mapping[str, str]
    identities: Mapping[str, str]

    def host(self, name: str) -> str:
        """Name or address of somebody's machine, without the port."""
        return self.addresses[name].rpartition(":")[0]

    def port(self, name: str) -> int:
        return int(self.addresses[name].rpartition(":")[2])


def plan_deployment(
    script: Path,
    reached_by: Callable[[tuple[str, ...]], tuple[str, ...]],
    parties: str | None,
    addresses: Sequence[str],
    identities: Sequence[str],
) -> Deployment:
    """Check what was typed in against the script.

    Parameters
    ----------
    reached_by : callable
        Who of the parties, or besides them, is reached by others.
    parties : str, optional
        ``alice,bob``; by default those that the script was converted for.
    addresses : sequence of str
        ``NAME=HOST:PORT``, one for each who is reached by others.
    identities : sequence of str
        ``PARTY=BASE64``, of those that are known already.

    Raises
    ------
    UsageError
        If a value does not fit, or an address is missing.
    SourceError
        If the script or a module cannot be read.
    """
    bundle = collect(script)
    names = _parties(script, parties, bundle)
    needed = reached_by(names)
    reached = _pairs("--address", "HOST:PORT", addresses, needed)
    for name, address in reached.items():
        _check_address(name, address)
    if missing := [name for name in needed if name not in reached]:
        options = " ".join(f"--address {name}=HOST:PORT" for name in missing)
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
    return Deployment(bundle, names, {name: reached[name] for name in needed}, known)


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
    if taken := _OTHER_FOLDERS.intersection(names):
        raise UsageError(
            f"{script}: a party named {min(taken)!r} would share the folder of that name: call it "
            "something else"
        )
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
