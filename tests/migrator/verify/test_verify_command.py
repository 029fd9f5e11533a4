"""``fedmigrate verify`` as a user runs it: real scripts in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = """\
import sys
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y)
for alpha in (0.1, 1.0):
    model = Ridge(alpha=alpha)
    model.fit(X_train, y_train)
    print(f"R2 {model.score(X_test, y_test):.10f} of {sys.argv[1:]}")
print("drawn", np.random.uniform(), __name__)
"""


def _verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fedmigrate", "verify", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def _json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_an_unseeded_script_and_its_conversion_are_the_same_and_leave_no_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT)
    done = _verify(tmp_path, "train.py", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = _json(done)
    assert answer["as_expected"] is True
    assert answer["conversion_written"] is False
    assert [(fit["name"], fit["line"], fit["expected"]) for fit in answer["fits"]] == [
        ("Ridge.fit", 11, "exact"),
        ("Ridge.fit", 11, "exact"),
    ]
    assert all(part["relative"] < 1e-12 for part in answer["fits"][0]["parts"].values())
    assert "coef_" in answer["fits"][0]["parts"]
    assert [line["as_expected"] for line in answer["lines"]] == [True] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["train.py"]


def test_a_conversion_that_computes_something_else_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT)
    subprocess.run(
        [sys.executable, "-m", "fedmigrate", "convert", "train.py"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    conversion = tmp_path / "train_fed.py"
    conversion.write_text(conversion.read_text().replace("(0.1, 1.0)", "(0.1, 1.01)"))
    done = _verify(tmp_path, "train.py", "train_fed.py")
    assert done.returncode == 1
    assert "note: train_fed.py is not what train.py is converted to today" in done.stdout
    rows = [line for line in done.stdout.splitlines() if "Ridge.fit" in line]
    assert "<- worse than expected" not in rows[0]
    assert "differs by" in rows[1]
    assert "<- worse than expected" in rows[1]
    assert "line 2 of the output: differs by" in done.stdout
    assert "Not as promised" in done.stdout


def test_a_sample_is_the_same_rows_for_both(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT.replace("alpha=alpha", "alpha=alpha, copy_X=True"))
    done = _verify(tmp_path, "train.py", "--sample", "0.3", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    whole = _verify(tmp_path, "train.py", "--format", "json")
    assert _json(done)["fits"] != _json(whole)["fits"]


def test_a_script_that_fails_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT.replace("model.fit(X_train", "model.fit(X_tain"))
    done = _verify(tmp_path, "train.py")
    assert done.returncode == 1
    assert "train.py did not run to its end:" in done.stdout
    assert 'train.py", line 11' in done.stdout
    assert "NameError" in done.stdout


def test_a_conversion_that_shows_rows_fails_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT + "print(X_test[0])\n")
    done = _verify(tmp_path, "train.py")
    assert done.returncode == 1
    assert "train_fed.py did not run to its end:" in done.stdout
    assert "RevealError" in done.stdout
    assert "The script shows rows at the line named above" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.py", "b.py", "c.py"], "a script, or a script and its conversion"),
        (["train.py", "--sample", "0"], "--sample 0 is not a share of the rows"),
        (["train.py", "--sample", "1.5"], "--sample 1.5 is not a share of the rows"),
        (["train.py", "--rtol", "-1"], "--rtol -1 is negative"),
        (["missing.py"], "missing.py: FM903 cannot be read"),
        (["broken.py"], "broken.py:1:"),
        (["nothing.py"], "holds nothing to convert"),
        (["train_fed.py"], "is federated already: did you mean `fedmigrate verify train.py`?"),
        (["train.py", "missing.py"], "missing.py: FM903 cannot be read"),
    ],
)
def test_wrong_usage_is_refused_before_anything_runs(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT)
    (tmp_path / "train_fed.py").write_text("from fedruntime import init\n")
    (tmp_path / "nothing.py").write_text("print('no model')\n")
    (tmp_path / "broken.py").write_text("def (:\n")
    done = _verify(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
