"""A folder with one script of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

CLEAN = """\
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("patients.csv")
Ridge().fit(df[["age"]], df["outcome"])
"""
FILES = {
    "broken.py": "import sklearn\nmodel.fit(X, y\n",
    "clean.py": CLEAN,
    "federated.py": "import fedruntime\nimport sklearn\nmodel.fit(X, y)\n",
    "left.py": CLEAN.replace("linear_model", "neighbors").replace("Ridge", "KNeighborsRegressor"),
    "notes.py": CLEAN.replace("Ridge()", 'Ridge(solver="sag")'),
    "plain.py": "print('sklearn')\n",
    "[bold]<b>&amp.py": CLEAN,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Scripts of every kind, in a folder of a folder."""
    code = tmp_path / "code"
    code.mkdir()
    for name, text in FILES.items():
        (code / name).write_text(text, encoding="utf-8")
    return code
