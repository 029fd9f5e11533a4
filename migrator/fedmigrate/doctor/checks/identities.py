"""Whether each party has the private key that the others know it by, and all know the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fedmigrate.doctor.finding import Finding, fine, problem
from fedmigrate.doctor.subject import Subject, shown
from fedruntime.crypto.identity import Identity
from fedruntime.errors import FedError
from fedruntime.hosting.party_settings import PartySettings


def check(subject: Subject) -> Iterator[Finding]:
    for member, settings in subject.readable:
        yield from _own(member.name, settings)
        yield from _complete(subject, settings)
    yield from _agree({member.name: one.identities for member, one in subject.readable})


def _own(party: str, settings: PartySettings) -> Iterator[Finding]:
    where = shown(settings.identity)
    remedy = f"python -m fedruntime.identity {settings.identity.name}"
    if not settings.identity.is_file():
        yield problem(where, f"the private key of {party!r} is not there", remedy)
        return
    try:
        public = Identity.load(settings.identity).public
    except (FedError, OSError) as error:
        yield problem(where, str(error), f"mend that, or make another: {remedy}")
        return
    if settings.identities.get(party) != public:
        yield problem(
            where,
            f"is not the key that [identities] of party.toml has for {party!r}",
            "put the key there that belongs to it, or send the new public line to all parties",
        )
    else:
        yield fine(where, f"is the key that {party!r} is known by")


def _complete(subject: Subject, settings: PartySettings) -> Iterator[Finding]:
    parties = () if subject.settings is None else subject.settings.parties
    missing = [party for party in parties if party not in settings.identities]
    if missing:
        yield problem(
            shown(settings.folder),
            f"{settings.name!r} does not know the identity of {', '.join(missing)}",
            "put their public lines under [identities] of its party.toml",
        )


def _agree(known: Mapping[str, Mapping[str, bytes]]) -> Iterator[Finding]:
    """All parties here have to have the same identity of everyone."""
    names = sorted({name for table in known.values() for name in table})
    differing = False
    for name in names:
        told = {party: table[name] for party, table in known.items() if name in table}
        if len(set(told.values())) > 1:
            differing = True
            yield problem(
                "all parties",
                f"{', '.join(told)} do not have the same identity of {name!r}",
                f"ask {name} for its public line, by another way than the file has come",
            )
    if len(known) > 1 and not differing:
        yield fine("all parties", f"{', '.join(known)} know everyone by the same ones")
