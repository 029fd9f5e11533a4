"""Whether the settings of the federation and of its parties can be read, and fit one another."""

from __future__ import annotations

from collections.abc import Iterator

from fedmigrate.doctor.finding import Finding, fine, note, problem
from fedmigrate.doctor.subject import Subject, shown
from fedruntime.engines.secretflow.settings import settings_from
from fedruntime.errors import SettingsError
from fedruntime.hosting.party_settings import FILE_NAME as PARTY


def check(subject: Subject) -> Iterator[Finding]:
    yield from _federation(subject)
    for member in subject.members:
        path = member.folder / PARTY
        where = shown(path)
        if member.settings is None:
            error = member.error.removeprefix(f"{path.resolve()}: ")
            yield problem(where, error, "mend it: docs/federation.md")
        elif member.settings.name != member.name:
            yield problem(
                where,
                f"is of {member.settings.name!r}, and [folders] has it for {member.name!r}",
                "name the right folder in federation.toml",
            )
        else:
            yield fine(where, f"the settings of {member.name!r} can be read")


def _federation(subject: Subject) -> Iterator[Finding]:
    settings, where = subject.settings, "federation"
    if subject.error:
        yield problem(where, subject.error, "mend federation.toml: docs/federation.md")
    if settings is None:
        return
    yield fine(where, f"engine {settings.engine!r}, parties {', '.join(settings.parties)}")
    if settings.engine == "secretflow":
        try:
            settings_from(settings.secretflow, settings.parties)
        except SettingsError as error:
            yield problem(where, str(error), "mend federation.toml: docs/secretflow.md")
    for member, _ in subject.readable:
        if member.name not in settings.parties:
            yield problem(
                shown(member.folder),
                f"{member.name!r} is not one of the federation's parties",
                "give it the name that federation.toml has, or add it there",
            )
    here = {member.name for member in subject.members}
    away = [party for party in settings.parties if party not in here]
    if settings.engine == "processes" and away:
        yield problem(where, f"there is no folder of {', '.join(away)}", "name it under [folders]")
    elif settings.engine != "local" and away:
        yield note(
            where,
            f"the folders of {', '.join(away)} are not here",
            "let these parties run `fedmigrate doctor` in theirs",
        )
