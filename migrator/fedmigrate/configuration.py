"""A project's settings: ``[tool.fedmigrate]`` of the nearest ``pyproject.toml``, checked.

Nearest is the first one upward from a script that has such a table. Options of the command line
win over what stands there; that, and what a setting leads to, is decided where it is used.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from fedmigrate.errors import SettingsError, UsageError
from fedmigrate.partition import PARTITIONS, Partition
from fedmigrate.plan import Options

FILE_NAME = "pyproject.toml"
TABLE = "fedmigrate"
SPLITS = ("contiguous", "iid", "label_skew")
_PARTY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_UNSUPPRESSIBLE = "FM9"

Codes = frozenset[str]


@dataclass(frozen=True)
class Settings:
    """What a project chose.

    Parameters
    ----------
    folder : Path
        Where its ``pyproject.toml`` lies; patterns are relative to it.
    parties, split : optional
        As the options of the same names.
    partition, label_party, on : optional
        Likewise; ``said`` has them as one.
    ignore : frozenset of str
        Codes that are accepted everywhere.
    exclude : tuple of str
        Patterns of scripts and folders that are passed over in a folder.
    per_file_ignores : tuple of (str, frozenset of str)
        Pattern, and the codes that are accepted in the files it matches.
    """

    folder: Path = Path()
    parties: tuple[str, ...] | None = None
    split: str | None = None
    ignore: Codes = frozenset()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, Codes], ...] = ()
    partition: str | None = None
    label_party: str | None = None
    on: tuple[str, ...] | None = None

    @property
    def said(self) -> Partition:
        """What the project says of how its parties' tables relate."""
        return Partition(self.partition, self.label_party, self.on)

    def excludes(self, path: Path) -> bool:
        """Whether a script is passed over where a folder is converted."""
        return any(self._matches(pattern, path) for pattern in self.exclude)

    def options(self, path: Path, earlier: Options) -> Options:
        """The options for one script; ``earlier`` ones where nothing is set.

        The partition is for ``partitioned`` to put together.
        """
        ignore = self.ignore.union(
            *(codes for pattern, codes in self.per_file_ignores if self._matches(pattern, path))
        )
        return replace(
            earlier,
            parties=self.parties or earlier.parties,
            split=self.split or earlier.split,
            ignore=tuple(sorted(ignore)),
        )

    def _matches(self, pattern: str, path: Path) -> bool:
        """Whether a pattern matches a path, a folder above it or, without a slash, a name."""
        try:
            relative = PurePosixPath(path.absolute().relative_to(self.folder.absolute()).as_posix())
        except ValueError:
            return False  # reached by a link: not part of the project
        wanted = pattern.removesuffix("/")
        places = [relative, *relative.parents[:-1]]
        return any(
            fnmatch.fnmatchcase(place.name if "/" not in wanted else str(place), wanted)
            for place in places
        )


def settings_for(script: Path) -> Settings:
    """The settings of the project that a script belongs to; those of none where there are none.

    Raises
    ------
    SettingsError
        If they cannot be read, or something in them cannot be: names the file and the key.
    """
    return _settings_above(script.absolute().parent)


@cache
def _settings_above(folder: Path) -> Settings:
    found = _read(folder / FILE_NAME)
    if found is not None:
        return found
    return Settings() if folder.parent == folder else _settings_above(folder.parent)


def _read(path: Path) -> Settings | None:
    """The settings in a file; None if it is not there or has no such table."""
    if not path.is_file():
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    if TABLE.encode() not in data:
        return None
    # Slow to load, and most projects have no such table.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from error
    tools = content.get("tool", {})
    if not isinstance(tools, dict) or TABLE not in tools:
        return None
    table = tools[TABLE]
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [tool.{TABLE}] is not a table")
    return check_settings(table, path)


def check_settings(table: Mapping[str, Any], path: Path) -> Settings:
    """The settings in a table.

    Raises
    ------
    SettingsError
        At the first key that is not known, or whose value does not fit.
    """
    read = {}
    for key, value in table.items():
        if key not in _KEYS:
            near = difflib.get_close_matches(key.replace("_", "-"), _KEYS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(
                f"{path}: [tool.{TABLE}] has no key {key!r}; {hint}Keys are {', '.join(_KEYS)}"
            )
        read[key.replace("-", "_")] = _KEYS[key](value, f"{path}: [tool.{TABLE}] {key}")
    return Settings(path.parent, **read)


def check_parties(names: Iterable[str], where: str) -> tuple[str, ...]:
    """Names of parties.

    Raises
    ------
    SettingsError
        Naming the first one that is empty, malformed or there twice.
    """
    seen: list[str] = []
    for name in names:
        if not name:
            raise SettingsError(f"{where}: name {len(seen) + 1} is empty")
        if not _PARTY.fullmatch(name):
            raise SettingsError(
                f"{where}: {name!r} is not a party name; "
                "use letters, digits, - and _, beginning with a letter"
            )
        if name in seen:
            raise SettingsError(f"{where}: {name!r} is there twice")
        seen.append(name)
    return tuple(seen)


def check_key(columns: Iterable[str], where: str) -> tuple[str, ...]:
    """Names of the columns by which rows are matched.

    Raises
    ------
    SettingsError
        If there is none, or one of them is empty or there twice.
    """
    names = tuple(columns)
    if not all(names or ("",)):
        place = names.index("") + 1 if names else 1
        raise SettingsError(f"{where}: name {place} is empty; it takes columns, such as id")
    if len(set(names)) < len(names):
        raise SettingsError(f"{where}: a column is there twice")
    return names


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise SettingsError(f'{where}: takes a list of texts, such as ["one", "two"]')
    return tuple(value)


def _parties(value: Any, where: str) -> tuple[str, ...]:
    names = _texts(value, where)
    if not names:
        raise SettingsError(f"{where}: takes one name at least")
    return check_parties(names, where)


def _split(value: Any, where: str) -> str:
    if value not in SPLITS:
        raise SettingsError(f"{where}: takes one of {', '.join(SPLITS)}")
    return str(value)


def _partition(value: Any, where: str) -> str:
    if value not in PARTITIONS:
        raise SettingsError(f"{where}: takes one of {', '.join(PARTITIONS)}")
    return str(value)


def _party(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{where}: takes one name")
    return check_parties([value], where)[0]


def _key(value: Any, where: str) -> tuple[str, ...]:
    return check_key(_texts([value] if isinstance(value, str) else value, where), where)


def _codes(value: Any, where: str) -> Codes:
    from fedmigrate.diagnostics import find_code

    codes = set()
    for entry in _texts(value, where):
        try:
            code = find_code(entry).code
        except UsageError as error:
            raise SettingsError(f"{where}: {error}") from error
        if code.startswith(_UNSUPPRESSIBLE):
            raise SettingsError(f"{where}: {code} is an error and cannot be ignored")
        codes.add(code)
    return frozenset(codes)


def _codes_by_file(value: Any, where: str) -> tuple[tuple[str, Codes], ...]:
    if not isinstance(value, dict):
        raise SettingsError(f'{where}: takes a table, such as {{ "old/*.py" = ["FM205"] }}')
    return tuple(
        (pattern, _codes(codes, f"{where}.{pattern!r}")) for pattern, codes in value.items()
    )


_KEYS: Mapping[str, Callable[[Any, str], Any]] = {
    "parties": _parties,
    "split": _split,
    "partition": _partition,
    "label-party": _party,
    "on": _key,
    "ignore": _codes,
    "exclude": _texts,
    "per-file-ignores": _codes_by_file,
}
"""Key -> what checks its value; a field of `Settings` under the same name takes it."""
