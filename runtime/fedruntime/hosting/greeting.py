"""What a run says to a real party before anything else, and whether the party takes part: the same
script, and libraries that compute alike.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import NamedTuple

import numpy
import pandas
import scipy
import sklearn

from fedruntime.errors import SettingsError
from fedruntime.hosting.party_settings import PartySettings


class _Library(NamedTuple):
    version: str
    parts: int  # of the version that have to be equal at all


def _versions() -> dict[str, _Library]:
    from fedruntime import __version__  # the package is whole only after its modules

    return {
        "fedmigrate": _Library(__version__, 3),
        "scikit-learn": _Library(sklearn.__version__, 2),
        "numpy": _Library(numpy.__version__, 1),
        "scipy": _Library(scipy.__version__, 1),
        "pandas": _Library(pandas.__version__, 1),
    }


def greeting(script_sha256: str) -> bytes:
    """What a run says of itself.

    Parameters
    ----------
    script_sha256 : str
        Of the running script, in hexadecimal; empty where it has no file.
    """
    versions = {name: library.version for name, library in _versions().items()}
    return json.dumps({"script_sha256": script_sha256, "versions": versions}).encode()


def require_welcome(settings: PartySettings, said: bytes) -> None:
    """Refuse a run of another script, or of libraries with which models may differ.

    Parameters
    ----------
    settings : PartySettings
        Of the party that is asked.
    said : bytes
        What ``greeting`` gave where the run was begun.

    Raises
    ------
    SettingsError
        Says what differs, and what to do.
    """
    try:
        told = json.loads(said)
        digest, versions = told["script_sha256"], told["versions"]
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError("what came before the first request is no greeting") from error
    if digest != settings.script_sha256.lower():
        raise SettingsError(
            f"the script that asks is not the one that {settings.name!r} has reviewed: its SHA-256 "
            f"is {digest or 'not known'}, and party.toml has {settings.script_sha256}"
        )
    _require_alike(settings.name, versions)


def _require_alike(party: str, versions: Mapping[str, str]) -> None:
    differing = [
        f"{name} {versions.get(name, 'of no known version')} there and {library.version} here"
        for name, library in _versions().items()
        if not _alike(str(versions.get(name, "")), library)
    ]
    if differing:
        raise SettingsError(
            f"the run and {party!r} have different libraries: {'; '.join(differing)}. Install the "
            f"same ones: here, Python {sys.version_info.major}.{sys.version_info.minor} runs from "
            f"{sys.prefix}"
        )


def _alike(version: str, library: _Library) -> bool:
    return version.split(".")[: library.parts] == library.version.split(".")[: library.parts]
