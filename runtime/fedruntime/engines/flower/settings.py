"""The table ``[flower]`` of a party's ``party.toml``: the SuperLink that it comes to. Reading and
checking, no more.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fedruntime.errors import SettingsError


@dataclass(frozen=True)
class FlowerSettings:
    """How a party's node reaches the SuperLink.

    Parameters
    ----------
    superlink : str
        ``HOST:PORT``.
    ca : Path, optional
        Certificate of the authority that has signed the SuperLink's, in PEM.
    key : Path, optional
        The private key by which the SuperLink knows the node: ECDSA on P-384, as ``ssh-keygen``
        writes it.
    plaintext : bool
        Says that messages may travel without TLS.
    """

    superlink: str
    ca: Path | None = None
    key: Path | None = None
    plaintext: bool = False

    @property
    def host(self) -> str:
        return self.superlink.rpartition(":")[0]

    @property
    def port(self) -> int:
        return int(self.superlink.rpartition(":")[2])


def flower_settings(table: Mapping[str, Any], folder: Path) -> FlowerSettings:
    """Check the table ``[flower]``.

    Parameters
    ----------
    table : mapping
        As TOML gives it.
    folder : Path
        That its files are relative to.

    Raises
    ------
    SettingsError
        For an unknown option, a value that does not fit, or a file that is not there.
    """
    known = [entry.name for entry in fields(FlowerSettings)]
    for option in table:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
            raise SettingsError(f"[flower]: unknown option {option!r}; {hint}")
    address, plaintext = table.get("superlink"), table.get("plaintext", False)
    host, _, port = address.rpartition(":") if isinstance(address, str) else ("", "", "")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f'[flower] superlink = {address!r} is not of the form "HOST:PORT"')
    if not isinstance(plaintext, bool):
        raise SettingsError(f"[flower] plaintext = {plaintext!r} is neither true nor false")
    ca, key = (_file(table, name, folder) for name in ("ca", "key"))
    if (ca is None) is not plaintext:
        raise SettingsError(
            "[flower] has either ca, the certificate of who has signed the SuperLink's, or "
            "plaintext = true, with which everybody on the way reads along"
        )
    return FlowerSettings(f"{host}:{port}", ca, key, plaintext)


def _file(table: Mapping[str, Any], name: str, folder: Path) -> Path | None:
    given = table.get(name)
    if given is None:
        return None
    if not isinstance(given, str):
        raise SettingsError(f"[flower] {name} = {given!r} is not a path")
    path = folder / given
    if not path.is_file():
        raise SettingsError(f"[flower] {name} = {given!r}: there is no {path}")
    return path
