"""What ``fedmigrate deploy`` writes, run as its README says: one process a party over TLS, each in
the folder that holds its own rows alone.
"""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
from party_folders import PARTIES, Ended, dealt, free_ports, run_scripts
from quickstart import SCRIPT, pooled_coefficients, table

from fedmigrate.deploy import deploy_command

_ALLOWED = """
max_ratio = 10
min_cell = 1

[[consent]]
operation = "metrics.distinct_scores"
by = "A. Lee, data protection officer"
given = 2026-01-31
"""
_SHORT = """
import pandas as pd
from fedruntime import SecureAggregator, init

fed = init(parties=["alice", "bob", "carol"])
df = fed.load(pd.read_csv, "patients.csv")
print("mean", df["mean_radius"].mean())
"""


def deployed(root: Path, text: str, timeout: int = 600) -> dict[str, Path]:
    """The folders of parties, each with its own rows and a policy that a person has decided on."""
    script = root / "train_fed.py"
    script.write_text(text)
    addresses = _addresses()
    code = deploy_command(
        str(script),
        str(root / "out"),
        engine="secretflow",
        parties=None,
        addresses=addresses,
        identities=(),
        certs=True,
        days=1,
        force=False,
    )
    assert code == 0
    folders = {party: root / "out" / party for party in PARTIES}
    for party, rows in dealt(table()).items():
        rows.to_csv(folders[party] / "patients.csv", index=False)
        with (folders[party] / "policy.toml").open("a") as policy:
            policy.write(_ALLOWED)
        federation = folders[party] / "federation.toml"
        federation.write_text(
            federation.read_text().replace("round_timeout = 600", f"round_timeout = {timeout}")
        )
    return folders


def _addresses() -> list[str]:
    ports = free_ports(len(PARTIES))
    return [f"{party}=127.0.0.1:{port}" for party, port in zip(PARTIES, ports, strict=True)]


def refused(ended: dict[str, Ended]) -> None:
    for party, one in ended.items():
        assert one.code != 0, (party, one)
        assert "mean" not in one.output, (party, one)


def test_the_deployed_quickstart_trains_the_pooled_model(tmp_path: Path) -> None:
    folders = deployed(tmp_path, SCRIPT)
    for party, ended in run_scripts(folders).items():
        assert ended.code == 0, (party, ended.errors)
    pooled = pooled_coefficients()
    models = [joblib.load(folder / "model.joblib").coef_ for folder in folders.values()]
    assert np.abs(models[0] - pooled).max() <= 1e-12 * np.abs(pooled).max()
    assert all(np.array_equal(model, models[0]) for model in models)


def test_a_script_that_was_changed_at_one_party_is_refused(tmp_path: Path) -> None:
    folders = deployed(tmp_path, _SHORT, timeout=5)
    script = folders["bob"] / "train_fed.py"
    script.write_text(script.read_text() + "print(df)\n")
    ended = run_scripts({"bob": folders["bob"]})  # before it meets the others
    refused(ended)
    assert "is not the script that 'bob' has reviewed" in ended["bob"].errors


def test_a_wrong_identity_is_refused(tmp_path: Path) -> None:
    folders = deployed(tmp_path, _SHORT, timeout=5)
    alice, bob = folders["alice"] / "alice.key", folders["bob"] / "bob.key"
    bob.write_bytes(alice.read_bytes())
    ended = run_scripts({"bob": folders["bob"]})  # before it meets the others
    refused(ended)
    assert "is not the one that [identities]" in ended["bob"].errors


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    folders = deployed(tmp_path, _SHORT, timeout=60)
    rows = dealt(table())["carol"].rename(columns={"mean_radius": "radius"})
    rows.to_csv(folders["carol"] / "patients.csv", index=False)
    ended = run_scripts(folders)
    refused(ended)
    for one in ended.values():
        assert "carol" in one.errors, one
        assert "mean_radius" in one.errors or "columns" in one.errors, one
