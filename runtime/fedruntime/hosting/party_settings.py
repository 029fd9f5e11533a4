"""A party's own settings, ``party.toml`` in a folder that nobody else writes: who it is, what it
has reviewed, and what it insists on. Reading and checking, no more.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from fedruntime.aggregation.identities import identities_from
from fedruntime.errors import SettingsError
from fedruntime.privacy.budget import PrivacyBudget, budget_from

FILE_NAME = "party.toml"
_IDLE = 3600.0
_PATHS = ("identity", "policy", "ledger", "account")
_NEEDED = ("name", "script", "script_sha256", "identity", "identities")


@dataclass(frozen=True)
class PartySettings:
    """What a party says of itself.

    Parameters
    ----------
    folder : Path
        Where it lies. Files are relative to it, and it is the working directory of loaders.
    name : str
        In the federation.
    script : Path
        The reviewed script; what it imports lies beside it.
    script_sha256 : str
        Of what was reviewed, in hexadecimal.
    identity : Path
        Its private key, as ``python -m fedruntime.identity`` makes it.
    identities : mapping of str to bytes
        Everyone's public ones, got by other means than the coordinator.
    policy : Path, optional
        By default the policy is that of ``Policy``.
    ledger : Path, optional
        Where it notes itself what leaves it.
    budget : PrivacyBudget, optional
        What all that leaves it may tell of any one row.
    account : Path, optional
        The payments from that budget; by default in ``.fedmigrate`` there.
    flower : mapping
        The table of that name, for the engine of that name; see
        ``engines.flower.settings.FlowerSettings``.
    idle : float
        Seconds without a message after which its process ends and forgets everything.
    """

    folder: Path
    name: str
    script: Path
    script_sha256: str
    identity: Path
    identities: Mapping[str, bytes]
    policy: Path | None = None
    ledger: Path | None = None
    budget: PrivacyBudget | None = None
    account: Path | None = None
    flower: Mapping[str, Any] = field(default_factory=dict)
    idle: float = _IDLE


def read_party_settings(path: Path) -> PartySettings:
    """The settings in a file, or in the ``party.toml`` of a folder.

    Raises
    ------
    SettingsError
        If it cannot be read, something is missing or unknown, or a value does not fit; names the
        file.
    """
    path = (path / FILE_NAME if path.is_dir() else path).resolve()
    try:
        given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from error
    _require_known(given, path)
    read: dict[str, Any] = {"folder": path.parent}
    for name in ("name", "script_sha256"):
        read[name] = _text(given, name, path)
    for name in ("script", *_PATHS):
        if name in given:
            read[name] = path.parent / _text(given, name, path)
    read["identities"] = identities_from(given["identities"], str(path))
    if "budget" in given:
        read["budget"] = budget_from(given["budget"], str(path))
    if "flower" in given:
        read["flower"] = _table(given["flower"], path)
    if "idle" in given:
        read["idle"] = _seconds(given["idle"], path)
    return PartySettings(**read)


def _require_known(given: Mapping[str, Any], path: Path) -> None:
    known = [entry.name for entry in fields(PartySettings) if entry.name != "folder"]
    for option in given:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
            raise SettingsError(f"{path}: unknown option {option!r}; {hint}")
    if missing := [name for name in _NEEDED if name not in given]:
        raise SettingsError(f"{path}: there is no {' and no '.join(missing)}")


def _text(given: Mapping[str, Any], name: str, path: Path) -> str:
    value = given[name]
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{path}: {name} = {value!r} is no text")
    return value


def _table(value: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{path}: flower = {value!r} is not a table")
    return value


def _seconds(value: Any, path: Path) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value < float("inf"):
        raise SettingsError(f"{path}: idle = {value!r} is not a number of seconds above 0")
    return float(value)
