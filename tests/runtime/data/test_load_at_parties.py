"""``fed.load`` where parties are real: each runs the loader on its own files."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_view import assert_same
from sklearn.utils import Bunch

from fedruntime.engines.local import LocalEngine
from fedruntime.errors import DataError, FedError, RevealError
from fedruntime.federation import Federation
from fedruntime.settings import Settings

_AT = threading.local()


class _Apart(LocalEngine):
    """Parties that share nothing: each request knows at whose site it runs."""

    simulated = False

    def _deliver(self, party: str, request: Any) -> Any:
        _AT.party = party
        return super()._deliver(party, request)


@pytest.fixture
def federation() -> Any:
    settings = Settings(parties=("alice", "bob", "carol"))
    federation = Federation(settings, engine=_Apart(settings.parties))
    yield federation
    federation.stop()


PARTS = {
    "alice": pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]}),
    "bob": pd.DataFrame({"x": [3.0, 4.0, 5.0], "y": [1, 0, 1]}),
    "carol": pd.DataFrame({"x": [], "y": []}),
}
POOLED = pd.concat([PARTS["alice"], PARTS["bob"]], ignore_index=True)


def load_frame() -> pd.DataFrame:
    return PARTS[_AT.party]


def load_pair() -> tuple[Any, Any]:
    return load_frame()[["x"]].to_numpy(), load_frame()["y"].to_numpy()


def load_bunch() -> Bunch:
    X, y = load_pair()
    return Bunch(data=X, target=y, feature_names=["x"], DESCR="ours")


def load_with_names() -> tuple[Any, list[str]]:
    return load_frame(), ["Ann", "Ben", "Cid"]


def load_nothing() -> pd.DataFrame:
    return PARTS["carol"]


def load_differently() -> Any:
    return load_frame() if _AT.party == "alice" else load_pair()


def load_other_columns() -> pd.DataFrame:
    return load_frame() if _AT.party == "alice" else load_frame().rename(columns={"x": "z"})


def fail() -> None:
    raise FileNotFoundError(f"no file at {_AT.party}")


def test_frames_are_pooled_in_the_parties_order(federation: Any) -> None:
    frame = federation.load(load_frame)
    assert frame.layout.counts == (2, 3, 0)
    assert_same(frame, POOLED)
    assert_same(frame.mean(), POOLED.mean())
    assert_same(frame[frame["y"] == 1].reset_index(), POOLED[POOLED["y"] == 1].reset_index())


def test_pairs_share_one_layout(federation: Any) -> None:
    X, y = federation.load(load_pair)
    assert X.layout is y.layout
    assert_same(X, POOLED[["x"]].to_numpy())
    assert_same(y, POOLED["y"].to_numpy())


def test_a_bunch_keeps_its_descriptions(federation: Any) -> None:
    bunch = federation.load(load_bunch)
    assert bunch.feature_names == ["x"]
    assert bunch.DESCR == "ours"
    assert_same(bunch.target, POOLED["y"].to_numpy())


def test_files_of_libraries_are_read_at_each_party(
    federation: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    POOLED.to_csv(tmp_path / "data.csv", index=False)
    monkeypatch.chdir(tmp_path)
    frame = federation.load(pd.read_csv, Path("data.csv"), dtype={"y": "int8"})
    assert frame.shape == (15, 2)
    assert frame["y"].dtype == np.int8
    assert frame["x"].sum() == 3 * POOLED["x"].sum()
    assert os.listdir(tmp_path) == ["data.csv"]


def test_lists_beside_rows_do_not_leave(federation: Any) -> None:
    with pytest.raises(RevealError, match="entry 1 is a list"):
        federation.load(load_with_names)
    assert not any("Ann" in str(entry) for entry in federation.ledger)


def test_no_rows_anywhere(federation: Any) -> None:
    with pytest.raises(DataError, match="no rows at any party"):
        federation.load(load_nothing)


def test_parties_that_load_different_things(federation: Any) -> None:
    with pytest.raises(DataError, match="party 'bob' loads a tuple"):
        federation.load(load_differently)
    with pytest.raises(DataError, match=r"party 'alice' lacks the columns \['z'\]"):
        federation.load(load_other_columns)


def test_a_failing_loader_names_the_party(federation: Any) -> None:
    with pytest.raises(FedError, match=r"party 'alice'.*FileNotFoundError: no file at alice"):
        federation.load(fail)


def test_only_counts_and_descriptions_leave(federation: Any) -> None:
    federation.load(load_bunch)
    protections = {entry.protection for entry in federation.ledger}
    assert protections == {"facts", "in the clear"}
    for entry in federation.ledger:
        assert all(shape == () for _, shape in entry.content)


def test_what_was_loaded_is_forgotten(federation: Any) -> None:
    X, y = federation.load(load_pair)
    del X
    assert len(y) == 5
    y.sum()
    held = {name for party in federation.engine._parties.values() for name in party._rows}
    assert held == {y.ref.name}


def test_local_rows_are_not_dealt_to_real_parties(federation: Any) -> None:
    with pytest.raises(RevealError, match=r"use fed\.load"):
        federation.place({party: np.eye(2) for party in federation.parties}, None)
