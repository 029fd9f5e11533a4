"""Flower: the coordinator runs the script beside a SuperLink, to which parties come."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from fedmigrate.deploy.certificates import Authority, machine_certificate, node_key
from fedmigrate.deploy.deployment import Deployment
from fedmigrate.deploy.files import File
from fedmigrate.deploy.layout import COORDINATOR, Layout

FLWR = "1.41.0"  # the version that the runtime's extra pins


def _keys(authority: Authority, deployment: Deployment, days: int, now: datetime) -> list[File]:
    own = PurePosixPath(COORDINATOR)
    machine = machine_certificate(authority, [deployment.host(COORDINATOR)], days, now)
    files = [
        File(own / "ca.crt", authority.files.public),
        File(own / "server.crt", machine.public),
        File(own / "server.key", machine.private, private=True),
    ]
    for party in deployment.parties:
        folder, node = PurePosixPath(party), node_key()
        files += [
            File(folder / "ca.crt", authority.files.public),
            File(folder / f"{party}.node.key", node.private, private=True),
            File(own / "nodes" / f"{party}.pub", node.public),
        ]
    return files


LAYOUT = Layout(
    party={
        "README.md": "flower/README.md",
        "party.toml": "party.toml",
        "policy.toml": "policy.toml",
    },
    keys=_keys,
    coordinator={
        "README.md": "flower/coordinator.md",
        "federation.toml": "flower/federation.toml",
        "flower/config.toml": "flower/config.toml",
        **{
            f"app/{name}": f"flower/app/{name}"
            for name in ("pyproject.toml", "server.py", "client.py")
        },
    },
    values={"flwr": FLWR},
)
