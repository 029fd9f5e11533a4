"""A script with modules of its own, from the command line to the trained model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]

FILES = {
    "train.py": """\
import models
from data_io import load
from sklearn.model_selection import train_test_split
from src.evaluate import report

X, y = load("patients.csv")
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = models.train(models.build(), X_train, y_train)
report(model, X_test, y_test)
""",
    "data_io.py": """\
import pandas as pd


def load(path):
    df = pd.read_csv(path)
    return df[["age", "bmi"]], df["outcome"]
""",
    "models.py": """\
from sklearn.linear_model import LogisticRegression


def build():
    return LogisticRegression()


def train(model, X, y):
    return model.fit(X, y)
""",
    "src/evaluate.py": """\
from sklearn.metrics import accuracy_score


def report(model, X, y):
    print(accuracy_score(y, model.predict(X)))
""",
    "unrelated.py": "print('nothing to train')\n",
}
CONVERSIONS = ["data_io_fed.py", "models_fed.py", "src/evaluate_fed.py", "train_fed.py"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    rows = [f"{20 + row % 50},{18 + row * 7 % 20},{int(row % 50 > 20)}" for row in range(80)]
    (tmp_path / "patients.csv").write_text("age,bmi,outcome\n" + "\n".join(rows) + "\n")
    return tmp_path


def _written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*_fed.py"))


def _output(folder: Path, script: str) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    done = subprocess.run(
        [sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_is_converted_with_its_modules_and_trains(fedmigrate: Run, project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*.py")}
    done = fedmigrate("convert", "train.py")
    assert done.returncode == 0
    assert _written(project) == CONVERSIONS
    assert {path: path.read_bytes() for path in before} == before
    said = done.stderr.decode()
    assert "models.py -> models_fed.py" in said
    assert "fedmigrate verify train.py" in said
    assert _output(project, "train_fed.py") == _output(project, "train.py")
    assert fedmigrate("convert", "--check", "train.py").returncode == 0


def test_a_folder_gives_the_same_files_as_its_script(fedmigrate: Run, project: Path) -> None:
    fedmigrate("convert", "train.py")
    alone = {name: (project / name).read_bytes() for name in CONVERSIONS}
    for name in CONVERSIONS:
        (project / name).unlink()
    assert fedmigrate("convert", ".").returncode == 0
    assert {name: (project / name).read_bytes() for name in _written(project)} == alone


def test_a_module_alone_gets_the_conversion_that_its_script_needs(
    fedmigrate: Run, project: Path
) -> None:
    fedmigrate("convert", "train.py")
    expected = (project / "models_fed.py").read_bytes()
    (project / "models_fed.py").unlink()
    assert fedmigrate("convert", "models.py").returncode == 0
    assert (project / "models_fed.py").read_bytes() == expected


def test_a_changed_module_makes_its_script_stale(fedmigrate: Run, project: Path) -> None:
    fedmigrate("convert", "train.py")
    module = project / "models.py"
    module.write_text(module.read_text().replace("LogisticRegression()", "LogisticRegression(C=2)"))
    done = fedmigrate("convert", "--check", "train.py")
    assert done.returncode == 1
    assert b"models.py" in done.stderr


def test_a_patch_holds_all_files(fedmigrate: Run, project: Path) -> None:
    done = fedmigrate("convert", "--diff", "train.py")
    assert done.returncode == 0
    assert _written(project) == []
    for name in CONVERSIONS:
        assert f"+++ b/{name}".encode() in done.stdout


def test_verify_sees_the_fits_of_modules(fedmigrate: Run, project: Path) -> None:
    early = fedmigrate("verify", "train.py")
    assert early.returncode == 2
    assert b"fedmigrate convert train.py" in early.stderr
    fedmigrate("convert", "train.py")
    done = fedmigrate("verify", "train.py")
    assert done.returncode == 0, done.stdout
    assert b"LogisticRegression.fit" in done.stdout
    assert b"As promised: 1 fitted model compared" in done.stdout
    sampled = fedmigrate("verify", "train.py", "--sample", "0.5")
    assert sampled.returncode == 2
    assert b"a module loads them" in sampled.stderr
