"""Predictions out of folds are compared by what they sum up to: one a row stays with its row."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """\
from sklearn.datasets import load_{data}
from sklearn.linear_model import {model}
from sklearn.model_selection import cross_val_predict

X, y = load_{data}(return_X_y=True)
predicted = cross_val_predict({model}({options}), X, y, cv=4)
"""


@pytest.mark.parametrize(
    ("data", "model", "options"),
    [("diabetes", "Ridge", ""), ("iris", "LogisticRegression", "max_iter=500")],
)
def test_predictions_out_of_folds_are_compared(
    tmp_path: Path, data: str, model: str, options: str
) -> None:
    text = SCRIPT.format(data=data, model=model, options=options)
    (tmp_path / "train.py").write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    done = subprocess.run(
        [sys.executable, "-m", "fedmigrate", "verify", "train.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cross_val_predict" in done.stdout
    assert "As promised" in done.stdout
