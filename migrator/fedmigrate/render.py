"""Filling the templates: the header line and the lines that set the federation up."""

from __future__ import annotations

from functools import cache

import jinja2

from fedmigrate import __version__
from fedmigrate.names import Names
from fedmigrate.plan import Plan


def header(origin: str) -> str:
    """The line that says where a generated script comes from, without newline.

    Parameters
    ----------
    origin : str
        The original's file name. Never a path: the same input gives the same bytes anywhere.
    """
    return _template("header.jinja").render(origin=origin, version=__version__)


def init_lines(names: Names, plan: Plan, wraps_models: bool) -> list[str]:
    """The statements that set the federation up.

    Parameters
    ----------
    plan : Plan
        With the options, and the column that is y for the split that is skewed by it.
    wraps_models : bool
        Whether any estimator is wrapped, which takes devices and an aggregator.
    """
    options, label = plan.options, plan.label
    skewed = options.split == "label_skew"
    text = _template("init.jinja").render(
        names=names,
        parties=[quoted(party) for party in options.parties],
        split=None if options.split == "contiguous" else quoted(options.split),
        label=quoted(label) if skewed and label is not None else None,
        label_party=None if options.vertical is None else quoted(options.vertical.label_party),
        budget=None if options.epsilon is None else _budget(plan),
        wraps_models=wraps_models,
    )
    return text.splitlines()


def key_argument(on: tuple[str, ...]) -> str:
    """The columns by which rows are matched, as ``fed.align`` is given them."""
    names = ", ".join(map(quoted, on))
    return names if len(on) == 1 else f"[{names}]"


def _budget(plan: Plan) -> dict[str, float | int]:
    from fedmigrate.budget import DEFAULT_DELTA, parts

    options = plan.options
    assert options.epsilon is not None
    delta = DEFAULT_DELTA if options.delta is None else options.delta
    return {"epsilon": options.epsilon, "delta": delta, "parts": parts(plan)}


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
