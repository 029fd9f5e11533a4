"""SecretFlow in production: every party runs the script and is reached by the others."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from fedmigrate.deploy.certificates import Authority, machine_certificate
from fedmigrate.deploy.deployment import Deployment
from fedmigrate.deploy.files import File
from fedmigrate.deploy.layout import Layout


def _keys(authority: Authority, deployment: Deployment, days: int, now: datetime) -> list[File]:
    files = []
    for party in deployment.parties:
        folder = PurePosixPath(party)
        machine = machine_certificate(authority, [deployment.host(party)], days, now)
        files += [
            File(folder / "ca.crt", authority.files.public),
            File(folder / "party.crt", machine.public),
            File(folder / "party.tls.key", machine.private, private=True),
        ]
    return files


LAYOUT = Layout(
    party={
        "README.md": "secretflow/README.md",
        "party.toml": "party.toml",
        "policy.toml": "policy.toml",
        "federation.toml": "secretflow/federation.toml",
    },
    keys=_keys,
)
