"""Filling the templates of a deployment: the text files of each folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import jinja2

from fedmigrate.deploy.deployment import Deployment, is_address
from fedmigrate.deploy.files import File
from fedmigrate.deploy.keys import Made
from fedmigrate.deploy.layout import COORDINATOR, Layout


def render_deployment(
    deployment: Deployment, layout: Layout, made: Made | None, engine: str, output: Path
) -> list[File]:
    """The text files: a README for who deploys, and a folder a party with all but its keys.

    Parameters
    ----------
    made : Made, optional
        The keys that were made here; without them the READMEs say how each party makes its own.
    engine : str
        The folder of templates of its own.
    output : Path
        Where they will be written.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fedtemplates", "deploy"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["is_ip"] = is_address
    known = {**deployment.identities, **(made.identities if made else {})}
    shared = {
        "engine": engine,
        "folder": output.resolve().as_posix(),
        "deployment": deployment,
        "script": deployment.bundle.script,
        "modules": deployment.bundle.modules,
        "identities": {party: known.get(party) for party in deployment.parties},
        "made": made,
        **layout.values,
    }

    def filled(folder: str, templates: Mapping[str, str], **values: str) -> list[File]:
        return [
            File(
                PurePosixPath(folder) / name,
                environment.get_template(f"{template}.jinja").render(shared, **values).encode(),
            )
            for name, template in templates.items()
        ]

    def reviewed(folder: str) -> list[File]:
        return [
            File(PurePosixPath(folder) / path, data)
            for path, data in deployment.bundle.files.items()
        ]

    files = filled(".", {"README.md": f"{engine}/overview.md"})
    if layout.coordinator:
        files += [*filled(COORDINATOR, layout.coordinator), *reviewed(COORDINATOR)]
    for party in deployment.parties:
        files += [*filled(party, layout.party, party=party), *reviewed(party)]
    return files
