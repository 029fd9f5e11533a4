"""A notebook converted without files, and the command line in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from notebook_cells import build, sources

from fedmigrate.convert import Conversion, convert
from fedmigrate.plan import Options
from fedmigrate.source import decode

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Build = Callable[..., bytes]
Converted = Callable[..., Conversion]


@pytest.fixture
def notebook() -> Build:
    return build


@pytest.fixture
def converted() -> Converted:
    """Convert the cells of a notebook, without files."""

    def run(*cells: str | tuple[str, str], **options: Any) -> Conversion:
        return convert(decode(build(*cells), "train.ipynb"), Options(**options))

    return run


@pytest.fixture
def cells_of() -> Callable[[bytes], Sequence[str]]:
    return sources


@pytest.fixture
def fedmigrate(tmp_path: Path) -> Run:
    """Run ``fedmigrate`` in the test's folder."""

    def run(*arguments: str, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
        path = os.pathsep.join([*more.pop("before", "").split(), *sys.path])
        return subprocess.run(
            [sys.executable, "-m", "fedmigrate", *arguments],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": path} | more,
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """A small table to train on."""
    rows = ["a,b,outcome"]
    rows += [
        f"{index % 7},{index * 5 % 11},{int(index % 7 > index * 5 % 3)}" for index in range(40)
    ]
    path = tmp_path / "patients.csv"
    path.write_text("\n".join(rows) + "\n")
    return path
