"""The command line as a user calls it: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

df = pd.read_csv("patients.csv")
X = df.drop(columns=["outcome"])
y = df["outcome"]
model = LogisticRegression()
model.fit(X, y)
print(accuracy_score(y, model.predict(X)))
"""
LEFT = SCRIPT.replace("LogisticRegression", "KNeighborsClassifier").replace(
    "linear_model", "neighbors"
)

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def fedmigrate(tmp_path: Path) -> Run:
    """Run ``fedmigrate`` in the test's folder."""

    def run(*arguments: str, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "fedmigrate", *arguments],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))} | more,
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that converts without remarks."""
    path = tmp_path / "train.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A script with an estimator that a person has to replace."""
    path = tmp_path / "left.py"
    path.write_text(LEFT, encoding="utf-8")
    return path
