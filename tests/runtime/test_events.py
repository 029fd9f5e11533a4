"""Events: what a run tells of itself, and that nothing of the data is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from fedruntime import DropoutWarning, FLModel, init
from fedruntime.current import use
from fedruntime.errors import SettingsError
from fedruntime.events import Events
from fedruntime.progress import Progress

_SECRET = 7.25390625  # a cell that can be told from everything else


@pytest.fixture(name="path")
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEDMIGRATE_EVENTS", str(tmp_path / "events.jsonl"))
    yield tmp_path / "events.jsonl"
    use(None)


def events_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows() -> pd.DataFrame:
    drawn = np.random.default_rng(0).normal(size=(60, 2))
    table = pd.DataFrame({"height": drawn[:, 0], "weight": drawn[:, 1]})
    table["ill"] = (table["height"] + table["weight"] > 0).astype(int)
    table.loc[3, "height"] = _SECRET
    return table


def fit() -> Any:
    fed = init(parties=["alice", "bob", "carol"])
    df = fed.load(rows)
    FLModel(model=LogisticRegression()).fit(df[["height", "weight"]], df["ill"])
    return fed


def test_a_fit_tells_who_takes_part_its_rounds_bytes_and_losses(path: Path) -> None:
    fed = fit()
    told = events_in(path)
    assert told[0]["event"] == "start"
    assert told[0]["parties"] == ["alice", "bob", "carol"]
    assert told[0]["engine"] == "local"
    begun, ended = (entry for entry in told if entry["event"] == "operation")
    assert (begun["purpose"], begun["state"]) == ("LogisticRegression.fit", "begun")
    inside = told[told.index(begun) : told.index(ended)]
    rounds = [entry for entry in inside if entry["event"] == "round"]
    assert ended["rounds"] == len(rounds) > 5
    losses = [entry["loss"] for entry in inside if entry["event"] == "loss"]
    assert losses[0] == pytest.approx(np.log(2))
    assert losses[-1] < losses[0]
    for party in ("alice", "bob", "carol"):
        answered = [entry for entry in fed.ledger if entry.party == party]
        seen = [entry for entry in told if entry["event"] == "round" and party in entry["received"]]
        together = [entry for entry in answered if entry.operation == "design.features"]
        assert len(seen) == len(answered) - len(together)  # in one message with the labels' codes
        assert all(0.0 < entry["each"][party] <= entry["seconds"] for entry in seen)
        assert sum(entry["received"][party] for entry in seen) > sum(one.bytes for one in answered)


def test_no_value_and_no_name_of_a_column_is_told(path: Path) -> None:
    fit()
    text = path.read_text(encoding="utf-8")
    assert str(_SECRET) not in text
    for column in ("height", "weight"):
        assert column not in text


def test_without_the_variable_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def forbidden(*args: Any) -> None:
        raise AssertionError("nobody listens")

    monkeypatch.setattr(Events, "round", forbidden)
    fed = fit()
    assert not fed.events.on
    use(None)
    assert list(tmp_path.rglob("*.jsonl")) == []


def test_a_party_that_vanishes_and_comes_back_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed = init(parties=["alice", "bob", "carol"], min_parties=2)
    df = fed.load(rows)
    call, gone = fed.engine.call, {"bob"}
    monkeypatch.setattr(
        fed.engine,
        "call",
        lambda requests, **how: call(
            {party: one for party, one in requests.items() if party not in gone}, **how
        ),
    )
    monkeypatch.setattr(fed.engine, "reachable", lambda party: party not in gone)
    with pytest.warns(DropoutWarning):
        df["height"].sum()
    gone.clear()
    df["weight"].sum()
    told = [entry for entry in events_in(path) if entry["event"] == "presence"]
    assert [(entry["change"], entry["party"]) for entry in told] == [
        ("missing", "bob"),
        ("back", "bob"),
    ]
    assert [entry["present"] for entry in told] == [["alice", "carol"], ["alice", "bob", "carol"]]
    missing = [entry["missing"] for entry in events_in(path) if entry["event"] == "round"]
    assert ["bob"] in missing


def test_a_loss_that_is_no_number_stays_valid_json(path: Path) -> None:
    progress = Progress(Events(path))
    with progress.fit("Ridge.fit"):
        progress.step(1, float("nan"))
        progress.step(2, np.float64(0.5))
    losses = [entry for entry in events_in(path) if entry["event"] == "loss"]
    assert [(entry["step"], entry["loss"]) for entry in losses] == [(1, None), (2, 0.5)]
    assert "NaN" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("title", "of"), [("LogisticRegression.fit", 7), ("GridSearchCV.fit", None)]
)
def test_the_number_of_steps_is_told_where_it_is_that_of_the_whole_fit(
    path: Path, title: str, of: int | None
) -> None:
    progress = Progress(Events(path))
    with progress.fit(title):
        progress.expect(LogisticRegression(), 7)
        progress.step(1)
    with progress.fit("Ridge.fit"):
        progress.step(1)
    told = [entry["of"] for entry in events_in(path) if entry["event"] == "loss"]
    assert told == [of, None]


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"FEDMIGRATE_EVENTS = .*: cannot be written"):
        Events(tmp_path / "nowhere" / "events.jsonl")


def test_a_disk_that_fills_up_ends_the_telling_and_not_the_run(tmp_path: Path) -> None:
    events = Events(tmp_path / "events.jsonl")

    class Full:
        def write(self, line: bytes) -> None:
            raise OSError(28, "No space left on device")

    events._file.close()  # type: ignore[union-attr]
    events._file = Full()  # type: ignore[assignment]
    with pytest.warns(UserWarning, match=r"no more events are written: .*No space left"):
        events.tell("round")
    events.tell("round")
    assert not events.on


@pytest.mark.parametrize(
    ("ending", "state", "error"),
    [
        ("", "finished", None),
        ("raise ValueError('too few rows')", "failed", ("ValueError", "too few rows")),
        ("import sys; sys.exit(3)", "finished", None),  # its exit code says the rest
    ],
)
def test_the_end_of_a_script_is_told(
    tmp_path: Path, ending: str, state: str, error: tuple[str, str] | None
) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"from fedruntime import init\nfed = init()\n{ending}\n", encoding="utf-8")
    path = tmp_path / "events.jsonl"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(
        [sys.executable, str(script)],
        env={**environment, "FEDMIGRATE_EVENTS": str(path)},
        capture_output=True,
        check=False,
    )
    last = events_in(path)[-1]
    assert (last["event"], last["state"]) == ("end", state)
    assert (last["error"] and (last["error"]["type"], last["error"]["text"])) == error


def test_the_engine_of_one_run_wins_over_all_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fedruntime.settings import resolve_settings

    script = tmp_path / "script.py"
    (tmp_path / "federation.toml").write_text('engine = "processes"\n', encoding="utf-8")
    assert resolve_settings({}, script).engine == "processes"
    monkeypatch.setenv("FEDMIGRATE_ENGINE", "local")
    assert resolve_settings({"engine": "flower"}, script).engine == "local"
    monkeypatch.setenv("FEDMIGRATE_ENGINE", "carrier pigeon")
    with pytest.raises(SettingsError, match="FEDMIGRATE_ENGINE: engine = 'carrier pigeon'"):
        resolve_settings({}, script)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "offered"),
        ({"checkpoint": "own"}, "own"),
        ({"engine": "secretflow"}, None),  # whose parties could not go on together
    ],
)
def test_an_offered_checkpoint_is_taken_where_it_can_be(
    given: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fedruntime.settings import resolve_settings

    monkeypatch.setenv("FEDMIGRATE_CHECKPOINT", "offered")
    assert resolve_settings(given, None).checkpoint == expected


def test_a_run_that_has_to_go_on_does_not_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fedruntime import checkpoint
    from fedruntime.checkpoint import Journal

    path = tmp_path / "kept"
    journal = Journal(path, {"script": "one"})
    journal.write(b"q" * 32, [1.0])
    journal.close()
    kept = path.read_bytes()
    monkeypatch.setattr(checkpoint, "_SEEN", set())
    monkeypatch.setenv("FEDMIGRATE_RESUME", "1")
    with pytest.raises(SettingsError, match="there is nothing to go on with"):
        Journal(path, {"script": "another"})
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]
    going_on = Journal(path, {"script": "one"})
    assert going_on.kept == 1
    going_on.finish()
    Journal(path, {"script": "one"}).finish()  # a second federation of the same script begins anew
