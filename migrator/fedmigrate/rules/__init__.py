"""The rewrite rules, one file each, found by being in this folder.

A rule is a module with a docstring for the user and three names (see `Rule`). To add one, add a
file; its examples are run by the test suite. Rules say what changes; ``emit`` puts it together.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, TypeAlias, cast

from fedmigrate.edits import Edit
from fedmigrate.plan import Options, Site
from fedmigrate.script import Script
from fedmigrate.source import Span


@dataclass(frozen=True)
class Example:
    """A script before and after, without the header line: documentation and test in one.

    ``beside`` holds modules that it imports, by file name.
    """

    before: str
    after: str
    options: Options = field(default_factory=Options)
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comment:
    """A comment line to stand above the logical line that an offset lies in."""

    offset: int
    text: str


@dataclass(frozen=True)
class Import:
    """A name from the runtime that the script needs from now on.

    Parameters
    ----------
    module : str
        Where it is from.
    name : str, optional
        The name; none imports the module as a whole.
    alias : str, optional
        What the script calls it, where that is not its name.
    """

    module: str
    name: str | None
    alias: str | None = None


@dataclass(frozen=True)
class MovedImport:
    """A ``from`` import whose names come from the runtime instead.

    Parameters
    ----------
    span : Span
        The statement.
    module : str
        The runtime's module.
    names : tuple of str
        The names that move, each with its ``as``.
    text : str
        The statement that imports them.
    rest : str, optional
        The statement that imports the others, where there are any.
    rest_first : bool
        Whether the rest has to stand above, because it binds the same names.
    """

    span: Span
    module: str
    names: tuple[str, ...]
    text: str
    rest: str | None
    rest_first: bool = False


@dataclass(frozen=True)
class Below:
    """A statement to stand below the one that a span is the whole of."""

    span: Span
    text: str


@dataclass(frozen=True)
class Dropped:
    """A statement that comments take the place of."""

    span: Span
    text: str


Change: TypeAlias = Edit | Below | Comment | Dropped | Import | MovedImport


class Rule(Protocol):
    """The shape of a rule module."""

    EXAMPLES: tuple[Example, ...]

    def applies(self, site: Site) -> bool:
        """Whether the rule rewrites this site."""

    def rewrite(self, sites: Sequence[Site], script: Script) -> Iterator[Change]:
        """What changes for all sites of one script that the rule applies to."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the folder, by file name."""
    modules = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return tuple(cast(Rule, importlib.import_module(f"{__name__}.{name}")) for name in modules)
