"""``[tool.fedmigrate]`` of ``pyproject.toml``: where it is found, what it means."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from fedmigrate import configuration
from fedmigrate.configuration import Settings, settings_for
from fedmigrate.errors import SettingsError
from fedmigrate.plan import Options


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Settings are read once a process; each test has files of its own."""
    configuration._settings_above.cache_clear()


def wrote(folder: Path, text: str) -> Path:
    """A script in a folder with this ``pyproject.toml``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder / "train.py"


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    script = wrote(
        tmp_path,
        """
[tool.fedmigrate]
parties = ["north", "south"]
split = "iid"
ignore = ["fm115"]
exclude = ["old", "src/*_draft.py"]

[tool.fedmigrate.per-file-ignores]
"notebooks/*" = ["FM301", "FM302"]
""",
    )
    settings = settings_for(script)
    assert settings == Settings(
        folder=tmp_path,
        parties=("north", "south"),
        split="iid",
        ignore=frozenset({"FM115"}),
        exclude=("old", "src/*_draft.py"),
        per_file_ignores=(("notebooks/*", frozenset({"FM301", "FM302"})),),
    )
    assert settings.options(script, Options()) == Options(("north", "south"), "iid", ("FM115",))
    notebook = tmp_path / "notebooks" / "look.py"
    assert settings.options(notebook, Options()).ignore == ("FM115", "FM301", "FM302")


@pytest.mark.parametrize(
    ("path", "excluded"),
    [
        ("old/train.py", True),
        ("src/old/deep/train.py", True),
        ("src/a_draft.py", True),
        ("old.py", False),
        ("older/train.py", False),
        ("a_draft.py", False),
        ("src/train.py", False),
    ],
)
def test_patterns(tmp_path: Path, path: str, excluded: bool) -> None:
    settings = Settings(folder=tmp_path, exclude=("old/", "src/*_draft.py"))
    assert settings.excludes(tmp_path / path) is excluded


def test_patterns_match_nothing_outside_of_the_project(tmp_path: Path) -> None:
    assert not Settings(folder=tmp_path / "a", exclude=("*",)).excludes(tmp_path / "b/train.py")


def test_the_nearest_table_counts(tmp_path: Path) -> None:
    wrote(tmp_path, '[tool.fedmigrate]\nsplit = "iid"\n')
    wrote(tmp_path / "near", '[tool.fedmigrate]\nparties = ["a", "b"]\n')
    found = settings_for(tmp_path / "near" / "deep" / "train.py")
    assert (found.parties, found.split, found.folder) == (("a", "b"), None, tmp_path / "near")


@pytest.mark.parametrize(
    "text",
    ['[project]\nname = "study"\n', '[project]\nname = "fedmigrate"\n', "[tool.ruff]\n", ""],
)
def test_files_without_such_a_table_are_passed_over(tmp_path: Path, text: str) -> None:
    wrote(tmp_path, '[tool.fedmigrate]\nsplit = "iid"\n')
    assert settings_for(wrote(tmp_path / "near", text)).split == "iid"


def test_nothing_is_set_where_there_is_no_file(tmp_path: Path) -> None:
    found = settings_for(tmp_path / "train.py")
    assert found.options(tmp_path / "train.py", Options(("x", "y"), "iid")) == Options(
        ("x", "y"), "iid"
    )


def test_a_file_that_says_nothing_of_us_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tomllib", "tomli"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it would raise
    assert settings_for(wrote(tmp_path, "this is no TOML\n")).parties is None


TABLE = "[tool.fedmigrate]\n"
REFUSED = {
    "a misspelt key": (
        TABLE + 'partys = ["a"]',
        "[tool.fedmigrate] has no key 'partys'; did you mean 'parties'?",
    ),
    "an underscore": (
        TABLE + "per_file_ignores = {}",
        "has no key 'per_file_ignores'; did you mean 'per-file-ignores'?",
    ),
    "an unlike key": (
        TABLE + "zzz = 1",
        "has no key 'zzz'; Keys are parties, split, partition, label-party, on, ignore, exclude, "
        "per-file-ignores",
    ),
    "one text instead of a list": (TABLE + 'parties = "a,b"', "parties: takes a list of texts"),
    "no party": (TABLE + "parties = []", "parties: takes one name at least"),
    "a party twice": (TABLE + 'parties = ["a", "a"]', "parties: 'a' is there twice"),
    "a party's name": (TABLE + 'parties = ["a b"]', "parties: 'a b' is not a party name"),
    "a split": (TABLE + 'split = "random"', "split: takes one of contiguous, iid, label_skew"),
    "a partition": (TABLE + 'partition = "auto"', "partition: takes one of horizontal, vertical"),
    "a label party": (TABLE + 'label-party = "a b"', "label-party: 'a b' is not a party name"),
    "several label parties": (TABLE + 'label-party = ["a"]', "label-party: takes one name"),
    "no key column": (TABLE + "on = []", "on: name 1 is empty"),
    "a key twice": (TABLE + 'on = ["id", "id"]', "on: a column is there twice"),
    "a code": (TABLE + 'ignore = ["FM231"]', "ignore: there is no diagnostic 'FM231'; did you"),
    "an error": (TABLE + 'ignore = ["FM901"]', "ignore: FM901 is an error and cannot be ignored"),
    "numbers": (TABLE + "exclude = [1]", "exclude: takes a list of texts"),
    "files as a list": (TABLE + 'per-file-ignores = ["a"]', "per-file-ignores: takes a table"),
    "a code of a file": (
        TABLE + 'per-file-ignores = { "a.py" = ["FM2"] }',
        "per-file-ignores.'a.py': there is no diagnostic 'FM2'",
    ),
    "no table": ("[tool]\nfedmigrate = 1", "[tool.fedmigrate] is not a table"),
    "no TOML": ("[tool.fedmigrate]\nsplit = iid", "is not valid TOML: "),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=list(REFUSED))
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    script = wrote(tmp_path, text + "\n")
    with pytest.raises(SettingsError, match=re.escape(message)) as raised:
        settings_for(script)
    assert str(raised.value).startswith(f"{tmp_path / 'pyproject.toml'}: ")
