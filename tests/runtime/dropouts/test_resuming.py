"""A coordinator that is killed in the middle: the next run goes on where it stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

_SCRIPT = """
import os, sys
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
import fedruntime
from fedruntime import FLModel, init
from fedruntime.engines.local import LocalEngine

calls, call = [0], LocalEngine.call

def counted(self, requests, **options):
    calls[0] += 1
    if calls[0] == int(os.environ.get("DIES_AT", 0)):
        if os.environ["DIES_OF"] == "a kill":
            os._exit(9)
        raise RuntimeError("the coordinator's own")
    return call(self, requests, **options)

LocalEngine.call = counted
fed = init(["alice", "bob"], checkpoint="run.checkpoint")
X, y = fed.load(load_iris, return_X_y=True)
X = X * float(os.environ.get("SCALE", 1.0))
X = FLModel(model=StandardScaler()).fit_transform(X)
parts = []
model = FLModel(model=LogisticRegression(max_iter=40)).fit(X, y)
parts.append(model.coef_)
parts.append(FLModel(model=KMeans(3, n_init=1)).fit(X).cluster_centers_)
search = GridSearchCV(LogisticRegression(max_iter=5), {"C": [0.1, 1.0]}, cv=2)
parts.append(FLModel(model=search).fit(X, y).best_estimator_.coef_)
np.save("result.npy", np.concatenate([part.ravel() for part in parts]))
facts = sum(entry.protection == "facts" for entry in fed.ledger)
print(len(fed.ledger) - facts, calls[0])
"""


class _Run:
    """One run of the script: how it ended, its result, and how many messages left the parties,
    besides the facts of rows that these have made."""

    def __init__(self, folder: Path, seed: int = 0, **environment: str) -> None:
        (folder / "train.py").write_text(f"import numpy; numpy.random.seed({seed})\n{_SCRIPT}")
        result = folder / "result.npy"
        result.unlink(missing_ok=True)
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "train.py"],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        self.code, self.stderr = ended.returncode, ended.stderr
        self.messages, self.calls = map(int, ended.stdout.split() or (0, 0))
        self.result = np.load(result) if result.exists() else None


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> _Run:
    return _Run(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize(
    ("part", "dies_of"), [(0.15, "an exception"), (0.5, "a kill"), (0.95, "a kill")]
)
def test_training_goes_on_where_it_stopped(
    tmp_path: Path, whole: _Run, part: float, dies_of: str
) -> None:
    killed = _Run(tmp_path, DIES_AT=str(int(whole.calls * part)), DIES_OF=dies_of)
    assert killed.result is None
    assert (tmp_path / "run.checkpoint").exists()
    again = _Run(tmp_path)
    assert (again.code, again.result is not None) == (0, True)
    assert np.array_equal(again.result, whole.result)
    assert again.messages < whole.messages * (1.2 - part)
    assert "results of an interrupted run are kept" in again.stderr
    assert "set aside" not in again.stderr
    assert not (tmp_path / "run.checkpoint").exists()


def test_it_may_be_killed_more_than_once(tmp_path: Path, whole: _Run) -> None:
    for part in (3, 2):  # the second run does not ask again what the first has asked
        assert _Run(tmp_path, DIES_AT=str(whole.calls // part), DIES_OF="a kill").code == 9
    again = _Run(tmp_path)
    assert np.array_equal(again.result, whole.result)
    assert again.messages < whole.messages * 0.6


def test_data_that_has_changed_is_trained_on_anew(tmp_path: Path) -> None:
    _Run(tmp_path, DIES_AT="30", DIES_OF="a kill")
    again = _Run(tmp_path, SCALE="2.0")
    assert again.code == 0
    assert "is not what the interrupted run asked there" in again.stderr
    assert again.result is not None


def test_a_script_that_has_changed_begins_anew(tmp_path: Path, whole: _Run) -> None:
    _Run(tmp_path, seed=1, DIES_AT=str(whole.calls // 2), DIES_OF="a kill")
    again = _Run(tmp_path)
    assert "left by another script" in again.stderr
    assert np.array_equal(again.result, whole.result)
