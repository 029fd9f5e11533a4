"""An audit as one HTML page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence

import jinja2

from fedmigrate import __version__
from fedmigrate.audit import words
from fedmigrate.audit.choose import Audit


def as_page(audits: Sequence[Audit]) -> str:
    """The page; everything that a ledger holds is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fedtemplates", ""),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("audit.html.jinja").render(
        audits=audits, words=words, version=__version__
    )
