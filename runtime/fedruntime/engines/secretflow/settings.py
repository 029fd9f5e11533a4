"""The table ``[secretflow]`` of ``federation.toml``: where parties are and how they talk. Reading
and checking, no more.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from fedruntime.errors import SettingsError

MODES = ("simulation", "production")
PROTOCOLS = ("SEMI2K", "ABY3", "CHEETAH")


@dataclass(frozen=True)
class Tls:
    """The files of mutual TLS at one party, in PEM.

    Parameters
    ----------
    ca : Path
        Certificate of the authority that has signed everyone's.
    certificate, key : Path
        The party's own.
    """

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Spu:
    """SecretFlow's secret-sharing device over all parties.

    Parameters
    ----------
    protocol : {"SEMI2K", "ABY3", "CHEETAH"}
        ABY3 is for three parties, CHEETAH for two, SEMI2K for two and more.
    addresses : mapping of str to str
        ``HOST:PORT`` of each party's node; another port than the party's own. Production only.
    """

    protocol: str = PROTOCOLS[0]
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SecretFlowSettings:
    """How a federation runs on SecretFlow.

    Parameters
    ----------
    mode : {"simulation", "production"}
        All parties in one script's run on one machine, or every party running the script itself.
    addresses : mapping of str to str
        ``HOST:PORT`` under which each party is reached. Production only.
    listen : mapping of str to str
        Where a party listens, if not at its address.
    folder : Path
        The folder of this party's ``party.toml``, relative to the script.
    tls : Tls, optional
        Relative to that folder.
    plaintext : bool
        Says that messages may travel without TLS.
    spu : Spu, optional
        For ``SPUAggregator``.
    """

    mode: str = "simulation"
    addresses: Mapping[str, str] = field(default_factory=dict)
    listen: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    tls: Tls | None = None
    plaintext: bool = False
    spu: Spu | None = None


def settings_from(table: Any, parties: Sequence[str]) -> SecretFlowSettings:
    """Check the table ``[secretflow]``.

    Parameters
    ----------
    table : mapping
        As TOML gives it.
    parties : sequence of str
        The federation's.

    Raises
    ------
    SettingsError
        For an unknown option or a value that does not fit.
    """
    if not isinstance(table, Mapping):
        raise SettingsError(f"[secretflow] is a table, not {table!r}")
    _require_known(table, [entry.name for entry in fields(SecretFlowSettings)], "[secretflow]")
    mode = table.get("mode", MODES[0])
    if mode not in MODES:
        raise SettingsError(f"[secretflow] mode = {mode!r} is not one of {', '.join(MODES)}")
    plaintext = table.get("plaintext", False)
    if not isinstance(plaintext, bool):
        raise SettingsError(f"[secretflow] plaintext = {plaintext!r} is neither true nor false")
    settings = SecretFlowSettings(
        mode,
        _addresses(table, "addresses", parties),
        _addresses(table, "listen", parties),
        Path(_text(table, "folder", ".", "[secretflow]")),
        _tls(table["tls"]) if "tls" in table else None,
        plaintext,
        _spu(table["spu"], parties) if "spu" in table else None,
    )
    if mode == "production":
        _require_reachable(settings, parties)
    return settings


def _require_reachable(settings: SecretFlowSettings, parties: Sequence[str]) -> None:
    _require_all(settings.addresses, parties, "[secretflow.addresses]")
    if settings.spu is not None:
        _require_all(settings.spu.addresses, parties, "[secretflow.spu.addresses]")
    if settings.tls is None and not settings.plaintext:
        raise SettingsError(
            "messages would travel in plaintext, which is SecretFlow's default: name ca, "
            "certificate and key in [secretflow.tls], or allow it with plaintext = true"
        )
    if settings.tls is not None and settings.plaintext:
        raise SettingsError("[secretflow] has both a table tls and plaintext = true: choose one")


def _require_all(addresses: Mapping[str, str], parties: Sequence[str], where: str) -> None:
    missing = [party for party in parties if party not in addresses]
    if missing:
        raise SettingsError(
            f"{where} does not say where {', '.join(missing)} can be reached: "
            f'{missing[0]} = "HOST:PORT"'
        )


def _addresses(
    table: Mapping[str, Any], name: str, parties: Sequence[str], above: str = "secretflow"
) -> dict[str, str]:
    given, where = table.get(name, {}), f"[{above}.{name}]"
    if not isinstance(given, Mapping):
        raise SettingsError(f'{where} is a table of PARTY = "HOST:PORT", not {given!r}')
    _require_known(given, parties, where)
    for party, address in given.items():
        host, colon, port = address.rpartition(":") if isinstance(address, str) else ("", "", "")
        if not host or not colon or not port.isdecimal() or not 0 < int(port) < 65536:
            raise SettingsError(f'{where} {party} = {address!r} is not of the form "HOST:PORT"')
    return {party: given[party] for party in parties if party in given}


def _tls(given: Any) -> Tls:
    where = "[secretflow.tls]"
    if not isinstance(given, Mapping):
        raise SettingsError(f"{where} is a table of ca, certificate and key, not {given!r}")
    names = [entry.name for entry in fields(Tls)]
    _require_known(given, names, where)
    for name in names:
        if name not in given:
            raise SettingsError(f"{where} lacks {name}: it needs {', '.join(names)}")
    return Tls(**{name: Path(_text(given, name, "", where)) for name in names})


def _spu(given: Any, parties: Sequence[str]) -> Spu:
    where = "[secretflow.spu]"
    if not isinstance(given, Mapping):
        raise SettingsError(f"{where} is a table of protocol and addresses, not {given!r}")
    _require_known(given, [entry.name for entry in fields(Spu)], where)
    protocol = given.get("protocol", PROTOCOLS[0])
    if protocol not in PROTOCOLS:
        raise SettingsError(f"{where} protocol = {protocol!r} is not one of {', '.join(PROTOCOLS)}")
    needed = {"ABY3": 3, "CHEETAH": 2}.get(protocol, len(parties))
    if len(parties) != needed:
        raise SettingsError(
            f"{where}: {protocol} is for {needed} parties, and there are {len(parties)}"
        )
    return Spu(protocol, _addresses(given, "addresses", parties, "secretflow.spu"))


def _text(table: Mapping[str, Any], name: str, default: str, where: str) -> str:
    given = table.get(name, default)
    if not isinstance(given, str):
        raise SettingsError(f"{where} {name} = {given!r} is not of type str")
    return given


def _require_known(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for option in table:
        if option not in known:
            near = difflib.get_close_matches(str(option), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
            raise SettingsError(f"{where}: unknown option {option!r}; {hint}")
