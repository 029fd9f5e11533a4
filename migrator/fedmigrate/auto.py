"""``--partition auto``: what a script and its folder tell of how the parties' tables relate, said
to the user, who decides; where nobody can be asked, it stays horizontal.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from fedmigrate.analysis import analyse
from fedmigrate.errors import UsageError
from fedmigrate.partition import HORIZONTAL, VERTICAL, Choice, Partition, read_told
from fedmigrate.plan import Options, SiteKind, Vertical
from fedmigrate.source import Source, read

_NOT_JOINED = "FM214"
_NAME = re.compile(r"[A-Za-z_]\w{0,39}")


@dataclass(frozen=True)
class Sign:
    """Something that speaks for parties with other columns of the same rows.

    Parameters
    ----------
    text : str
        For people, as a sentence without its end.
    key : str, optional
        The column that rows seem to be matched by.
    """

    text: str
    key: str | None = None


def choose(
    paths: tuple[str, ...],
    label_party: str | None,
    on: tuple[str, ...] | None,
    parties: tuple[str, ...] | None,
) -> Choice:
    """Say what was found, and ask at a terminal.

    Raises
    ------
    UsageError
        If it is not one script that is to be looked at.
    """
    if len(paths) != 1 or not Path(paths[0]).is_file():
        raise UsageError("--partition auto looks at one script: name it")
    script = Path(paths[0])
    signs = list(find_signs(script))
    for sign in signs:
        click.echo(f"{script}: {sign.text}", err=True)
    if not signs:
        click.echo(f"{script}: nothing speaks for a vertical partition: horizontal", err=True)
        return Choice(Partition(HORIZONTAL))
    told = read_told(script).partition
    key = on or next(((sign.key,) for sign in signs if sign.key is not None), None)
    said = Partition(VERTICAL, label_party or told.label_party, key)
    if not at_terminal():
        named = said.label_party or "NAME"
        arguments = f"--partition vertical --label-party {named}"
        arguments += f" --on {','.join(key)}" if key else ""
        click.echo(
            f"{script}: stays horizontal, as nobody can be asked; else give {arguments}", err=True
        )
        return Choice(Partition(HORIZONTAL), open=True)
    if not click.confirm("Do the parties have other columns of the same rows?", err=True):
        return Choice(Partition(HORIZONTAL))
    return Choice(_asked(said, parties or Options().parties))


def at_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def find_signs(script: Path) -> Iterator[Sign]:
    """What speaks for parties that have other columns of the same rows.

    Raises
    ------
    MigrateError
        If the script, or the settings beside it, cannot be read.
    """
    told = read_told(script)
    if told.partition.kind == VERTICAL:
        yield Sign('federation.toml says partition = "vertical"')
    if told.columns:
        parties = ", ".join(dict.fromkeys(party for _, party in told.columns))
        yield Sign(f"federation.toml has [columns] of {parties}")
    source = read(script)
    options = Options(vertical=Vertical(Options().parties[0]))
    for site in analyse(source, options).sites:
        refused = any(found.code == _NOT_JOINED for found in site.diagnostics)
        if refused or site.kind is SiteKind.JOIN:
            key = _key_of_join(source, site.line, site.column)
            by = "a key" if key is None else f"the key {key}"
            yield Sign(f"line {site.line} joins tables that were loaded by {by}", key)


def _key_of_join(source: Source, line: int, column: int) -> str | None:
    """The column that a join names, if it looks like a name."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and source.position(source.span(node).start) == (
            line,
            column,
        ):
            for word in node.keywords:
                key = word.value.value if isinstance(word.value, ast.Constant) else None
                if word.arg == "on" and isinstance(key, str) and _NAME.fullmatch(key):
                    return key
    return None


def _asked(said: Partition, parties: tuple[str, ...]) -> Partition:
    label_party = said.label_party or click.prompt(
        "Which party has the label?", type=click.Choice(list(parties)), err=True
    )
    key = click.prompt(
        "By which column are rows matched (empty: they are in the same order)",
        default=",".join(said.on or ()),
        err=True,
    )
    return Partition(VERTICAL, label_party, tuple(filter(None, key.replace(" ", "").split(","))))
