"""Whether the parties' policies can be read. What they refuse depends on what a run asks for."""

from __future__ import annotations

from collections.abc import Iterator

from fedmigrate.doctor.finding import Finding, fine, note, problem
from fedmigrate.doctor.subject import Subject, shown
from fedruntime.errors import SettingsError
from fedruntime.privacy.policy_file import read_policy


def check(subject: Subject) -> Iterator[Finding]:
    for member, settings in subject.readable:
        if settings.policy is None:
            yield note(shown(settings.folder), f"{member.name!r} has no policy: the defaults hold")
            continue
        where = shown(settings.policy)
        try:
            read_policy(settings.policy)
        except SettingsError as error:
            yield problem(where, str(error), "mend it: docs/policy.md")
        else:
            yield fine(where, f"the policy of {member.name!r} can be read")
    if subject.members:
        yield note(
            "all parties",
            "what they refuse is known only by running",
            "`fedmigrate audit` of a simulation lists what the defaults would refuse",
        )
