"""Scripts of every kind become entries, whatever the number of processes and whatever fails."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fedmigrate.errors import SettingsError
from fedmigrate.inventory import collect as collecting
from fedmigrate.inventory.collect import collect
from fedmigrate.inventory.document import as_document
from fedmigrate.inventory.values import Obstacle, State


def quiet(done: int, total: int) -> None:
    """No progress."""


def test_every_script_has_the_state_that_its_name_says(folder: Path) -> None:
    report = collect([folder], 1, quiet)
    states = {Path(entry.path).stem: entry.state.value for entry in report.entries}
    assert states == {
        "[bold]<b>&amp": "clean",
        "broken": "unreadable",
        "clean": "clean",
        "federated": "federated",
        "left": "left",
        "notes": "notes",
        "plain": "skipped",
    }


def test_a_site_is_counted_under_what_becomes_of_it(folder: Path) -> None:
    entries = {Path(entry.path).stem: entry for entry in collect([folder], 1, quiet).entries}
    assert entries["clean"].converted == {"exact": 1, "source": 1}
    assert entries["notes"].converted == {"equivalent": 1, "source": 1}
    assert entries["notes"].notes == {"FM101": 1}
    assert entries["left"].left == {"FM201": 1}
    assert entries["left"].obstacles == {
        Obstacle("FM201", "sklearn.neighbors.KNeighborsRegressor"): 1
    }
    assert entries["broken"].problem.startswith("FM901 cannot be parsed")


def test_the_number_of_processes_changes_nothing(folder: Path) -> None:
    for number in range(20):
        (folder / f"more_{number}.py").write_bytes((folder / "left.py").read_bytes())
    alone, together = collect([folder], 1, quiet), collect([folder], 3, quiet)
    assert json.dumps(as_document(alone)) == json.dumps(as_document(together))
    assert len(alone.entries) == 27


def test_a_script_that_is_named_twice_counts_once(folder: Path) -> None:
    report = collect([folder / "clean.py", folder, folder / "clean.py"], 1, quiet)
    assert len(report.entries) == 7
    assert Path(report.entries[0].path).name == "clean.py"


def test_progress_is_told_until_all_are_done(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    collect([folder], 1, lambda done, total: told.append((done, total)))
    assert told == [(number, 7) for number in range(1, 8)]


def test_an_error_of_the_tool_costs_one_script_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = collecting.preview

    def preview(path: Path, *rest: object, **more: object) -> object:
        if path.name == "clean.py":
            raise ZeroDivisionError("secret 4711")
        return whole(path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(collecting, "preview", preview)
    report = collect([folder], 1, quiet)
    failed = [entry for entry in report.entries if entry.state is State.FAILED]
    assert [Path(entry.path).name for entry in failed] == ["clean.py"]
    assert failed[0].problem.startswith("ZeroDivisionError at test_inventory_collect.py:")
    assert "4711" not in failed[0].problem
    assert report.states[State.CLEAN] == 1
    assert report.exit_code == 2


def test_a_script_that_ends_its_process_costs_one_script_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (folder / f"more_{number}.py").write_bytes((folder / "left.py").read_bytes())
    monkeypatch.setattr(collecting, "_look", _dies_on_the_clean_one)
    report = collect([folder], 2, quiet)
    assert len(report.entries) == 11
    failed = [entry for entry in report.entries if entry.state is State.FAILED]
    assert [Path(entry.path).name for entry in failed] == ["clean.py"]
    assert report.states[State.LEFT] == 5


_look = collecting._look


def _dies_on_the_clean_one(script: tuple[Path, bool]) -> object:
    if script[0].name == "clean.py":
        os._exit(9)
    return _look(script)


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    (entry,) = collect([tmp_path / "gone.py"], 1, quiet).entries
    assert (entry.state, entry.problem[:5]) == (State.UNREADABLE, "FM903")


def test_an_empty_folder_has_nothing_to_do(tmp_path: Path) -> None:
    report = collect([tmp_path], 1, quiet)
    assert (report.entries, report.exit_code) == ((), 0)


def test_settings_that_cannot_be_used_end_the_run(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.fedmigrate]\nsplitt = 'iid'\n")
    with pytest.raises(SettingsError, match="splitt"):
        collect([folder], 1, quiet)


def test_nothing_is_written(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    collect([folder], 1, quiet)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
