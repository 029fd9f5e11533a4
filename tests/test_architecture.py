"""How the parts may know each other: the runtime never imports the tool, the tool only late."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent
_LATE = ("verify", "inventory", "doctor", "checks")  # commands that import it are imported late
_HEAVY = frozenset({"fedruntime", "jinja2", "numpy", "pandas", "rich", "scipy", "sklearn"})


def _modules(folder: str) -> list[Path]:
    return sorted((_ROOT / folder).rglob("*.py"))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", _modules("runtime"), ids=lambda path: path.stem)
def test_the_runtime_never_imports_the_tool(path: Path) -> None:
    names = {name for node in ast.walk(ast.parse(path.read_text())) for name in _imported(node)}
    assert not names & {"fedmigrate", "fedtemplates"}


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in _modules("migrator")
        if path.parent.name not in _LATE and path.stem != "live"
    ],
    ids=lambda path: path.stem,
)
def test_the_tool_imports_nothing_heavy_before_it_is_needed(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = {name for node in tree.body for name in _imported(node)}
    fills_templates = path.stem in ("render", "page")
    assert not names & (_HEAVY - {"jinja2"} if fills_templates else _HEAVY)


def test_both_lists_hold_modules() -> None:
    assert len(_modules("runtime")) > 50
    assert len(_modules("migrator")) > 50
