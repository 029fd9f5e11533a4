"""Whether everyone has the same script, and what it imports, as it was reviewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from fedmigrate.deploy.bundle import collect
from fedmigrate.doctor.finding import Finding, fine, note, problem
from fedmigrate.doctor.subject import Subject, shown
from fedmigrate.errors import MigrateError


def check(subject: Subject) -> Iterator[Finding]:
    for member, settings in subject.readable:
        where = shown(settings.script)
        if not settings.script.is_file():
            yield problem(where, f"is not there; {member.name!r} has to review it", "put it there")
            continue
        digest = sha256(settings.script.read_bytes()).hexdigest()
        if digest != settings.script_sha256.lower():
            yield problem(
                where,
                f"is not what {member.name!r} has reviewed: its SHA-256 is {digest}, and "
                f"party.toml has {settings.script_sha256}",
                "review it again, and write the new digest into party.toml",
            )
        else:
            yield fine(where, f"is what {member.name!r} has reviewed")
    yield from _same_everywhere(_copies(subject))


def _copies(subject: Subject) -> dict[str, Path]:
    """Who has a copy of the script here, and where."""
    copies = {
        member.name: settings.script
        for member, settings in subject.readable
        if settings.script.is_file()
    }
    if subject.coordinator is not None and subject.script is not None:
        own = subject.coordinator / subject.script.name
        if own.is_file() and own.resolve() not in {path.resolve() for path in copies.values()}:
            copies = {"the coordinator": own, **copies}
    return copies


def _same_everywhere(copies: Mapping[str, Path]) -> Iterator[Finding]:
    if len(copies) < 2:
        return
    try:
        contents = {name: collect(path).files for name, path in copies.items()}
    except MigrateError as error:
        yield note("all parties", str(error))
        return
    (first, expected), *others = contents.items()
    differing = False
    for name, files in others:
        for path in sorted(expected.keys() | files.keys()):
            if expected.get(path) != files.get(path):
                differing = True
                yield problem(
                    str(path),
                    f"is not the same at {first} and at {name}",
                    "let both have the file that was reviewed",
                )
    if not differing:
        yield fine(
            "all parties", f"the script is the same at {', '.join(contents)}, with what it imports"
        )
