"""Three parties in processes of their own, over TLS: the pooled model, the same at all of them, and
an end for all of them whatever becomes of one.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from party_folders import PARTIES, Authority, dealt, free_ports, printed, run_scripts, write_folders
from quickstart import SCRIPT, pooled_coefficients, table
from wiretap import tapped

from fedruntime.privacy.ledger import Entry

SMALL = """
import os, sys
import numpy as np
import pandas as pd
from fedruntime import SecureAggregator, init

fed = init(parties=["alice", "bob", "carol"])
df = fed.load(pd.read_csv, "patients.csv")
print("first", df["malignant"].mean())
{between}
print("second", df["mean_radius"].mean())
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of parties that have run the quickstart."""
    folders = write_folders(tmp_path_factory.mktemp("trained"), SCRIPT, dealt(table()))
    for party, ended in run_scripts(folders).items():
        assert ended.code == 0, (party, ended.errors)
        assert ended.output.splitlines()[-2].startswith("accuracy 0.97"), ended.output
    return folders


def small(tmp_path: Path, between: str = "", **options: Any) -> dict[str, Path]:
    return write_folders(
        tmp_path, SMALL.format(between=between), dealt(table()), **{"timeout": 60, **options}
    )


def test_the_model_is_the_pooled_one(trained: Mapping[str, Path]) -> None:
    pooled = pooled_coefficients()
    model = joblib.load(trained["alice"] / "model.joblib")
    assert np.abs(model.coef_ - pooled).max() <= 1e-12 * np.abs(pooled).max()


def test_all_parties_have_the_same_model_bit_for_bit(trained: Mapping[str, Path]) -> None:
    models = {(folder / "model.joblib").read_bytes() for folder in trained.values()}
    assert len(models) == 1


def test_a_party_notes_itself_what_left_it(trained: Mapping[str, Path]) -> None:
    of_all = _ledger(trained["alice"] / ".fedmigrate" / "train_fed.ledger.jsonl")
    for party, folder in trained.items():
        own = _ledger(folder / "own.ledger.jsonl")
        assert own == [entry for entry in of_all if entry["party"] == party]


def test_draws_without_a_seed_are_the_same_at_all(tmp_path: Path) -> None:
    between = """
from fedruntime.model_selection import train_test_split
kept, _ = train_test_split(df, test_size=0.3)
print(kept["mean_radius"].mean(), np.random.random())
"""
    ended = run_scripts(small(tmp_path, between))
    assert {one.code for one in ended.values()} == {0}, ended
    assert len({printed(one.output) for one in ended.values()}) == 1


def test_the_order_of_sets_does_not_matter(tmp_path: Path) -> None:
    folders = write_folders(tmp_path, SCRIPT, dealt(table()))
    seeds = {party: {"PYTHONHASHSEED": str(seed)} for seed, party in enumerate(PARTIES, 1)}
    ended = run_scripts(folders, seeds)
    assert {one.code for one in ended.values()} == {0}, ended


# -- when something is wrong ---------------------------------------------------------------------


def test_a_party_that_dies_does_not_hang_the_others(tmp_path: Path) -> None:
    kill = 'if fed.engine.own == "bob": os.kill(os.getpid(), 9)'
    ended = run_scripts(small(tmp_path, kill, timeout=30))
    assert ended["bob"].code == -9
    for party in ("alice", "carol"):
        assert ended[party].code == 1, ended[party]
        assert "DropoutError" in ended[party].errors
        assert "'bob' did not answer" in ended[party].errors
        assert "second" not in ended[party].output


def test_a_party_whose_script_ends_early_does_not_hang_the_others(tmp_path: Path) -> None:
    ended = run_scripts(small(tmp_path, 'if fed.engine.own == "bob": sys.exit(3)', timeout=3600))
    assert ended["bob"].code == 3
    assert "ends before that of alice and carol" in ended["bob"].errors
    for party in ("alice", "carol"):
        assert ended[party].code == 1, ended[party]
        assert "'bob' has ended its run of the script" in ended[party].errors


def test_a_party_that_does_not_come_is_waited_for_so_long(tmp_path: Path) -> None:
    folders = small(tmp_path, timeout=5)
    del folders["carol"]
    for party, ended in run_scripts(folders).items():
        assert ended.code == 1, (party, ended)
        assert "DropoutError: the parties' processes have not connected in 5 s" in ended.errors
        assert "first" not in ended.output


def test_runs_that_go_apart_are_stopped(tmp_path: Path) -> None:
    between = """
chosen = "mean_area" if fed.engine.own == "bob" else "mean_texture"
print(df[chosen].mean())
"""
    ended = run_scripts(small(tmp_path, between))
    assert {one.code for one in ended.values()} == {1}, ended
    assert "the run of bob has gone apart from this one" in ended["alice"].errors
    assert "the run of alice and carol has gone apart" in ended["bob"].errors
    assert all("second" not in one.output for one in ended.values())


def test_a_failure_at_one_party_is_everyones(tmp_path: Path) -> None:
    folders = small(tmp_path)
    (folders["bob"] / "patients.csv").unlink()
    for party, ended in run_scripts(folders).items():
        assert ended.code == 1, (party, ended)
        assert "party 'bob'" in ended.errors
        assert "FileNotFoundError" in ended.errors


def test_a_changed_script_is_refused_where_it_was_changed(tmp_path: Path) -> None:
    folders = small(tmp_path, timeout=5)
    script = folders["bob"] / "train_fed.py"
    script.write_text(script.read_text().replace("mean_radius", "mean_area"))
    ended = run_scripts(folders)
    assert "is not the script that 'bob' has reviewed" in ended["bob"].errors
    assert {one.code for one in ended.values()} == {1}
    assert all("first" not in one.output for one in ended.values())


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    folders = small(tmp_path, timeout=5)
    Authority("another authority").write(folders["bob"], "bob")
    for party, ended in run_scripts(folders).items():
        assert ended.code == 1, (party, ended)
        assert "DropoutError" in ended.errors
        assert "a certificate of another authority" in ended.errors
        assert "first" not in ended.output


def test_objects_of_a_peer_are_not_unpickled(tmp_path: Path) -> None:
    between = """
import secretflow as sf
class Trap:
    def __reduce__(self):
        return exec, ("open('trapped', 'w')",)
bait = Trap() if fed.engine.own == "bob" else None
try:
    sf.reveal(sf.PYU("bob")(lambda: bait)())
except Exception as error:
    print("refused", error)
"""
    folders = small(tmp_path, between, timeout=30)
    ended = run_scripts(folders)
    for party in ("alice", "carol"):
        assert not (folders[party] / "trapped").exists()
        assert "builtins.exec" in ended[party].output + ended[party].errors


def test_who_is_slower_than_the_deadline_is_not_waited_for(tmp_path: Path) -> None:
    between = """
import time
def read(name):
    time.sleep(40 if os.path.exists("slow") else 0)
    return pd.read_csv(name)
fed.load(read, "patients.csv")
"""
    folders = small(tmp_path, between, timeout=20)
    (folders["bob"] / "slow").touch()
    ended = run_scripts(folders)
    for party in ("alice", "carol"):
        assert "'bob' did not answer" in ended[party].errors
    for one in ended.values():
        assert one.code == 1, one
        assert "second" not in one.output


def test_who_has_reviewed_another_script_is_found_out_by_all(tmp_path: Path) -> None:
    folders = small(tmp_path)
    script, settings = folders["bob"] / "train_fed.py", folders["bob"] / "party.toml"
    before = sha256(script.read_bytes()).hexdigest()
    script.write_text(script.read_text().replace("mean_radius", "mean_area"))
    after = sha256(script.read_bytes()).hexdigest()
    settings.write_text(settings.read_text().replace(before, after))
    ended = run_scripts(folders)
    for party, one in ended.items():
        assert one.code == 1, (party, one)
        assert "first" not in one.output
        assert f"its SHA-256 is {before if party == 'bob' else after}" in one.errors
    assert "'alice' does not take part with 'bob'" in ended["alice"].errors
    assert all(_ledger(folder / "own.ledger.jsonl") == [] for folder in folders.values())


def test_who_has_other_libraries_is_found_out_by_all(tmp_path: Path) -> None:
    folders = small(tmp_path)
    (folders["bob"] / "sitecustomize.py").write_text("import scipy; scipy.__version__ = '9.0'\n")
    ended = run_scripts(folders, {"bob": {"PYTHONPATH": _path(folders["bob"])}})
    for party, one in ended.items():
        assert one.code == 1, (party, one)
        assert "first" not in one.output
        assert "scipy" in one.errors
    assert "different libraries: scipy 9.0 there" in ended["carol"].errors


# -- on request ----------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "plaintext"])
def test_what_crosses_is_encrypted_with_certificates_only(tmp_path: Path, tls: bool) -> None:
    folders = small(tmp_path, tls=tls)
    with tapped(folders) as crossed:
        ended = run_scripts(folders)
    assert {one.code for one in ended.values()} == {0}, ended
    words = {b"script_sha256", b"scikit-learn", b"mean_radius", b"answer:", b"farewell:"}
    stream = b"".join(crossed)
    assert len(stream) > 10_000
    assert {word for word in words if word in stream} == (set() if tls else words)


def test_sums_on_the_spu_give_the_same_model_bit_for_bit(
    trained: Mapping[str, Path], tmp_path: Path
) -> None:
    ports = free_ports(len(PARTIES))
    addresses = "".join(
        f'{party} = "127.0.0.1:{port}"\n' for party, port in zip(PARTIES, ports, strict=True)
    )
    folders = write_folders(
        tmp_path,
        SCRIPT.replace("SecureAggregator", "SPUAggregator"),
        dealt(table()),
        more=f"[secretflow.spu.addresses]\n{addresses}",
    )
    ended = run_scripts(folders)
    assert {one.code for one in ended.values()} == {0}, ended
    theirs = joblib.load(trained["alice"] / "model.joblib")
    for folder in folders.values():
        assert np.array_equal(joblib.load(folder / "model.joblib").coef_, theirs.coef_)


def test_an_hdataframe_stays_where_it_lies(tmp_path: Path) -> None:
    between = """
import secretflow as sf
from secretflow.data.horizontal import read_csv
held = fed.load(read_csv({sf.PYU(party): "patients.csv" for party in fed.parties}))
print(held.layout.counts, held["mean_radius"].mean() == df["mean_radius"].mean())
"""
    script = SMALL.replace("{between}", between)
    parts = dealt(table())
    for party, ended in run_scripts(write_folders(tmp_path, script, parts)).items():
        assert ended.code == 0, (party, ended)
        counts = tuple(len(part) for part in parts.values())
        assert f"{counts} True" in ended.output


def _ledger(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [_entry(line) for line in lines if "operation" in line]


def _entry(fields: Mapping[str, Any]) -> Any:
    """An entry without its session's name, which is drawn, and without its place in a file."""
    names = {entry.name for entry in dataclasses.fields(Entry)} - {"session", "number"}
    return json.loads(json.dumps({name: fields.get(name) for name in sorted(names)}))


def _path(first: Path) -> str:
    return os.pathsep.join(filter(None, [str(first), os.environ.get("PYTHONPATH")]))
