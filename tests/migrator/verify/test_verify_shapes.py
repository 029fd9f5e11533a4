"""``fedmigrate verify`` on pipelines, functions, tasks and worker processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_SILENT = '''\
"""Prints nothing."""
from __future__ import annotations

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def build(C: float):
    return make_pipeline(StandardScaler(), LogisticRegression(C=C))


def main() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    for C in (0.1, 1.0):
        build(C).fit(X, y)
    found = cross_validate(Ridge(), X, y, cv=3, return_estimator=True)


if __name__ == "__main__":
    main()
'''

_CONCURRENT = """\
import asyncio
from joblib import Parallel, delayed
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, Ridge

X, y = load_diabetes(return_X_y=True)
second = asyncio.Event()


def train(alpha):
    return Ridge(alpha=alpha).fit(X, y).coef_[0]


async def rows(wait):
    await second.wait() if wait else second.set()
    return X


async def fit(model, wait):
    model.fit(await rows(wait), y)


async def both():
    await asyncio.gather(fit(LinearRegression(), True), fit(Ridge(), False))


print(Parallel(n_jobs=2)(delayed(train)(alpha) for alpha in (0.1, 1.0)))
asyncio.run(both())
"""


def _fedmigrate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fedmigrate", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def _verified(folder: Path, exit_code: int) -> dict[str, Any]:
    done = _fedmigrate(folder, "verify", "train.py", "--format", "json")
    assert done.returncode == exit_code, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pipelines_in_functions_and_folds_are_compared_and_nothing_beside_them_is_touched(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.py").write_text(_SILENT)
    (tmp_path / ".fedmigrate").mkdir()
    (tmp_path / ".fedmigrate" / "train_fed.ledger.jsonl").write_text("the last real run\n")
    before = _contents(tmp_path)
    answer = _verified(tmp_path, 0)
    assert [(fit["name"], fit["line"]) for fit in answer["fits"]] == [("Pipeline.fit", 18)] * 2
    assert {"steps[0][1].mean_", "steps[1][1].coef_"} <= answer["fits"][0]["parts"].keys()
    (score,) = answer["scores"]
    assert score["name"] == "cross_validate"
    assert "value['test_score']" in score["parts"]
    assert "value['estimator'][2].coef_" in score["parts"]
    assert not any("_time" in part for part in score["parts"])
    assert answer["lines"] == []
    assert _contents(tmp_path) == before


def test_another_parameter_in_the_conversion_names_the_attributes_it_changes(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.py").write_text(_SILENT)
    assert _fedmigrate(tmp_path, "convert", "train.py").returncode == 0
    conversion = tmp_path / "train_fed.py"
    text = conversion.read_text()
    assert text.count("LogisticRegression(C=C)") == 1
    conversion.write_text(text.replace("LogisticRegression(C=C)", "LogisticRegression(C=2 * C)"))
    answer = _verified(tmp_path, 1)
    assert answer["conversion_stale"] is True
    for fit in answer["fits"]:
        assert fit["as_expected"] is False
        assert fit["verdict"].startswith("differs")
        assert fit["parts"]["steps[1][1].coef_"]["relative"] > 1e-3
        assert fit["parts"]["steps[0][1].mean_"]["relative"] < 1e-12
    assert all(score["as_expected"] for score in answer["scores"])


def test_fits_in_workers_and_in_interleaved_tasks_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_CONCURRENT)
    answer = _verified(tmp_path, 0)
    names = [fit["name"] for fit in answer["fits"]]
    assert names == ["Ridge.fit"] * 3 + ["LinearRegression.fit"]
