"""Reading policies from TOML: a real party's own file, and the tables of a simulation."""

from __future__ import annotations

import dataclasses
import difflib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from fedruntime.errors import SettingsError
from fedruntime.privacy.policy import ENFORCE, REPORT, Consent, Policies, Policy

VARIABLE = "FEDMIGRATE_POLICY"  # names the file with a party's own policy

_OPTIONS = tuple(field.name for field in dataclasses.fields(Policy))
_CONSENT = tuple(field.name for field in dataclasses.fields(Consent))
_NEEDED = ("operation", "by", "given")


def own_policy(environment: Mapping[str, str] = os.environ) -> Policy:
    """The policy in the file that this party's own environment names; without one, the defaults.

    Raises
    ------
    SettingsError
        If the file cannot be read, or holds something unknown or that does not fit.
    """
    named = environment.get(VARIABLE)
    return read_policy(Path(named)) if named else Policy()


def read_policy(path: Path) -> Policy:
    """The policy in a TOML file, whose options are those of ``Policy``; errors name the file."""
    try:
        options = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from error
    return policy_from(options, str(path))


def policy_from(options: Mapping[str, Any], origin: str) -> Policy:
    """The policy with these options.

    Raises
    ------
    SettingsError
        For an unknown option or a value that does not fit; begins with ``origin``.
    """
    _require_known(options, _OPTIONS, origin)
    given = dict(options)
    try:
        if "consent" in given:
            given["consent"] = _consents(given["consent"])
        return Policy(**given)
    except SettingsError as error:
        raise SettingsError(f"{origin}: {error}") from None


def policies_from(layers: Iterable[tuple[str, Any]], parties: Sequence[str]) -> Policies:
    """The policies of a simulation.

    Parameters
    ----------
    layers : iterable of (str, value)
        Where each was given, and ``"report"``, ``"enforce"``, or a table ``[policy]`` with
        ``mode``, options for all parties, and tables of options for single ones. Later layers
        win, option by option.
    parties : sequence of str

    Raises
    ------
    SettingsError
        For an unknown option or party, or a value that does not fit.
    """
    mode = REPORT
    shared: dict[str, Any] = {}
    single: dict[str, dict[str, Any]] = {}
    for origin, layer in layers:
        table = {"mode": layer} if isinstance(layer, str) else layer
        if not isinstance(table, Mapping) or table.get("mode", mode) not in (REPORT, ENFORCE):
            given = table.get("mode") if isinstance(table, Mapping) else table
            raise SettingsError(f"{origin}: policy {given!r} is neither {REPORT!r} nor {ENFORCE!r}")
        mode = table.get("mode", mode)
        for name, value in table.items():
            if isinstance(value, Mapping):
                _require_party(name, parties, origin)
                policy_from(value, f"{origin}: [policy.{name}]")
                single.setdefault(name, {}).update(value)
            elif name != "mode":
                policy_from({name: value}, f"{origin}: [policy]")
                shared[name] = value
    own = {party: policy_from({**shared, **options}, party) for party, options in single.items()}
    ordered = tuple((party, own[party]) for party in sorted(own))
    return Policies(mode, policy_from(shared, "policy"), ordered)


def _require_party(name: str, parties: Sequence[str], origin: str) -> None:
    if name not in parties:
        raise SettingsError(f"{origin}: [policy.{name}] is of no party{_near(name, parties)}")


def _consents(given: Any) -> tuple[Consent, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, Mapping) for one in given):
        raise SettingsError(f"consent = {given!r} is not a list of tables: write [[consent]]")
    for one in given:
        _require_known(one, _CONSENT, "consent")
        if missing := [name for name in _NEEDED if name not in one]:
            raise SettingsError(f"consent: there is no {' and no '.join(missing)}")
    return tuple(Consent(**one) for one in given)


def _require_known(options: Iterable[str], known: Sequence[str], origin: str) -> None:
    for option in options:
        if option not in known:
            raise SettingsError(f"{origin}: unknown option {option!r}{_near(option, known)}")


def _near(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known))}"
