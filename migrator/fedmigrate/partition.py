"""Whether parties have other rows or other columns: what the user, the project and the federation's
settings say of it, put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fedmigrate.errors import SettingsError, UsageError
from fedmigrate.plan import Options, Vertical

HORIZONTAL = "horizontal"
VERTICAL = "vertical"
AUTO = "auto"
PARTITIONS = (HORIZONTAL, VERTICAL)
_EXAMPLE = '[columns] with shop = ["visits", "basket"]'


@dataclass(frozen=True)
class Partition:
    """What one source says; None for what it does not.

    Parameters
    ----------
    kind : {"horizontal", "vertical"}, optional
    label_party : str, optional
    on : tuple of str, optional
        The columns by which rows are matched.
    """

    kind: str | None = None
    label_party: str | None = None
    on: tuple[str, ...] | None = None

    def over(self, other: Partition) -> Partition:
        """This, and what the other says where this says nothing."""
        return Partition(
            self.kind if self.kind is not None else other.kind,
            self.label_party if self.label_party is not None else other.label_party,
            self.on if self.on is not None else other.on,
        )


NOTHING_SAID = Partition()


@dataclass(frozen=True)
class Choice:
    """The partition that a command goes by.

    Parameters
    ----------
    partition : Partition
    open : bool
        Whether a person has to look at it, as there was nobody to ask.
    """

    partition: Partition
    open: bool = False


@dataclass(frozen=True)
class Told:
    """What ``federation.toml`` says of the partition.

    Parameters
    ----------
    partition : Partition
    columns : tuple of (str, str)
        Column and party.
    """

    partition: Partition = NOTHING_SAID
    columns: tuple[tuple[str, str], ...] = ()


def partitioned(options: Options, script: Path, *sources: Partition) -> Options:
    """Options with the partition that several sources say, the first one winning.

    Parameters
    ----------
    options : Options
        Whose own partition comes last.
    script : Path
        Beside which ``federation.toml`` says who has which column, and who has the label.

    Raises
    ------
    SettingsError
        If what is said does not fit together.
    """
    said = NOTHING_SAID
    for source in sources:
        said = said.over(source)
    earlier = options.vertical
    if earlier is not None and said.kind != HORIZONTAL:
        said = said.over(Partition(VERTICAL, earlier.label_party, earlier.on))
    if said.kind != VERTICAL:
        return replace(options, vertical=None)
    told = read_told(script)
    label_party = said.over(told.partition).label_party
    _check(options, label_party)
    assert label_party is not None
    vertical = Vertical(label_party, said.on or (), told.columns)
    return replace(options, vertical=vertical, split=Options().split)


def _check(options: Options, label_party: str | None) -> None:
    named = ", ".join(options.parties)
    if len(options.parties) < 2:
        raise SettingsError("a vertical federation has two parties or more: name them by --parties")
    if label_party is None:
        raise SettingsError(
            "a vertical federation needs --label-party: the party that has the label, one of "
            f"{named}"
        )
    if label_party not in options.parties:
        raise SettingsError(f"--label-party: {label_party!r} is none of the parties {named}")
    if options.epsilon is not None:
        raise SettingsError(
            "--epsilon: no fit on columns of several parties runs under a privacy budget"
        )


def check_asked(asked: Partition, split: str | None) -> None:
    """Whether options of a command fit together, as far as they tell by themselves.

    Raises
    ------
    UsageError
        Naming the option that does not fit.
    """
    if asked.kind == HORIZONTAL and (asked.label_party or asked.on):
        option = "--label-party" if asked.label_party else "--on"
        raise UsageError(
            f"{option} belongs to a vertical federation, not to --partition horizontal"
        )
    if asked.kind == VERTICAL and split is not None:
        raise UsageError("--split deals rows; --partition vertical deals columns")


def require_use(asked: Partition, options: Options) -> None:
    """Whether options that only a vertical conversion has found one.

    Raises
    ------
    SettingsError
        Naming the option that nothing came of.
    """
    if options.vertical is None and (asked.label_party or asked.on):
        option = "--label-party" if asked.label_party else "--on"
        raise SettingsError(
            f"{option} belongs to a vertical federation: give --partition vertical as well"
        )


def read_told(script: Path) -> Told:
    """What ``federation.toml`` beside a script says; nothing where there is none.

    Raises
    ------
    SettingsError
        If what it says of columns is no table of lists.
    """
    path = script.parent / "federation.toml"
    if not path.is_file():
        return Told()
    from fedmigrate.federated import read_table  # which parses TOML: most scripts have no such file

    table = read_table(path)
    columns = table.get("columns", {})
    if not isinstance(columns, Mapping) or not all(map(_is_list_of_texts, columns.values())):
        raise SettingsError(f"{path}: columns takes a table, such as {_EXAMPLE}")
    dealt = tuple((column, party) for party, own in columns.items() for column in own)
    kind, label_party = table.get("partition"), table.get("label_party")
    return Told(
        Partition(
            kind if kind in PARTITIONS else None,
            label_party if isinstance(label_party, str) else None,
        ),
        dealt,
    )


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
