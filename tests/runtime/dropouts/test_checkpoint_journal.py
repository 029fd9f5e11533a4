"""The journal alone: what it keeps, what it takes for the same question, what it sets aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedruntime.checkpoint import Journal, content_of, digest_of
from fedruntime.messages import Ref

ABOUT = {"script": "print(1)", "settings": "alice, bob"}


def _asked(number: int) -> bytes:
    return digest_of(["sum", number, Ref("r0")])


def _result(number: int) -> dict[str, Any]:
    return {"sum": np.array([number, np.nan, -0.0]), "of": np.array(["a", "é"]), "n": np.int64(3)}


def _interrupted(path: Path, results: int) -> None:
    journal = Journal(path, ABOUT)
    for number in range(results):
        assert journal.recall(_asked(number), "sum") is None
        journal.write(_asked(number), _result(number))
    journal.close()


def test_results_come_back_bit_by_bit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "deep" / "run.checkpoint"
    _interrupted(path, 3)
    assert capsys.readouterr().err == ""
    journal = Journal(path, ABOUT)
    assert capsys.readouterr().err == (
        f"checkpoint {path}: 3 results of an interrupted run are kept\n"
    )
    for number in range(3):
        found = journal.recall(_asked(number), "sum")
        assert found["sum"].tobytes() == _result(number)["sum"].tobytes()
        assert found["of"].tolist() == ["a", "é"]
        assert found["n"] == 3
    assert journal.recall(_asked(3), "sum") is None
    journal.close()


@pytest.mark.parametrize("length", [1, 7, 30, 80])
def test_a_torn_last_record_is_cut_off(tmp_path: Path, length: int) -> None:
    path = tmp_path / "run.checkpoint"
    _interrupted(path, 2)
    before = path.stat().st_size
    _interrupted_further(path)
    path.write_bytes(path.read_bytes()[: before + length])
    journal = Journal(path, ABOUT)
    assert path.stat().st_size == before
    assert [journal.recall(_asked(number), "sum") is None for number in range(3)] == [
        False,
        False,
        True,
    ]
    journal.write(_asked(2), _result(2))
    journal.close()
    journal = Journal(path, ABOUT)
    assert all(journal.recall(_asked(number), "sum") is not None for number in range(3))
    journal.close()


def _interrupted_further(path: Path) -> None:
    journal = Journal(path, ABOUT)
    for number in range(2):
        journal.recall(_asked(number), "sum")
    journal.write(_asked(2), _result(2))
    journal.close()


def test_a_damaged_record_and_what_follows_it_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    _interrupted(path, 3)
    damaged = bytearray(path.read_bytes())
    damaged[-5] ^= 1
    path.write_bytes(damaged)
    journal = Journal(path, ABOUT)
    assert [journal.recall(_asked(number), "") is None for number in range(3)] == [
        False,
        False,
        True,
    ]
    journal.close()


def test_another_question_sets_the_rest_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.checkpoint"
    _interrupted(path, 5)
    whole = path.read_bytes()
    journal = Journal(path, ABOUT)
    capsys.readouterr()
    assert journal.recall(_asked(0), "sum") is not None
    assert journal.recall(_asked(7), "'gram.sums' of Ridge.fit") is None
    assert capsys.readouterr().err == (
        f"checkpoint {path}: after 1 results, 'gram.sums' of Ridge.fit is not what the "
        "interrupted run asked there; the 4 that it has from there on are set aside in "
        "run.checkpoint.aside, and it goes on from here\n"
    )
    journal.write(_asked(7), _result(7))
    assert journal.recall(_asked(2), "sum") is None
    journal.close()
    assert (tmp_path / "run.checkpoint.aside").read_bytes() == whole
    journal = Journal(path, ABOUT)
    assert journal.recall(_asked(0), "sum") is not None
    assert journal.recall(_asked(7), "sum") is not None
    journal.close()


def test_rows_that_differ_set_the_rest_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.checkpoint"
    journal = Journal(path, ABOUT)
    journal.follow(_asked(0), {"alice": {"rows": 3, "tail": (2,)}}, "load")
    journal.write(_asked(1), _result(1))
    journal.close()
    journal = Journal(path, ABOUT)
    journal.follow(_asked(0), {"alice": {"rows": 3, "tail": (2,)}}, "load")
    assert journal.recall(_asked(1), "sum") is not None
    journal.close()
    journal = Journal(path, ABOUT)
    capsys.readouterr()
    journal.follow(_asked(0), {"alice": {"rows": 4, "tail": (2,)}}, "'load.entry'")
    assert "after 0 results, 'load.entry' gave other rows" in capsys.readouterr().err
    assert journal.recall(_asked(1), "sum") is None
    journal.close()


@pytest.mark.parametrize(
    "left", [b"", b"a,b\n1,2\n", b"fedmigrate checkpoint 1\n", b"fedmigrate checkpoint 2\n" * 9]
)
def test_what_is_no_journal_is_never_lost(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "run.checkpoint"
    path.write_bytes(left)
    journal = Journal(path, ABOUT)
    assert journal.recall(_asked(0), "sum") is None
    journal.write(_asked(0), _result(0))
    journal.close()
    aside = tmp_path / "run.checkpoint.aside"
    assert aside.read_bytes() == left if left else not aside.exists()
    journal = Journal(path, ABOUT)
    assert journal.recall(_asked(0), "sum") is not None
    journal.close()


@pytest.mark.parametrize("changed", ["script", "settings"])
def test_another_script_or_other_settings_begin_anew(
    tmp_path: Path, changed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.checkpoint"
    _interrupted(path, 2)
    journal = Journal(path, {**ABOUT, changed: "another"})
    assert "left by another script, other settings or another version" in capsys.readouterr().err
    assert journal.recall(_asked(0), "sum") is None
    journal.close()
    assert (tmp_path / "run.checkpoint.aside").exists()


def test_unseeded_draws_are_those_of_the_interrupted_run(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    np.random.seed(11)
    Journal(path, ABOUT).close()
    drawn = np.random.random(3)
    np.random.seed(12)
    journal = Journal(path, ABOUT)
    assert np.array_equal(np.random.random(3), drawn)
    journal.finish()


def test_a_finished_run_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.checkpoint", ABOUT)
    journal.write(_asked(0), _result(0))
    journal.finish()
    journal.finish()
    journal.write(_asked(1), _result(1))
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_opened_again_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    first = Journal(path, ABOUT)
    first.write(_asked(0), _result(0))
    second = Journal(path, ABOUT)
    first.finish()
    assert path.exists()
    assert second.recall(_asked(0), "sum") is not None
    second.finish()


def test_the_file_holds_no_pickles(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    journal = Journal(path, ABOUT)
    told = np.empty(2, dtype=object)
    told[:] = ["a", None]
    journal.write(_asked(0), {"values": told})
    journal.close()
    journal = Journal(path, ABOUT)
    assert journal.recall(_asked(0), "")["values"].tolist() == ["a", None]
    journal.finish()


@pytest.mark.parametrize("other", [np.arange(5.0) + 1e-15, np.arange(5), np.arange(6.0)])
def test_a_change_of_a_single_bit_is_another_content(other: Any) -> None:
    assert content_of(np.arange(5.0)) == content_of(np.arange(5.0).copy())
    assert content_of(np.arange(5.0)) != content_of(other)
