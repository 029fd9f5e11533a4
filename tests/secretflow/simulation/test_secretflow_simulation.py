"""Simulated parties on SecretFlow's devices: models, errors and refusals of the local engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import ray
import secretflow as sf
from party_folders import PARTIES, dealt
from quickstart import SCRIPT, pooled_coefficients, table
from secretflow.data.horizontal import read_csv
from secretflow.data.vertical import VDataFrame

from fedruntime import (
    DataError,
    DropoutError,
    Federation,
    SecureAggregator,
    SPUAggregator,
    UnsupportedError,
)
from fedruntime.current import use
from fedruntime.engines.local import LocalEngine
from fedruntime.engines.opening import open_engine
from fedruntime.settings import Settings


@pytest.fixture(scope="module")
def federation() -> Iterator[Federation]:
    settings = Settings(
        PARTIES, engine="secretflow", round_timeout=60, secretflow={"spu": {"protocol": "SEMI2K"}}
    )
    opened = Federation(settings, open_engine(settings, None))
    use(opened)
    yield opened
    use(None)


def _run(script: str, federation: Federation, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("fedruntime.init", lambda **_: federation)
    variables: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(script, "train_fed.py", "exec"), variables)
    return variables


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    table().to_csv(tmp_path / "patients.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def local_coefficients(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Of the quickstart over the same parties, on threads."""
    monkeypatch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("local")
    table().to_csv(folder / "patients.csv", index=False)
    monkeypatch.chdir(folder)
    local = Federation(Settings(PARTIES), LocalEngine(PARTIES))
    try:
        found: np.ndarray = _run(SCRIPT, local, monkeypatch)["model"].coef_
        return found
    finally:
        local.stop()
        monkeypatch.undo()


@pytest.mark.parametrize("aggregator", ["SecureAggregator", "SPUAggregator"])
def test_the_model_is_the_pooled_one_and_the_local_engines_bit_for_bit(
    aggregator: str,
    federation: Federation,
    in_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    local_coefficients: np.ndarray,
) -> None:
    script = SCRIPT.replace("SecureAggregator", aggregator)
    coefficients = _run(script, federation, monkeypatch)["model"].coef_
    pooled = pooled_coefficients()
    assert np.abs(coefficients - pooled).max() <= 1e-12 * np.abs(pooled).max()
    assert np.array_equal(coefficients, local_coefficients)


def test_sums_on_the_spu_are_exact(federation: Federation) -> None:
    values = np.array([[2.0**70, 1.0, 3.0], [-(2.0**70), 2.0**-60, 2.0**-40]])
    devices = federation.devices
    held = [device(np.array)(values * (number + 1)) for number, device in enumerate(devices)]
    on_spu = SPUAggregator(federation.spu).sum(held, axis=0)
    assert np.array_equal(on_spu, SecureAggregator(federation.spu).sum(held, axis=0))
    assert np.array_equal(on_spu, 6 * values)


def test_statistics_of_different_shapes_do_not_meet_on_the_spu(federation: Federation) -> None:
    devices = federation.devices
    held = [device(np.ones)(number + 1) for number, device in enumerate(devices)]
    with pytest.raises(DataError, match="different names or shapes"):
        SPUAggregator(federation.spu).sum(held, axis=0)


def test_large_arrays_cross(federation: Federation) -> None:
    held = [device(np.arange)(500_000.0) for device in federation.devices]
    total = SecureAggregator(federation.spu).sum(held, axis=0)
    assert np.array_equal(total, 3 * np.arange(500_000.0))


def test_an_error_at_a_party_arrives_with_its_type(federation: Federation) -> None:
    with pytest.raises(DataError, match=r"party 'alice'.*cannot reshape"):
        federation.devices[0](np.reshape)(np.arange(6.0), (4, 4))


def test_an_hdataframe_stays_where_it_lies(federation: Federation, tmp_path: Path) -> None:
    parts = dealt(table())
    for party, part in parts.items():
        part.to_csv(tmp_path / f"{party}.csv", index=False)
    held = read_csv({sf.PYU(party): str(tmp_path / f"{party}.csv") for party in PARTIES})
    frame = federation.load(held)
    assert frame.layout.counts == tuple(len(part) for part in parts.values())
    pooled = pd.concat(parts.values(), ignore_index=True)
    assert frame["mean_radius"].mean() == pytest.approx(pooled["mean_radius"].mean(), rel=1e-14)
    loaded = [entry for entry in federation.ledger if entry.purpose == "load HDataFrame"]
    assert {entry.protection for entry in loaded} <= {"facts", "in the clear"}
    assert {entry.operation for entry in loaded} == {"load.describe", "load.entry"}


def test_a_frame_of_columns_is_refused_with_a_pointer(federation: Federation) -> None:
    with pytest.raises(UnsupportedError, match=r"not a VDataFrame.*docs/secretflow\.md"):
        federation.load(VDataFrame({}))


def test_an_hdataframe_of_other_parties_is_refused(federation: Federation, tmp_path: Path) -> None:
    parts = dealt(table())
    for party in PARTIES[:2]:
        parts[party].to_csv(tmp_path / f"{party}.csv", index=False)
    held = read_csv({sf.PYU(party): str(tmp_path / f"{party}.csv") for party in PARTIES[:2]})
    with pytest.raises(DataError, match="has parts at alice, bob, and the parties"):
        federation.load(held)


def test_an_hdataframe_needs_this_engine(tmp_path: Path, federation: Federation) -> None:
    parts = dealt(table())
    for party, part in parts.items():
        part.to_csv(tmp_path / f"{party}.csv", index=False)
    held = read_csv({sf.PYU(party): str(tmp_path / f"{party}.csv") for party in PARTIES})
    local = Federation(Settings(PARTIES), LocalEngine(PARTIES))
    with pytest.raises(UnsupportedError, match='set engine = "secretflow"'):
        local.load(held)
    local.stop()


def test_a_dead_worker_ends_the_wait(federation: Federation) -> None:
    """The last one: the worker stays dead."""
    frame = federation.load(table)
    ray.kill(federation.engine._hosted["bob"].data)
    with pytest.raises(DropoutError, match="'bob' did not answer"):
        frame["mean_radius"].mean()
    with pytest.raises(DropoutError, match="bob"):
        frame["mean_radius"].mean()
