"""What a party reviews: the federated script and the modules beside it that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from fedmigrate.errors import UsageError
from fedmigrate.generated import conversion_path, imports_runtime
from fedmigrate.project import Finder, absolute
from fedmigrate.source import read


@dataclass(frozen=True)
class Bundle:
    """A script with what it needs.

    Parameters
    ----------
    script : str
        Its file name.
    files : mapping of PurePosixPath to bytes
        The script and its modules, relative to its folder.
    """

    script: str
    files: dict[PurePosixPath, bytes]

    @property
    def modules(self) -> list[str]:
        """Paths of the modules, relative to the script."""
        return [str(path) for path in self.files if str(path) != self.script]

    @property
    def digest(self) -> str:
        """SHA-256 of the script, in hexadecimal: what parties compare before anything runs."""
        return sha256(self.files[PurePosixPath(self.script)]).hexdigest()


def collect(script: Path) -> Bundle:
    """The script and, transitively, the modules of the user's own that it imports.

    Raises
    ------
    UsageError
        If it is not federated, or a module lies outside its folder.
    SourceError
        If a file cannot be read or parsed.
    """
    root = absolute(script)
    if not imports_runtime(read(script).tree):
        target = conversion_path(script)
        raise UsageError(
            f"{script}: is not federated. `fedmigrate convert {script}` writes {target}: "
            "deploy that"
        )
    finder, found, pending = Finder(), {root: read(script)}, [root]
    while pending:
        path = pending.pop()
        for module in sorted(_imported(path, found[path].tree, finder) - found.keys()):
            if not module.is_relative_to(root.parent):
                raise UsageError(
                    f"{script}: imports {module.name} from outside its folder. Parties run from a "
                    "folder of their own: move the module beside the script, or install it there"
                )
            found[module] = read(module)
            pending.append(module)
    files = {
        PurePosixPath(path.relative_to(root.parent).as_posix()): path.read_bytes() for path in found
    }
    return Bundle(root.name, dict(sorted(files.items())))


def _imported(path: Path, tree: ast.Module, finder: Finder) -> set[Path]:
    found = {finder.find(path, name, level) for name, level in _names(tree)}
    return {module for module in found if module is not None}


def _names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Modules that are imported, packages around them included, with the dots of relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from ((name, 0) for name in _with_packages(alias.name))
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            inner = (f"{home}.{alias.name}".lstrip(".") for alias in node.names)
            names = {part for name in (home, *inner) if name for part in _with_packages(name)}
            yield from ((name, node.level) for name in sorted(names))


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
