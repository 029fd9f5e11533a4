"""A script over parties in processes of their own, which have other columns of the same people."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from subjects import SCRIPT_NAME, write_folders

PATIENCE = 600.0
PARTIES = ("bank", "shop", "lab")
SCRIPT = """\
import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel, init

fed = init(parties=["bank", "shop", "lab"], partition="vertical", label_party="bank")
df = fed.load(pd.read_csv, "table.csv")
df = fed.align(df, on="person")
X, y = df.drop(columns=["owes", "late"]), df["late"]
line = FLModel(model=LinearRegression()).fit(X, df["owes"])
scaler = FLModel(model=StandardScaler())
model = FLModel(model=LogisticRegression()).fit(scaler.fit_transform(X), y)
print(len(df), "people, accuracy", model.score(scaler.transform(X), y))
joblib.dump({"line": line, "model": model}, "models.joblib")
"""


def tables() -> dict[str, pd.DataFrame]:
    """Each party knows some of the people, in an order of its own."""
    rng = np.random.default_rng(0)
    everyone = pd.DataFrame(rng.normal(size=(150, 5)), columns=list("abcde"))
    everyone["owes"] = everyone.sum(axis=1) + rng.normal(size=150)
    everyone["late"] = (everyone["owes"] + everyone["c"] > 0).astype(int)
    everyone.insert(0, "person", rng.permutation(10_000)[:150])
    own = {"bank": ["a", "owes", "late"], "shop": ["b", "d"], "lab": ["c", "e"]}
    return {
        party: everyone[["person", *columns]].sample(frac=0.9, random_state=number)
        for number, (party, columns) in enumerate(own.items())
    }


@pytest.fixture(name="ran", scope="module")
def _ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("organisations")
    folders = write_folders(root, SCRIPT, tables=tables())
    coordinator = root / "coordinator"
    coordinator.mkdir()
    lines = "".join(f"{party} = {json.dumps(str(folder))}\n" for party, folder in folders.items())
    (coordinator / "federation.toml").write_text(
        f'engine = "processes"\n[folders]\n{lines}', encoding="utf-8"
    )
    (coordinator / SCRIPT_NAME).write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, SCRIPT_NAME],
        cwd=coordinator,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return coordinator, done.stdout


def test_the_models_are_those_of_the_joined_table(ran: tuple[Path, str]) -> None:
    coordinator, printed = ran
    held = tables()
    joined = held["bank"].merge(held["shop"], on="person").merge(held["lab"], on="person")
    X = joined.drop(columns=["person", "owes", "late"])
    models = joblib.load(coordinator / "models.joblib")
    line = LinearRegression().fit(X, joined["owes"])
    np.testing.assert_allclose(models["line"].coef_, line.coef_, rtol=1e-12)
    scaled = StandardScaler().fit_transform(X)
    model = LogisticRegression().fit(scaled, joined["late"])
    np.testing.assert_allclose(models["model"].coef_, model.coef_, rtol=1e-10)
    assert printed == f"{len(joined)} people, accuracy {model.score(scaled, joined['late'])}\n"


def test_the_ledger_has_no_key_and_no_row(ran: tuple[Path, str]) -> None:
    ledger = ran[0] / ".fedmigrate" / "train_fed.ledger.jsonl"
    lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    operations = {line.get("operation") for line in lines}
    assert {"align.blind", "across.mask", "across.multiply", "across.loss"} <= operations
    rows = len(tables()["bank"])
    for line in lines:
        for name, shape in line.get("content", ()):
            if rows in shape:
                assert (line["operation"], name) == ("align.blind_others", "blinded")
