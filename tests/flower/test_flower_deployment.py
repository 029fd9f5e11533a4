"""Real deployments: a SuperLink and SuperNodes with TLS and authentication on loopback, a folder a
party that holds its own rows alone, and the commands of the READMEs.
"""

from __future__ import annotations

import json
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from flower_folders import LIMIT, FlowerFolders, program, wait_until
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from fedmigrate.deploy.certificates import node_key

PARTIES = ("alice", "bob", "carol")
EXAMPLES = Path(__file__).parents[2] / "examples"
POLICY = "min_rows = 5\nmin_cell = 1\nmax_ratio = 10.0\nmin_parties = 2\nneeds_consent = []\n"
SCRIPT = """\
import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

from fedruntime import FLModel, init

fed = init(parties=["alice", "bob", "carol"])
df = fed.load(pd.read_csv, "patients.csv")
model = FLModel(model=LinearRegression()).fit(df[["age", "weight"]], df["days"])
print(len(df), "patients")
joblib.dump(model.to_sklearn(), "model.joblib")
"""


def tumours() -> pd.DataFrame:
    data = load_breast_cancer(as_frame=True)
    table: pd.DataFrame = data.data.rename(columns=lambda name: name.replace(" ", "_"))
    return table.assign(malignant=(data.target == 0).astype(int))


def stays() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age, weight = rng.normal(50, 12, 90), rng.normal(80, 9, 90)
    return pd.DataFrame({"age": age, "weight": weight, "days": age / 9 + rng.normal(size=90)})


def parts_of(table: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """Contiguous parts, in the order of the parties."""
    size = -(-len(table) // len(PARTIES))
    return {
        party: table.iloc[size * number : size * (number + 1)]
        for number, party in enumerate(PARTIES)
    }


def fails(done: subprocess.CompletedProcess[str]) -> str:
    """What a run that fails has said, on one line."""
    assert done.returncode == 1, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


# -- the quickstart ---------------------------------------------------------------------------


_MODEL = "LogisticRegression(C=0.5)"


def test_the_quickstart_has_the_pooled_coefficients(tmp_path: Path) -> None:
    table = tumours()
    text = (EXAMPLES / "train.py").read_text(encoding="utf-8")
    assert _MODEL in text
    few = text.replace(_MODEL, "LogisticRegression(C=0.5, max_iter=3)")  # rounds take seconds
    (tmp_path / "train.py").write_text(few, encoding="utf-8")
    done = program(tmp_path, "fedmigrate", "convert", "train.py", "--parties", ",".join(PARTIES))
    assert done.returncode == 0, done.stderr
    script = (tmp_path / "train_fed.py").read_text(encoding="utf-8")
    (tmp_path / "there").mkdir()
    folders = FlowerFolders(tmp_path / "there", script, parts_of(table), POLICY)
    try:
        folders.start()
        done = folders.run()
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        folders.stop()
    X, y = table.drop(columns=["malignant"]), table["malignant"]
    X_train, _, y_train, _ = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
    pooled = LogisticRegression(C=0.5, max_iter=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pooled.fit(StandardScaler().fit_transform(X_train), y_train)
    model = joblib.load(folders.coordinator / "model.joblib")
    np.testing.assert_allclose(model.coef_, pooled.coef_, rtol=1e-12, atol=1e-12)
    assert "569 patients, 30 measurements" in done.stdout
    audited = program(folders.coordinator, "fedmigrate", "audit", "train_fed.py")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    for folder in folders.folders.values():
        own = program(folder, "fedmigrate", "audit", f"{folder.name}.ledger.jsonl")
        assert own.returncode == 0, own.stdout + own.stderr


# -- what goes wrong --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowerFolders]:
    root = tmp_path_factory.mktemp("deployed")
    folders = FlowerFolders(root, SCRIPT, parts_of(stays()), POLICY)
    folders.start()
    yield folders
    folders.stop()


def settle(folders: FlowerFolders, **options: object) -> None:
    """Set options of the coordinator's ``federation.toml``."""
    path = folders.coordinator / "federation.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.partition(" =")[0] not in options]
    path.write_text(
        "\n".join([*(f"{name} = {value}" for name, value in options.items()), *kept]),
        encoding="utf-8",
    )


def test_a_party_that_has_reviewed_another_script_refuses(folders: FlowerFolders) -> None:
    script = folders.coordinator / "train_fed.py"
    script.write_text(SCRIPT + "print(df)\n", encoding="utf-8")
    try:
        said = fails(folders.run())
    finally:
        script.write_text(SCRIPT, encoding="utf-8")
    assert "takes no part: the script that asks is not the one that" in said
    status = folders.coordinator / ".fedmigrate" / "train_fed.run" / "status.json"
    told = json.loads(status.read_text(encoding="utf-8"))
    assert told["state"] == "failed"
    assert told["error"]["type"] == "SettingsError"


def test_a_script_that_was_tampered_with_at_a_party_is_refused(folders: FlowerFolders) -> None:
    script = folders.folders["bob"] / "train_fed.py"
    script.write_text(SCRIPT.replace("patients.csv", "../alice/patients.csv"), encoding="utf-8")
    try:
        said = fails(folders.run())
    finally:
        script.write_text(SCRIPT, encoding="utf-8")
    assert "party 'bob' takes no part" in said
    assert "is not the script that 'bob' has reviewed" in said


def test_a_table_with_other_columns_is_named(folders: FlowerFolders) -> None:
    path = folders.folders["carol"] / "patients.csv"
    rows = path.read_bytes()
    path.write_bytes(rows.replace(b"weight", b"mass"))
    try:
        said = fails(folders.run())
    finally:
        path.write_bytes(rows)
    assert "carol" in said
    assert "weight" in said


def test_a_supernode_that_is_killed_in_the_middle_is_done_without(folders: FlowerFolders) -> None:
    settle(folders, min_parties=2, round_timeout=40)
    ledger = folders.coordinator / ".fedmigrate" / "train_fed.ledger.jsonl"
    ledger.unlink(missing_ok=True)
    run = folders.begin_run()

    def keys_are_agreed() -> bool:
        assert run.poll() is None, folders.log("run")
        return ledger.is_file() and ledger.read_bytes().count(b'"secure.agree"') >= len(PARTIES)

    wait_until(keys_are_agreed, "keys are agreed")
    folders.kill_node("bob")
    assert run.wait(LIMIT) == 0, folders.log("run")
    assert "bob" in folders.log("run")
    left = pd.concat([part for party, part in parts_of(stays()).items() if party != "bob"])
    pooled = LinearRegression().fit(left[["age", "weight"]], left["days"])
    model = joblib.load(folders.coordinator / "model.joblib")
    np.testing.assert_allclose(model.coef_, pooled.coef_, rtol=1e-10)
    wait_until(lambda: "the SuperNode has ended" in folders.log("bob"), "its node has ended, too")


def test_a_key_that_is_not_registered_is_refused(folders: FlowerFolders, tmp_path: Path) -> None:
    for file in folders.folders["alice"].iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "alice.node.key").write_bytes(node_key().private)
    done = program(tmp_path, "python", "-m", "fedruntime.engines.flower.node", ".")
    assert done.returncode == 1
    assert "the SuperLink does not know the public key that belongs to" in done.stderr
