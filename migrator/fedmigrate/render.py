"""Filling the templates: the header line and the lines that set the federation up."""

from __future__ import annotations

from functools import cache

import jinja2

from fedmigrate import __version__
from fedmigrate.names import Names
from fedmigrate.plan import Options


def header(origin: str) -> str:
    """The line that says where a generated script comes from, without newline.

    Parameters
    ----------
    origin : str
        The original's file name. Never a path: the same input gives the same bytes anywhere.
    """
    return _template("header.jinja").render(origin=origin, version=__version__)


def init_lines(names: Names, options: Options, label: str | None, wraps_models: bool) -> list[str]:
    """The statements that set the federation up.

    Parameters
    ----------
    label : str, optional
        The column that is y; used by the split that is skewed by it.
    wraps_models : bool
        Whether any estimator is wrapped, which takes devices and an aggregator.
    """
    skewed = options.split == "label_skew"
    text = _template("init.jinja").render(
        names=names,
        parties=[quoted(party) for party in options.parties],
        split=None if options.split == "contiguous" else quoted(options.split),
        label=quoted(label) if skewed and label is not None else None,
        wraps_models=wraps_models,
    )
    return text.splitlines()


def quoted(text: str) -> str:
    """A string literal in ASCII, in double quotes where that needs no escape."""
    literal = ascii(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal else literal


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fedtemplates", ""), undefined=jinja2.StrictUndefined
    )
    return environment.get_template(name)
