"""``fedmigrate deploy``: arguments as typed in, the folders of a deployment on disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import click

from fedmigrate.deploy.deployment import Deployment, plan_deployment
from fedmigrate.deploy.files import write_files
from fedmigrate.deploy.layout import COORDINATOR
from fedmigrate.deploy.layouts import layout_of
from fedmigrate.errors import UsageError


def deploy_command(
    script: str,
    output: str,
    *,
    engine: str,
    parties: str | None,
    addresses: Sequence[str],
    identities: Sequence[str],
    certs: bool,
    days: int,
    force: bool,
) -> int:
    """``fedmigrate deploy``; returns the exit code.

    Parameters
    ----------
    script : str
        A federated script.
    output : str
        The folder to write.
    engine : str
        What carries messages between the parties: one of ``layouts.engines()``.
    parties, addresses, identities
        See ``plan_deployment``.
    certs : bool
        Whether all keys and certificates are made here.
    days : int
        How long these certificates are valid.
    force : bool
        Whether files that are there are replaced.

    Raises
    ------
    UsageError
        If something does not fit, or would be replaced.
    SourceError
        If a file cannot be read or written.
    """
    if certs and identities:
        raise UsageError("--certs makes the identities of all parties: leave --identity out")
    layout = layout_of(engine)
    deployment = plan_deployment(Path(script), layout.reached, parties, addresses, identities)
    made = None
    if certs:
        from fedmigrate.deploy.keys import make_keys

        made = make_keys(deployment, layout, days, datetime.now(timezone.utc))
    from fedmigrate.deploy.render import render_deployment

    texts = render_deployment(deployment, layout, made, engine, Path(output))
    write_files(Path(output), [*texts, *(made.files if made else ())], force=force)
    unknown = (
        [] if made else [one for one in deployment.parties if one not in deployment.identities]
    )
    for line in _told(deployment, Path(script), output, unknown, bool(layout.coordinator)):
        click.echo(line, err=True)
    return int(bool(unknown))


def _told(
    deployment: Deployment,
    script: Path,
    output: str,
    unknown: Sequence[str],
    with_coordinator: bool,
) -> list[str]:
    folder = Path(output)
    names = [*([COORDINATOR] if with_coordinator else []), *deployment.parties]
    lines = [f"wrote {folder / name}/" for name in names]
    lines.append(f"wrote {folder / 'README.md'}: what each file is, and who may see it")
    if (settings := script.with_name("federation.toml")).is_file():
        lines.append(
            f"{settings}: its settings (budget, policy, ...) were not taken over; put those that "
            "still hold into every federation.toml that was written"
        )
    if unknown:
        lines.append(
            f"the public identities of {', '.join(unknown)} are not known yet: each party makes "
            "its own as its README says; then write them into every party.toml, or deploy again "
            "with --identity PARTY=BASE64 --force"
        )
    return lines
