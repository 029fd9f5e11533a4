"""Notebooks whose training spans modules beside them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from notebook_cells import LOAD, build, sources

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
HELPERS = """\
from sklearn.linear_model import LogisticRegression


def train(X, y):
    return LogisticRegression().fit(X, y)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "helpers.py").write_text(HELPERS)
    cells = ("import pandas as pd\n%matplotlib inline\nfrom helpers import train", LOAD)
    (tmp_path / "train.ipynb").write_bytes(build(("markdown", "a"), *cells, "m = train(X, y)"))
    return tmp_path


def test_a_module_is_converted_with_the_notebook(fedmigrate: Run, project: Path) -> None:
    done = fedmigrate("convert", "train.ipynb")
    assert done.returncode == 0, done.stderr
    assert "train.ipynb: cell 1, line 3  helpers" in done.stderr.decode()
    cells = sources((project / "train_fed.ipynb").read_bytes())
    assert "\nfrom helpers_fed import train" in cells[1]
    assert "fed.load(pd.read_csv" in cells[2]
    assert "FLModel(" in (project / "helpers_fed.py").read_text()


def test_a_check_sees_through_the_module(fedmigrate: Run, project: Path) -> None:
    assert fedmigrate("convert", "--check", "train.ipynb").returncode == 1
    fedmigrate("convert", "train.ipynb")
    assert fedmigrate("convert", "--check", "train.ipynb").returncode == 0
    (project / "helpers.py").write_text(
        HELPERS.replace("LogisticRegression()", "LogisticRegression(C=2)")
    )
    assert fedmigrate("convert", "--check", ".").returncode == 1


def test_a_folder_is_one_project(fedmigrate: Run, project: Path) -> None:
    files = json.loads(fedmigrate("convert", ".", "--format", "json").stdout)["files"]
    assert {file["path"]: file["status"] for file in files} == {
        "helpers.py": "written",
        "train.ipynb": "written",
    }


def test_a_text_about_imports_is_no_import(fedmigrate: Run, project: Path) -> None:
    text = ("markdown", "Then write\n\n    from helpers import train")
    (project / "train.ipynb").write_bytes(build(text, "import helper\nx = 1"))
    done = fedmigrate("convert", "train.ipynb")
    assert done.returncode == 0
    assert b"nothing to convert" in done.stderr
    assert not (project / "helpers_fed.py").exists()
