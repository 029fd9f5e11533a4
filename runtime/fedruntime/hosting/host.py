"""Making a real party of its own settings: its policy enforced, its identity, its records."""

from __future__ import annotations

from hashlib import sha256

from fedruntime.crypto.identity import Identity
from fedruntime.errors import SettingsError
from fedruntime.every_operation import register_every_operation
from fedruntime.hosting.party_settings import PartySettings
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
    require_reviewed(settings)
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
        account=settings.account,
        guard=Guard(policy, enforce=True),
        identity=identity,
        identities=settings.identities,
        ledger=_ledger(settings),
    )


def require_reviewed(settings: PartySettings) -> None:
    """Refuse a script that has changed since it was reviewed.

    Raises
    ------
    SettingsError
        If it has, or cannot be read.
    """
    try:
        digest = sha256(settings.script.read_bytes()).hexdigest()
    except OSError as error:
        raise SettingsError(f"{settings.script}: cannot be read: {error.strerror}") from error
    if digest != settings.script_sha256.lower():
        raise SettingsError(
            f"{settings.script} is not the script that {settings.name!r} has reviewed: its "
            f"SHA-256 is {digest}, and party.toml has {settings.script_sha256}. Review it again, "
            "and write the new digest there"
        )


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
