"""The example of ``docs/audit.md`` is what the tool says of the script in ``examples/``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def _shape(text: str) -> list[str]:
    """Lines without what versions and clocks decide: figures, hashes, widths of columns."""
    figures = re.sub(r"\b[0-9a-f]{64}\b|\b[0-9][0-9.,:]*(?: to [0-9][0-9.,]*)?", "#", text)
    return [" ".join(line.split()) for line in figures.splitlines()]


def test_the_example_is_what_is_printed(tmp_path: Path) -> None:
    for name in ("train.py", "write_table.py"):
        (tmp_path / name).write_bytes((_ROOT / "examples" / name).read_bytes())
    tool = ("-m", "fedmigrate")
    for arguments in (
        ("write_table.py", "patients.csv"),
        (*tool, "convert", "train.py", "--parties", "alice,bob,carol"),
        ("train_fed.py",),
        (*tool, "audit", "train_fed.py"),
    ):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    page = (_ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    assert _shape(done.stdout) == _shape(shown.group(1))
