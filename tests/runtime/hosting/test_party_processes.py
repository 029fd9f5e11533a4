"""Real parties in processes of their own: the pooled model, from rows that only they have read."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

from fedruntime.crypto.identity import Identity
from fedruntime.engines.processes import ProcessEngine
from fedruntime.errors import SettingsError
from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.party_settings import read_party_settings
from fedruntime.hosting.served import read_frame, serve, write_frame
from fedruntime.messages import Named, Ref, Release, Request, pack_request, unpack_reply

PARTIES = ("alice", "bob", "carol")
POLICY = "min_rows = 5\nmax_ratio = 2.0\nmin_cell = 1\nneeds_consent = []\n"
SCRIPT = """\
import os
import joblib
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from fedruntime.metrics import accuracy_score
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

fed = init()
LIMIT = 130.0

def read(name):
    table = pd.read_csv(name)
    return table.assign(b=table["b"].clip(upper=LIMIT))

df = fed.load(read, "table.csv")
X, y = df[["a", "b"]], df["ill"]
scaler = FLModel(model=StandardScaler())
Z = scaler.fit_transform(X)
model = FLModel(model=LogisticRegression()).fit(Z, y)
line = FLModel(model=LinearRegression()).fit(X, df["a"] * 2.0 - df["b"])
joblib.dump([scaler.to_sklearn(), model.to_sklearn(), line.to_sklearn()], "models.joblib")
print(len(df), accuracy_score(y, model.predict(Z)))
"""


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2)) * [1.0, 20.0] + [0.0, 100.0]
    ill = (X[:, 0] + X[:, 1] / 20 - 5 + rng.normal(size=90) > 0).astype(int)
    return pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "ill": ill})


def write_folders(root: Path, script: str = SCRIPT) -> Mapping[str, Path]:
    """The coordinator's folder and one of each party, which alone has its rows."""
    identities = {party: Identity.generate() for party in PARTIES}
    public = "".join(
        f'{party} = "{base64.b64encode(identity.public).decode()}"\n'
        for party, identity in identities.items()
    )
    folders = {}
    for number, party in enumerate(PARTIES):
        folder = folders[party] = root / party
        folder.mkdir()
        identities[party].save(folder / "own.key")
        (folder / "train_fed.py").write_text(script, encoding="utf-8")
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        table().iloc[30 * number :][:30].to_csv(folder / "table.csv", index=False)
        (folder / "party.toml").write_text(
            f'name = "{party}"\nscript = "train_fed.py"\nidentity = "own.key"\n'
            f'script_sha256 = "{sha256(script.encode()).hexdigest()}"\n'
            f'policy = "policy.toml"\nledger = "own.jsonl"\n[identities]\n{public}',
            encoding="utf-8",
        )
    coordinator = folders["coordinator"] = root / "coordinator"
    coordinator.mkdir()
    (coordinator / "train_fed.py").write_text(script, encoding="utf-8")
    lines = "".join(f'{party} = "../{party}"\n' for party in PARTIES)
    (coordinator / "federation.toml").write_text(
        f'parties = {json.dumps(list(PARTIES))}\nengine = "processes"\n[folders]\n{lines}',
        encoding="utf-8",
    )
    return folders


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    return subprocess.run(
        [sys.executable, "train_fed.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_models_are_the_pooled_ones_and_each_party_has_its_own_record(tmp_path: Path) -> None:
    folders = write_folders(tmp_path)
    done = run(folders["coordinator"])
    assert done.returncode == 0, done.stderr
    import joblib

    scaler, model, line = joblib.load(folders["coordinator"] / "models.joblib")
    df = table()
    df["b"] = df["b"].clip(upper=130.0)
    X = df[["a", "b"]]
    pooled = StandardScaler().fit(X)
    np.testing.assert_allclose(scaler.mean_, pooled.mean_, rtol=1e-12)
    expected = LogisticRegression().fit(pooled.transform(X), df["ill"])
    np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-9)
    expected = LinearRegression().fit(X, df["a"] * 2.0 - df["b"])
    np.testing.assert_allclose(line.coef_, expected.coef_, rtol=1e-10)
    assert done.stdout.startswith("90 ")
    kept = folders["coordinator"] / ".fedmigrate" / "train_fed.ledger.jsonl"
    told = [json.loads(text) for text in kept.read_text(encoding="utf-8").splitlines()]
    assert told[0]["mode"] == "real"
    for party in PARTIES:
        own = (folders[party] / "own.jsonl").read_text(encoding="utf-8").splitlines()
        entries = [line for line in map(json.loads, own) if line["kind"] == "message"]
        seen = [line for line in told if line["kind"] == "message" and line["party"] == party]
        assert [line["operation"] for line in entries] == [line["operation"] for line in seen]


def test_a_script_that_nobody_has_reviewed_reaches_no_row(tmp_path: Path) -> None:
    alice = write_folders(tmp_path)["alice"]
    with pytest.raises(
        SettingsError, match="party 'alice' takes no part: the script that asks is not the one"
    ):
        ProcessEngine({"alice": alice}, sha256(b"another").hexdigest())
    assert not (alice / "own.jsonl").exists()


# -- one process ------------------------------------------------------------------------------


def said_to(folder: Path, *frames: bytes) -> list[bytes]:
    """What a party answers, served in this process."""
    asked, told = io.BytesIO(), io.BytesIO()
    for frame in frames:
        write_frame(asked, frame)
    asked.seek(0)
    serve(read_party_settings(folder), asked, told)
    told.seek(0)
    found = []
    while (frame := read_frame(told)) is not None:
        found.append(frame)
    return found


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    return write_folders(tmp_path)["alice"]


DIGEST = sha256(SCRIPT.encode()).hexdigest().encode()


def request(**fields: object) -> bytes:
    given = {"operation": "device.run", "arguments": {}, "release": Release.KEEP, **fields}
    return dumps(pack_request(Request(**given)))  # type: ignore[arg-type]


def test_requests_are_answered_in_order(alice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(alice)
    load = {"function": Named("pandas.read_csv"), "args": ["table.csv"], "kwargs": {}}
    shape = {"function": Named("numpy.shape"), "args": [Ref("r0")], "kwargs": {}}
    welcome, *answers = said_to(
        alice, DIGEST, request(arguments=load, keep_as="r0"), request(arguments=shape)
    )
    assert welcome == b""
    first, second = (unpack_reply(loads(answer)) for answer in answers)
    assert first.facts["rows"] == 30
    assert second.error is None


@pytest.mark.parametrize("digest", [b"", b"0" * 64])
def test_another_script_gets_no_answer(alice: Path, digest: bytes) -> None:
    (refusal,) = said_to(alice, digest, request())
    assert b"is not the one that 'alice' has reviewed" in refusal


def test_what_cannot_be_hosted_says_why(alice: Path) -> None:
    (alice / "policy.toml").write_text("min_row = 3\n", encoding="utf-8")
    (refusal,) = said_to(alice, DIGEST, request())
    assert b"min_rows" in refusal


def test_a_process_that_is_killed_counts_as_missing(tmp_path: Path) -> None:
    folders = write_folders(tmp_path)
    engine = ProcessEngine({"alice": folders["alice"]}, DIGEST.decode())
    try:
        asked = Request("load.nothing", {}, Release.CLEAR)
        assert engine.call({"alice": asked})["alice"].error is not None
        assert engine.reachable("alice")
        process = engine._processes["alice"]
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert engine.call({"alice": asked}) == {}
        assert not engine.reachable("alice")
    finally:
        engine.stop()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no folder .*nowhere of party 'alice'"):
        ProcessEngine({"alice": tmp_path / "nowhere"}, "")
