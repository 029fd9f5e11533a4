"""Where settings come from, which wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedruntime.errors import SettingsError
from fedruntime.settings import Settings, resolve_settings


def test_defaults() -> None:
    assert resolve_settings({}, None) == Settings()


def test_the_file_beside_the_script_overrides_the_arguments(tmp_path: Path) -> None:
    (tmp_path / "federation.toml").write_text('parties = ["x", "y", "z"]\n')
    settings = resolve_settings(
        {"parties": ["a"], "split": "iid", "label": None}, tmp_path / "train_fed.py"
    )
    assert settings.parties == ("x", "y", "z")
    assert settings.split == "iid"


def test_the_file_of_the_variable_overrides_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "federation.toml").write_text('parties = ["x"]\nsplit = "iid"\n')
    (tmp_path / "other.toml").write_text('split = "label_skew"\n')
    monkeypatch.setenv("FEDMIGRATE_FEDERATION", str(tmp_path / "other.toml"))
    settings = resolve_settings({"parties": ["a"]}, tmp_path / "train_fed.py")
    assert (settings.parties, settings.split) == (("x",), "label_skew")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('partys = ["a"]', "unknown option 'partys'; did you mean 'parties'"),
        ("weather = 1", "unknown option 'weather'; known: "),
        ('split = "random"', "split = 'random' is not one of contiguous, iid, label_skew"),
        ('engine = "carrier pigeon"', "not one of local"),
        ('parties = "alice"', "must be a list of names"),
        ("parties = []", "must be a list of names"),
        ('parties = ["a", "a"]', "named twice"),
        ('parties = ["a b"]', "'a b' is no party name"),
        ("parties = [1]", "1 is no party name"),
        ('split_seed = "0"', "split_seed = '0' is not of type int"),
        ("label = 3", "label = 3 is not of type str"),
        ("min_parties = 2.5", "min_parties = 2.5 is not of type int"),
        ("min_parties = true", "min_parties = True is not of type int"),
        ("round_timeout = 0", "round_timeout = 0 is not a number of seconds above 0"),
        ("round_timeout = -1.5", "round_timeout = -1.5 is not a number of seconds"),
        ("round_timeout = inf", "round_timeout = inf is not a number of seconds"),
        ("round_timeout = nan", "round_timeout = nan is not a number of seconds"),
        ('round_timeout = "5 s"', "round_timeout = '5 s' is not a number of seconds"),
        ("round_timeout = true", "round_timeout = True is not a number of seconds"),
        ("checkpoint = 1", "checkpoint = 1 is not of type str"),
        ("parties = [", "is not valid TOML"),
    ],
)
def test_what_does_not_fit_is_refused_by_file_and_option(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "federation.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"federation\.toml: ") as caught:
        resolve_settings({}, tmp_path / "train_fed.py")
    assert message in str(caught.value)


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FEDMIGRATE_FEDERATION", str(tmp_path / "none.toml"))
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read: No such file"):
        resolve_settings({}, None)


def test_arguments_are_checked_like_files() -> None:
    with pytest.raises(SettingsError, match=r"init\(\): split = 'x'"):
        resolve_settings({"split": "x"}, None)


def test_no_more_parties_than_sums_can_hold() -> None:
    with pytest.raises(SettingsError, match="40000 parties are more than"):
        resolve_settings({"parties": [f"p{number}" for number in range(40_000)]}, None)


@pytest.mark.parametrize(
    ("parties", "floor"), [(1, None), (1, 1), (2, 2), (3, None), (3, 2), (3, 3), (9, 5)]
)
def test_a_floor_that_the_parties_reach(parties: int, floor: int | None) -> None:
    given = {"parties": [f"p{number}" for number in range(parties)], "min_parties": floor}
    assert resolve_settings(given, None).min_parties == floor


@pytest.mark.parametrize(
    ("parties", "floor", "allowed"),
    [(1, 2, "1 to 1"), (2, 1, "2 to 2"), (3, 4, "2 to 3"), (3, 0, "")],
)
def test_a_floor_out_of_reach_is_refused(parties: int, floor: int, allowed: str) -> None:
    given = {"parties": [f"p{number}" for number in range(parties)], "min_parties": floor}
    with pytest.raises(SettingsError, match=f"min_parties = {floor} does not fit.*{allowed}"):
        resolve_settings(given, None)


def test_the_floor_is_held_against_the_parties_that_win(tmp_path: Path) -> None:
    (tmp_path / "federation.toml").write_text('parties = ["x", "y"]\n')
    with pytest.raises(SettingsError, match="min_parties = 3 does not fit 2 parties"):
        resolve_settings({"parties": ["a", "b", "c"], "min_parties": 3}, tmp_path / "train.py")


def test_seconds_may_be_whole() -> None:
    assert resolve_settings({"round_timeout": 5}, None).round_timeout == 5.0
