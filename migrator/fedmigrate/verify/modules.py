"""Modules of a script's own, instrumented as the script is when they are imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from fedmigrate.source import read
from fedmigrate.verify.instrument import instrument


def instrument_modules(files: Sequence[str]) -> None:
    """Let fits and scores in these files be recorded, too."""
    if files:
        sys.meta_path.insert(0, _Finder(frozenset(files)))


class _Finder(MetaPathFinder):
    def __init__(self, files: frozenset[str]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin not in self._files:
            return None
        spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compiled anew: what is cached beside the file is not instrumented."""
        tree = instrument(read(Path(self.path)))
        return compile(tree, self.path, "exec", dont_inherit=True)
