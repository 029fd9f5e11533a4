"""What the README shows is what the tool does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent
_README = (_ROOT / "README.md").read_text(encoding="utf-8")


def test_the_diff_is_the_conversion_of_the_example(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_bytes((_ROOT / "examples" / "train.py").read_bytes())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "fedmigrate", "convert", "train.py"),
            *("--parties", "alice,bob,carol", "--diff"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = re.search(r"```diff\n(.*?)```", _README, re.DOTALL)
    assert shown is not None
    assert done.stdout.partition("--- ")[2] == shown.group(1).partition("--- ")[2]


def test_every_linked_page_is_there() -> None:
    pages = re.findall(r"\]\(([^)#:]+)\)", _README)
    assert pages
    for page in pages:
        assert (_ROOT / page).is_file(), page


@pytest.mark.parametrize("name", sorted(set(re.findall(r"benchmarks/(\w+)\.py", _README))))
def test_every_figure_has_the_command_that_makes_it(name: str) -> None:
    assert (_ROOT / "benchmarks" / f"{name}.py").is_file()


def test_the_hook_is_one_that_exists() -> None:
    hooks = (_ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    for hook in re.findall(r"- id: ([\w-]+)", _README):
        assert f"- id: {hook}\n" in hooks
