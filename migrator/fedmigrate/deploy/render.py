"""Filling the templates of a deployment: the text files of each party."""

from __future__ import annotations

from pathlib import PurePosixPath

import jinja2

from fedmigrate.deploy.deployment import Deployment, is_address
from fedmigrate.deploy.files import File
from fedmigrate.deploy.keys import Made

_OF_A_PARTY = ("README.md", "party.toml", "policy.toml", "federation.toml")


def render_deployment(deployment: Deployment, made: Made | None, engine: str) -> list[File]:
    """The text files: a README for who deploys, and a folder a party with all but its keys.

    Parameters
    ----------
    made : Made, optional
        The keys that were made here; without them the READMEs say how each party makes its own.
    engine : str
        The folder of templates.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fedtemplates", f"deploy/{engine}"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["is_ip"] = is_address
    known = {**deployment.identities, **(made.identities if made else {})}
    shared = {
        "deployment": deployment,
        "script": deployment.bundle.script,
        "modules": deployment.bundle.modules,
        "identities": {party: known.get(party) for party in deployment.parties},
        "made": made,
    }
    files = [_file(environment, "overview.md", PurePosixPath("README.md"), shared)]
    for party in deployment.parties:
        folder = PurePosixPath(party)
        values = {**shared, "party": party}
        files += [_file(environment, name, folder / name, values) for name in _OF_A_PARTY]
        files += [File(folder / path, data) for path, data in deployment.bundle.files.items()]
    return files


def _file(
    environment: jinja2.Environment, name: str, path: PurePosixPath, values: dict[str, object]
) -> File:
    return File(path, environment.get_template(f"{name}.jinja").render(values).encode())
