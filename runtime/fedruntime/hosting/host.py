"""Making a real party of its own settings: its policy enforced, its identity, its records."""

from __future__ import annotations

from pathlib import Path

from fedruntime.crypto.identity import Identity
from fedruntime.errors import SettingsError
from fedruntime.every_operation import register_every_operation
from fedruntime.functions import look_up_in
from fedruntime.hosting.party_settings import PartySettings
from fedruntime.hosting.reviewed_script import ReviewedScript
from fedruntime.party import Party
from fedruntime.privacy.guard import Guard
from fedruntime.privacy.ledger import Head, Ledger
from fedruntime.privacy.policy import Policy
from fedruntime.privacy.policy_file import read_policy


def host_party(settings: PartySettings) -> Party:
    """The party, ready for its first message.

    Raises
    ------
    SettingsError
        If the script is not the reviewed one, others know the party by another identity, or a
        file cannot be read.
    """
    look_up_in(ReviewedScript(settings.script, settings.script_sha256, settings.name))
    register_every_operation()
    identity = Identity.load(settings.identity)
    if settings.identities.get(settings.name) != identity.public:
        raise SettingsError(
            f"the identity in {settings.identity} is not the one that [identities] of party.toml "
            f"has for {settings.name!r}"
        )
    policy = Policy() if settings.policy is None else read_policy(settings.policy)
    return Party(
        settings.name,
        budget=settings.budget,
        account=_account(settings),
        guard=Guard(policy, enforce=True),
        identity=identity,
        identities=settings.identities,
        ledger=_ledger(settings),
    )


def _account(settings: PartySettings) -> Path | None:
    """A file in any case: a party that is begun again has not got its budget back. It is not the
    one of a script that runs in the party's folder."""
    if settings.budget is None or settings.account is not None:
        return settings.account
    name = f"{settings.name}.{settings.budget.account}.budget.jsonl"
    return settings.folder / ".fedmigrate" / name


def _ledger(settings: PartySettings) -> Ledger | None:
    if settings.ledger is None:
        return None
    head = Head(
        parties=tuple(settings.identities),
        mode="real",
        owner=settings.name,
        script=settings.script.name,
        script_sha256=settings.script_sha256,
        policy="enforced",
    )
    return Ledger(settings.ledger, head)
