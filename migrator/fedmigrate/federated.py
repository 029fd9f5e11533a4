"""What a federated script says of its federation, read from its text: what it gives to ``init``,
and which engine it will run on. Values that it computes are not known here.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from fedmigrate.errors import UsageError
from fedmigrate.generated import conversion_path, imports_runtime
from fedmigrate.source import Source, is_notebook, read

FILE_NAME = "federation.toml"
_DEFAULT = "local"


def read_federated(script: Path) -> Source:
    """A federated script.

    Raises
    ------
    UsageError
        If it is a notebook, or not federated.
    SourceError
        If it cannot be read.
    """
    if is_notebook(str(script)):
        raise UsageError(f"{script}: is a notebook: run its cells in Jupyter, or export a script")
    source = read(script)
    if not imports_runtime(source.tree):
        raise UsageError(
            f"{script}: is not federated. `fedmigrate convert {script}` writes "
            f"{conversion_path(script)}: name that"
        )
    return source


def init_arguments(tree: ast.Module) -> dict[str, Any]:
    """The arguments of the first call of ``init`` that are literals."""
    for call in _calls_of(tree, "init"):
        words = {word.arg: word.value for word in call.keywords if word.arg}
        if call.args:
            words["parties"] = call.args[0]
        return {
            name: value for name, node in words.items() if (value := _literal(node)) is not None
        }
    return {}


def _literal(node: ast.expr) -> Any:
    """The value of an expression that is a literal; None if it is none."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def engine_of(script: Path, tree: ast.Module) -> str:
    """The engine that the script's settings name, as the runtime reads them."""
    named = os.environ.get("FEDMIGRATE_ENGINE")
    if named:
        return named
    beside, elsewhere = script.parent / FILE_NAME, os.environ.get("FEDMIGRATE_FEDERATION")
    for path in [*([Path(elsewhere)] if elsewhere else []), beside]:
        if "engine" in (told := read_table(path)):
            return str(told["engine"])
    return str(init_arguments(tree).get("engine", _DEFAULT))


def read_table(path: Path) -> Mapping[str, Any]:
    """The settings in a file; nothing where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # the runtime reads it, too, and says what is wrong


def _calls_of(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr == name:
                yield node
            if isinstance(called, ast.Name) and called.id == name:
                yield node
