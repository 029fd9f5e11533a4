"""A converted notebook runs under Jupyter's own kernel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from notebook_cells import FIT, IMPORTS, LOAD, build

from fedmigrate.convert import convert
from fedmigrate.plan import Options
from fedmigrate.source import decode

pytestmark = pytest.mark.filterwarnings("ignore")


def execute(data: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each cell of a notebook prints and shows."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sys.path)))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    notebook = nbformat.reads(data.decode(), as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    return [
        "".join(
            shown.get("text") or shown.get("data", {}).get("text/plain", "")
            for shown in cell["outputs"]
        )
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def test_it_trains_the_same_model(
    tmp_path: Path, patients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = ("%matplotlib inline\n" + IMPORTS, "files = !ls *.csv\n" + LOAD + "\nfiles, X.shape")
    rest = ("%time model = LogisticRegression().fit(X, y)", "model.coef_.round(9)", "df")
    original = build(*cells, *rest)
    conversion = convert(decode(original, "train.ipynb"), Options()).data
    pooled = execute(original, tmp_path, monkeypatch)
    federated = execute(conversion, tmp_path, monkeypatch)
    assert federated[1] == pooled[1] == "(['patients.csv'], (40, 2))"
    assert federated[3] == pooled[3]
    assert "outcome" in pooled[4]
    assert "outcome" not in federated[4]
    ledgers = [path.name for path in (tmp_path / ".fedmigrate").iterdir()]
    assert ledgers == ["notebook.ledger.jsonl"]


def test_an_error_names_the_cell(
    tmp_path: Path, patients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = convert(decode(build(IMPORTS, LOAD, FIT, "x = 1\nprint(X)"), "a.ipynb"), Options()).data
    with pytest.raises(CellExecutionError, match=r"cell In\[4\], line 3: .*rows stay"):
        execute(data, tmp_path, monkeypatch)
