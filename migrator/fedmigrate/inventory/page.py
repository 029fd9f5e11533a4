"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

import jinja2

from fedmigrate import __version__
from fedmigrate.inventory import words
from fedmigrate.inventory.values import Report, State

_BAR = (State.CLEAN, State.NOTES, State.LEFT, State.UNREADABLE, State.FAILED)


def as_page(report: Report) -> str:
    """The page; everything that scripts and paths contribute is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fedtemplates", ""),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("inventory.html.jinja")
    bar = [(state, report.states[state]) for state in _BAR if report.states[state]]
    return page.render(report=report, words=words, bar=bar, version=__version__, State=State)
