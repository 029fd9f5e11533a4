"""``fedmigrate verify`` as a user runs it: real scripts in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedmigrate.verify import run
from fedmigrate.verify.pair import find_pair

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


def test_a_logistic_regression_of_other_strength_is_not_put_down_to_the_rows_alone(
    tmp_path: Path,
) -> None:
    script = (
        "from sklearn.datasets import load_iris\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "X, y = load_iris(return_X_y=True)\n"
        "X = StandardScaler().fit_transform(X)\n"
        "model = LogisticRegression(C=0.5)\n"
        "model.fit(X, y)\n"
    )
    (tmp_path / "train.py").write_text(script)
    subprocess.run(
        [sys.executable, "-m", "fedmigrate", "convert", "train.py"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    conversion = tmp_path / "train_fed.py"
    conversion.write_text(conversion.read_text().replace("C=0.5", "C=0.6"))
    done = _verify(tmp_path, "train.py")
    assert done.returncode == 1
    assert "Not as promised: LogisticRegression.fit. If the features are unscaled" in done.stdout


def test_a_sample_is_the_same_rows_for_both(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT.replace("alpha=alpha", "alpha=alpha, copy_X=True"))
    done = _verify(tmp_path, "train.py", "--sample", "0.3", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    whole = _verify(tmp_path, "train.py", "--format", "json")
    assert _json(done)["fits"] != _json(whole)["fits"]


def test_an_archive_is_sampled(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    X, y = draw.normal(size=(60, 2)), draw.normal(size=60)
    np.savez(tmp_path / "d.npz", names=np.array(["a", "b"]), X=X, y=y)
    (tmp_path / "train.py").write_text(
        "import numpy as np\n"
        "from sklearn.linear_model import Ridge\n"
        'data = np.load("d.npz")\n'
        "model = Ridge()\n"
        'model.fit(data["X"], data["y"])\n'
        'print(data["X"].shape)\n'
    )
    done = _verify(tmp_path, "train.py", "--sample", "0.5")
    assert done.returncode == 0, done.stdout


def test_the_settings_beside_a_script_count_for_a_conversion_that_is_not_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT)
    (tmp_path / "federation.toml").write_text('partys = ["a"]\n')
    done = _verify(tmp_path, "train.py")
    assert done.returncode == 1
    assert "federation.toml: unknown option 'partys'" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["federation.toml", "train.py"]


def test_processes_that_a_conversion_spawns_find_it_although_it_is_not_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.py").write_text(
        "import multiprocessing\n"
        "from sklearn.datasets import load_diabetes\n"
        "from sklearn.linear_model import Ridge\n"
        "def square(number):\n"
        "    return number * number\n"
        'if __name__ == "__main__":\n'
        "    X, y = load_diabetes(return_X_y=True)\n"
        "    model = Ridge()\n"
        "    model.fit(X, y)\n"
        '    with multiprocessing.get_context("spawn").Pool(1) as pool:\n'
        "        print(pool.map(square, [2, 3]))\n"
    )
    done = _verify(tmp_path, "train.py", "--format", "json")
    assert done.returncode == 0, done.stdout
    assert [line["verdict"] for line in _json(done)["lines"]] == ["identical"]


def test_sets_of_strings_have_one_order_in_both(tmp_path: Path) -> None:
    columns = ", ".join(f"'column {number}'" for number in range(20))
    (tmp_path / "train.py").write_text(_SCRIPT + f"print(list({{{columns}}}))\n")
    done = _verify(tmp_path, "train.py", "--format", "json")
    assert done.returncode == 0
    assert _json(done)["lines"][-1]["verdict"] == "identical"


def test_a_script_that_fails_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT.replace("model.fit(X_train", "model.fit(X_tain"))
    done = _verify(tmp_path, "train.py")
    assert done.returncode == 1
    assert "train.py, line 11, did not run to its end:" in done.stdout
    assert "  > model.fit(X_tain, y_train)" in done.stdout
    assert "NameError" in done.stdout
    assert "recorder.py" not in done.stdout


def test_the_line_is_named_however_deep_the_error_arose(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT.replace("y_train)\n", "y_test)\n"))
    done = _verify(tmp_path, "train.py", "--format", "json")
    assert done.returncode == 1
    failed = _json(done)["failed"]
    assert (failed["script"], failed["line"]) == ("train.py", 11)
    assert "inconsistent numbers of samples" in failed["said"]


def test_a_script_that_ends_its_process_is_reported(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT + "import os\nos._exit(0)\n")
    done = _verify(tmp_path, "train.py")
    assert done.returncode == 1
    assert "It ended its own process (os._exit)" in done.stdout


def test_a_script_that_never_ends_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT + "while True:\n    pass\n")
    monkeypatch.setattr(run, "_LONGEST_RUN", 0.5)
    runner = run.Runner(find_pair((str(tmp_path / "train.py"),)), None)
    original, conversion = runner.original(), runner.conversion()
    assert original.failure is not None
    assert original.failure.startswith("It was stopped after")
    assert conversion.failure is not None


def test_a_conversion_that_shows_rows_fails_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_SCRIPT + "print(X_test[0])\n")
    done = _verify(tmp_path, "train.py")
    assert done.returncode == 1
    assert "did not run to its end:" in done.stdout
    assert "  > print(X_test[0])" in done.stdout
    assert "RevealError: train_fed.py:" in done.stdout
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
