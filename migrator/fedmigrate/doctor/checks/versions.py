"""Versions of Python and of the libraries, here, against what the engine needs. Those of other
machines are compared when a run greets its parties.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from fedmigrate import __version__
from fedmigrate.deploy.layouts.flower import FLWR
from fedmigrate.doctor.finding import Finding, fine, note, problem
from fedmigrate.doctor.subject import Subject

LEAST = {"numpy": "1.26", "pandas": "2.1", "scikit-learn": "1.5", "scipy": "1.6"}
_OF_SECRETFLOW = {"numpy": "1.26", "pandas": "1.5", "scikit-learn": "1.5", "scipy": "1.6"}
_SECRETFLOW = ("1.13", "1.14")
_FOR_SECRETFLOW, _FOR_FLOWER = (3, 10), (3, 11)
_HERE = "this Python"


def check(subject: Subject) -> Iterator[Finding]:
    python = sys.version_info[:2]
    yield fine(_HERE, f"Python {_dotted(python)}, fedmigrate {__version__}")
    needed = _OF_SECRETFLOW if subject.engine == "secretflow" else LEAST
    for library, least in needed.items():
        yield _library(library, least)
    if subject.engine == "secretflow":
        yield from _secretflow(python)
    elif subject.engine == "flower":
        yield from _flower(python)
    if subject.engine not in ("", "local"):
        yield note(
            "other machines",
            "their versions are compared when a run begins; it is refused if models could differ",
        )


def _library(library: str, least: str) -> Finding:
    found = _version(library)
    if found is None:
        return problem(_HERE, f"{library} is not installed", f"pip install '{library}>={least}'")
    if _parts(found) < _parts(least):
        return problem(
            _HERE, f"{library} {found} is older than {least}", f"pip install '{library}>={least}'"
        )
    return fine(_HERE, f"{library} {found}")


def _secretflow(python: tuple[int, int]) -> Iterator[Finding]:
    remedy = "docs/secretflow.md has the commands that install it"
    if python != _FOR_SECRETFLOW:
        yield problem(_HERE, f"SecretFlow needs Python {_dotted(_FOR_SECRETFLOW)}", remedy)
    found = _version("secretflow") or _version("secretflow-lite")
    if found is None:
        yield problem(_HERE, "SecretFlow is not installed", remedy)
    elif not found.startswith(_SECRETFLOW):
        known = " and ".join(_SECRETFLOW)
        yield problem(_HERE, f"SecretFlow {found}: {known} are known to work", remedy)
    else:
        yield fine(_HERE, f"SecretFlow {found}")


def _flower(python: tuple[int, int]) -> Iterator[Finding]:
    remedy = "pip install 'fedmigrate[flower]'"
    if python < _FOR_FLOWER:
        yield problem(
            _HERE, f"Flower needs Python {_dotted(_FOR_FLOWER)} or later", "use a newer Python"
        )
    found = _version("flwr")
    if found is None:
        yield problem(_HERE, "flwr is not installed", remedy)
    elif found != FLWR:
        yield problem(_HERE, f"flwr {found}: it has to be {FLWR}", remedy)
    else:
        yield fine(_HERE, f"flwr {found}")


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())


def _dotted(python: tuple[int, int]) -> str:
    return ".".join(map(str, python))
