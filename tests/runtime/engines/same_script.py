"""One script on every engine: the same models bit by bit, and the same ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from asking import PATIENCE
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from subjects import PARTIES, POLICY, SCRIPT_NAME, pooled

SCRIPT = """\
import joblib
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from fedruntime.metrics import accuracy_score, r2_score, roc_auc_score
from fedruntime.model_selection import train_test_split
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

fed = init(parties=["alice", "bob", "carol"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)
LIMIT = 4.0

def read(name):
    table = pd.read_csv(name)
    return table.assign(b=table["b"].clip(upper=LIMIT))

df = fed.load(read, "table.csv")
X, y = df[["a", "b"]], df["ill"]
scaler = FLModel(device_list=devices, model=StandardScaler(), aggregator=aggregator)
Z = scaler.fit_transform(X)
model = FLModel(device_list=devices, model=LogisticRegression(), aggregator=aggregator)
model.fit(Z, y)
line = FLModel(device_list=devices, model=LinearRegression(), aggregator=aggregator)
line.fit(X, df["c"])
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
tree = DecisionTreeClassifier(max_depth=2, min_samples_leaf=5, random_state=0)
tree = FLModel(device_list=devices, model=tree, aggregator=aggregator).fit(X_train, y_train)
print(len(df), accuracy_score(y, model.predict(Z)), r2_score(df["c"], line.predict(X)))
print(roc_auc_score(y_test, tree.predict_proba(X_test)[:, 1]), df["a"].mean())
fitted = {"scaler": scaler, "model": model, "line": line, "tree": tree}
joblib.dump({name: one.to_sklearn() for name, one in fitted.items()}, "models.joblib")
"""

_NONE: Mapping[str, Path] = {}


@dataclass(frozen=True)
class Trained:
    """What a run of ``SCRIPT`` has left.

    Parameters
    ----------
    models : mapping of str to estimator
    ledger : list of mapping
        The lines of the coordinator's.
    printed : str
    folders : mapping of party to Path
        Where real parties have their own ledgers.
    """

    models: Mapping[str, Any]
    ledger: list[dict[str, Any]]
    printed: str
    folders: Mapping[str, Path]


def trained_in(folder: Path, printed: str, folders: Mapping[str, Path] = _NONE) -> Trained:
    """What a run has left in the coordinator's folder; see ``Trained`` for ``folders``."""
    ledger = folder / ".fedmigrate" / Path(SCRIPT_NAME).with_suffix(".ledger.jsonl")
    return Trained(joblib.load(folder / "models.joblib"), _lines(ledger), printed, folders)


def _lines(ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]


def run_in(folder: Path, folders: Mapping[str, Path] = _NONE) -> Trained:
    """Run the script in the coordinator's folder, on the engine that is set there."""
    (folder / SCRIPT_NAME).write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, SCRIPT_NAME],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return trained_in(folder, done.stdout, folders)


@pytest.fixture(name="simulated", scope="class")
def simulated_of_a_class(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The script in simulation on the local engine, with the rows that real parties have."""
    folder = tmp_path_factory.mktemp("simulated")
    pooled(PARTIES).to_csv(folder / "table.csv", index=False)
    (folder / "federation.toml").write_text(f"[policy]\n{POLICY}", encoding="utf-8")
    return run_in(folder)


class SameScriptSuite:
    """The fixture ``trained`` is the same script on another engine, over real parties.

    It is one test, since its runs are dear and tests of a class may be dealt to several processes.
    """

    def test_models_and_ledgers_are_those_of_the_simulation(
        self, trained: Trained, simulated: Trained
    ) -> None:
        _assert_models_are_the_same(trained, simulated)
        _assert_models_are_the_pooled_ones(trained)
        _assert_ledgers_are_the_same_but_for_what_is_drawn(trained, simulated)
        _assert_loading_tells_facts_only(trained)
        _assert_each_party_has_noted_the_same(trained)


def _assert_models_are_the_same(trained: Trained, simulated: Trained) -> None:
    assert trained.models.keys() == simulated.models.keys()
    for name, model in trained.models.items():
        assert _digest(model) == _digest(simulated.models[name]), name
    assert trained.printed == simulated.printed


def _assert_models_are_the_pooled_ones(trained: Trained) -> None:
    table = pooled(PARTIES)
    X = table[["a", "b"]].assign(b=table["b"].clip(upper=4.0))
    scaler = StandardScaler().fit(X)
    expected = {
        "model": LogisticRegression().fit(scaler.transform(X), table["ill"]),
        "line": LinearRegression().fit(X, table["c"]),
    }
    for name, model in expected.items():
        assert trained.models[name].coef_ == pytest.approx(model.coef_, rel=1e-10), name


def _assert_ledgers_are_the_same_but_for_what_is_drawn(
    trained: Trained, simulated: Trained
) -> None:
    there, here = (_without_the_drawn(one.ledger) for one in (trained, simulated))
    assert [line for line in there if not _is_loading(line)] == here


def _assert_loading_tells_facts_only(trained: Trained) -> None:
    """In a simulation rows are dealt, and nobody is asked for them."""
    loading = [line for line in trained.ledger if _is_loading(line)]
    asked = [(line["operation"], line["party"]) for line in loading]
    operations = ("device.run", "load.describe", "load.entry")
    assert asked == [(operation, party) for operation in operations for party in PARTIES]
    assert trained.ledger[0]["mode"] == "real"


def _assert_each_party_has_noted_the_same(trained: Trained) -> None:
    for party, folder in trained.folders.items():
        own = _lines(folder / "own.jsonl")
        told = [line for line in trained.ledger if line.get("party") == party]
        assert [line["operation"] for line in own if line["kind"] == "message"] == [
            line["operation"] for line in told
        ]


def _digest(model: Any) -> str:
    """Of all bits of a fitted model that mean something."""
    state = dict(vars(model))
    tree = state.pop("tree_", None)
    if tree is not None:  # between the fields of its nodes there is whatever was in memory
        nodes = tree.__getstate__()["nodes"]
        state["nodes"] = [np.array(nodes[field]) for field in nodes.dtype.names]
        state["values"] = tree.value
    return str(joblib.hash(state))


def _is_loading(line: Mapping[str, Any]) -> bool:
    return str(line.get("purpose", "")).startswith("load ")


def _without_the_drawn(ledger: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What two runs of one script have in common.

    Left out are what chains a line to the one before it, and the run's name; when it began and
    ended; the numbers of messages, which loading shifts; of the head what names the engine
    (``settings`` is a digest of them). Sessions are named at random, and so get their places in
    the order of their names' appearance. Keys, masks and shares are drawn, too, but of these a
    ledger holds names and shapes only. Masked vectors differ in every word; their sums do not,
    since masks are whole numbers that cancel. (Noise does not: under a privacy budget two runs
    differ on any engine.)
    """
    drawn = ("line", "previous", "sha256", "run", "began", "ended", "number", "messages")
    of_the_engine = ("mode", "policy", "settings")
    sessions: dict[str, int] = {}
    kept = []
    for line in ledger:
        left = {name: value for name, value in line.items() if name not in drawn + of_the_engine}
        if left.get("session"):
            left["session"] = sessions.setdefault(left["session"], len(sessions))
        kept.append(left)
    return kept
