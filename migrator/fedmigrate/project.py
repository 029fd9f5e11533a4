"""Scripts and the modules beside them that they import: which files are planned together.

A notebook is a script here, too, and nothing imports it.

Files are found as Python finds them, from the folder of the script and, up to the root of the
project, from the folders above it. Nothing is imported or run; what cannot be read or parsed is
not part of a project, and is reported where it is converted itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fedmigrate.errors import SourceError
from fedmigrate.gate import worth_parsing
from fedmigrate.generated import is_generated
from fedmigrate.source import Source, decode, is_notebook

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]*\(?([^#\n]*)|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)
_WORD = re.compile(r"\w+")
_ROOT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
_MAX_FOLDERS_UP = 4
_MAX_MODULES = 200
"""A script that leads to more modules than this is not followed into any."""


@dataclass(frozen=True)
class Project:
    """Files that are planned together.

    Parameters
    ----------
    sources : mapping of Path to Source
        Every member, in the order of their paths.
    entries : tuple of Path
        Those that no other imports: the scripts that people run.
    imports : mapping of Path to frozenset of Path
        What each of them imports.
    """

    sources: Mapping[Path, Source]
    entries: tuple[Path, ...]
    imports: Mapping[Path, frozenset[Path]]
    _finder: Finder = field(repr=False, compare=False)

    def find(self, importer: Path, name: str, level: int = 0) -> Path | None:
        """The member that an import names, or None."""
        found = self._finder.find(importer, name, level)
        return found if found in self.sources else None

    def behind(self, script: Path) -> list[Path]:
        """The members that a script leads to, other than itself."""
        reached, pending = {script}, [script]
        while pending:
            new = self.imports[pending.pop()] - reached
            reached |= new
            pending.extend(new)
        return sorted(reached - {script})


class Finder:
    """Finds the files that imports name, remembering what was looked for."""

    def __init__(self) -> None:
        self._roots: dict[Path, tuple[Path, ...]] = {}
        self._files: dict[tuple[Path, str], Path | None] = {}
        self._modules: dict[tuple[Path, str], Path | None] = {}

    def find(self, importer: Path, name: str, level: int = 0) -> Path | None:
        """The file of a module.

        Parameters
        ----------
        name : str
            Dotted; empty for the package that a relative import starts from.
        level : int
            How many dots a relative import begins with.
        """
        if level:
            folder = importer.parent
            for _ in range(level - 1):
                folder = folder.parent
            return self._file(folder, name)
        key = importer.parent, name
        if key not in self._modules:
            found = (self._file(root, name) for root in self._search(importer.parent))
            self._modules[key] = next((one for one in found if one is not None), None)
        return self._modules[key]

    def _search(self, folder: Path) -> tuple[Path, ...]:
        """The folder itself and those above it, up to the project's root."""
        if folder not in self._roots:
            above = [folder]
            while len(above) <= _MAX_FOLDERS_UP and not _is_root(above[-1]):
                above.append(above[-1].parent)
            found = above if _is_root(above[-1]) else above[:1]
            self._roots[folder] = tuple(found)
        return self._roots[folder]

    def _file(self, folder: Path, name: str) -> Path | None:
        key = folder, name
        if key not in self._files:
            path = folder.joinpath(*name.split(".")) if name else folder
            module = path.with_name(path.name + ".py") if path.name else path
            candidates = (module, path / "__init__.py") if name else (path / "__init__.py",)
            self._files[key] = next((one for one in candidates if one.is_file()), None)
        return self._files[key]


class Projects:
    """Finds the projects of scripts; each file is read once, however often it is asked for."""

    def __init__(self) -> None:
        self._finder = Finder()
        self._data: dict[Path, bytes | None] = {}
        self._imports: dict[Path, frozenset[Path]] = {}
        self._importing: dict[Path, dict[Path, set[Path]]] = {}
        self._found: dict[Path, Project | None] = {}

    def of(self, script: Path) -> Project | None:
        """The project of a script, or None where it stands alone or holds no training."""
        path = absolute(script)
        if path not in self._found:
            members = self._members(path)
            project = self._project(members) if len(members) > 1 else None
            self._found.update(dict.fromkeys(members, project))
        return self._found[path]

    def _members(self, script: Path) -> list[Path]:
        """Whatever imports lead to, and whoever leads there: they decide about it together."""
        members, pending = {script}, [script]
        while pending and len(members) <= _MAX_MODULES:
            path = pending.pop()
            near = self._imported(path) | self._importers(path.parent).get(path, set())
            pending.extend(sorted(near - members))
            members |= near
        return sorted(members) if len(members) <= _MAX_MODULES else [script]

    def _project(self, members: Sequence[Path]) -> Project | None:
        if not worth_parsing(b"\n".join(self._read(path) or b"" for path in members)):
            return None  # one may construct what another fits, so they are looked at as a whole
        sources = {path: source for path in members if (source := self._source(path)) is not None}
        imports = {path: self._imported(path) & sources.keys() - {path} for path in sources}
        imported = frozenset[Path]().union(*imports.values())
        entries = tuple(path for path in sources if path not in imported)
        return Project(sources, entries, imports, self._finder) if len(sources) > 1 else None

    def _imported(self, path: Path) -> frozenset[Path]:
        if path not in self._imports:
            found = _imported(path, self._code(path), self._finder)
            self._imports[path] = frozenset(one for one in found if self._read(one) is not None)
        return self._imports[path]

    def _importers(self, folder: Path) -> dict[Path, set[Path]]:
        """File -> the scripts in a folder that import it; others rarely do."""
        if folder not in self._importing:
            found: dict[Path, set[Path]] = {}
            for script in (*folder.glob("*.py"), *folder.glob("*.ipynb")):
                for module in self._imported(script):
                    found.setdefault(module, set()).add(script)
            self._importing[folder] = found
        return self._importing[folder]

    def _read(self, path: Path) -> bytes | None:
        """What a file holds; nothing where it cannot be read or is a conversion."""
        if path not in self._data:
            try:
                data = path.read_bytes()
                self._data[path] = None if is_generated(data) else data
            except OSError:
                self._data[path] = None
        return self._data[path]

    def _code(self, path: Path) -> bytes:
        """The lines of a script, those of a notebook without the file around them."""
        data = self._read(path) or b""
        if not is_notebook(path.name) or not data:
            return data
        try:
            return decode(data, path.name).text.encode("utf-8", "replace")
        except SourceError:
            return b""

    def _source(self, path: Path) -> Source | None:
        """A member that can be followed; others are not part of the project."""
        data = self._read(path)
        if data is None:
            return None
        try:
            here = Path.cwd()
            name = path.relative_to(here) if path.is_relative_to(here) else path
            source = decode(data, str(name))
            _ = source.tree
        except SourceError:
            return None
        return source


def absolute(path: Path) -> Path:
    """A path as projects know it; links are not followed."""
    return Path(os.path.abspath(path))


def _imported(path: Path, data: bytes, finder: Finder) -> Iterator[Path]:
    """The files that a script imports, going by its lines."""
    for match in _IMPORT.finditer(data):
        module, names, plain = (part.decode("utf-8", "replace") for part in match.groups(b""))
        if plain:
            wanted: Iterable[tuple[str, int]] = (
                (one.split()[0], 0) for one in plain.split(",") if one.split()
            )
        else:
            level = len(module) - len(module.lstrip("."))
            home = module[level:]
            inner = (f"{home}.{name}".lstrip(".") for name in _WORD.findall(names))
            wanted = ((name, level) for name in (home, *inner))
        for name, level in wanted:
            if (name or level) and (found := finder.find(path, name, level)) is not None:
                yield found


def _is_root(folder: Path) -> bool:
    return folder.parent == folder or any((folder / mark).exists() for mark in _ROOT_MARKS)
