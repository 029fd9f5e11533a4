"""Functions of the script at simulated parties: workers find them in the script's text, as real
parties do in what they have reviewed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from party_folders import TIMEOUT, printed
from quickstart import table

SCRIPT = """
import pandas as pd
from fedruntime import init

LIMIT = 20.0

def read(name):
    return pd.read_csv(name).assign(twice=lambda table: 2 * table["mean_radius"])

def capped(value):
    return min(value, LIMIT)

fed = init(parties=["alice", "bob", "carol"])
df = fed.load(read, "patients.csv")
print(df["twice"].mean(), df["mean_radius"].map(capped).max())
print(df["mean_radius"].map(lambda value: value - LIMIT).mean())
"""


def _run(folder: Path, engine: str) -> subprocess.CompletedProcess[str]:
    (folder / "federation.toml").write_text(f'engine = "{engine}"\n')
    return subprocess.run(
        [sys.executable, "train_fed.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train_fed.py").write_text(SCRIPT)
    table().to_csv(tmp_path / "patients.csv", index=False)
    return tmp_path


def test_they_give_what_they_give_on_the_local_engine(folder: Path) -> None:
    there, here = _run(folder, "secretflow"), _run(folder, "local")
    assert (there.returncode, here.returncode) == (0, 0), there.stderr + here.stderr
    assert printed(there.stdout) == here.stdout
    assert len(here.stdout.splitlines()) == 2


def test_what_is_not_in_the_text_is_refused_as_at_real_parties(folder: Path) -> None:
    script = folder / "train_fed.py"
    computed = "LIMIT = pd.read_csv('patients.csv')['mean_radius'].max()"
    script.write_text(SCRIPT.replace("LIMIT = 20.0", computed))
    done = _run(folder, "secretflow")
    assert done.returncode == 1
    assert "UnsupportedError" in done.stderr
    assert "LIMIT" in done.stderr
