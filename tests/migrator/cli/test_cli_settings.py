"""Settings and suppressions as the command line sees them: what wins, what is said, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

TABLE = "[tool.fedmigrate]\n"


def settings(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(TABLE + text, encoding="utf-8")


def test_settings_are_used_and_options_win(fedmigrate, script: Path) -> None:
    settings(script.parent, 'parties = ["north", "south"]\nsplit = "iid"\n')
    fedmigrate("convert", "train.py", "--parties", "x,y")
    output = (script.parent / "train_fed.py").read_text(encoding="utf-8")
    assert 'init(parties=["x", "y"], split="iid")' in output
    fedmigrate("convert", "train.py")
    output = (script.parent / "train_fed.py").read_text(encoding="utf-8")
    assert 'init(parties=["north", "south"], split="iid")' in output
    assert fedmigrate("convert", "train.py", "--check").returncode == 0


def test_standard_input_has_the_settings_of_the_folder(fedmigrate, script: Path) -> None:
    settings(script.parent, 'parties = ["north", "south"]\n')
    done = fedmigrate("convert", "-", stdin=script.read_bytes())
    assert b'init(parties=["north", "south"])' in done.stdout


def test_a_wrong_setting_ends_the_run(fedmigrate, script: Path, left: Path) -> None:
    settings(script.parent, 'spilt = "iid"\n')
    done = fedmigrate("convert", "train.py", "left.py")
    assert done.returncode == 2
    assert done.stdout == b""
    said = done.stderr.decode()
    assert said.count("has no key 'spilt'; did you mean 'split'?") == 1
    assert sorted(path.name for path in script.parent.iterdir()) == [
        "left.py",
        "pyproject.toml",
        "train.py",
    ]


def test_a_wrong_setting_is_not_looked_at_where_there_is_nothing_to_convert(
    fedmigrate, tmp_path: Path
) -> None:
    settings(tmp_path, 'spilt = "iid"\n')
    (tmp_path / "a.py").write_text("import sys\n", encoding="utf-8")
    assert fedmigrate("convert", "a.py", "--check").returncode == 0


def test_excluded_scripts_are_passed_over_unless_named(fedmigrate, script: Path) -> None:
    settings(script.parent, 'exclude = ["old"]\n')
    (script.parent / "old").mkdir()
    (script.parent / "old/train.py").write_bytes(script.read_bytes())
    assert fedmigrate("convert", ".").returncode == 0
    assert (script.parent / "train_fed.py").is_file()
    assert not (script.parent / "old/train_fed.py").exists()
    fedmigrate("convert", "old/train.py")
    assert (script.parent / "old/train_fed.py").is_file()


def test_ignored_codes_need_nobody(fedmigrate, left: Path) -> None:
    settings(left.parent, 'ignore = ["FM113"]\nper-file-ignores = { "left.py" = ["FM201"] }\n')
    done = fedmigrate("convert", "left.py")
    assert done.returncode == 0
    assert b"FM" not in done.stderr
    assert b"fedmigrate: FM" not in (left.parent / "left_fed.py").read_bytes()


def test_suppressed_findings_are_listed_when_asked_for(fedmigrate, left: Path) -> None:
    text = left.read_text(encoding="utf-8")
    accepted = text.replace("Classifier()\n", "Classifier()  # fedmigrate: ignore[FM201]\n")
    assert accepted != text
    left.write_text(accepted, encoding="utf-8")
    done = fedmigrate("convert", "left.py")
    assert done.returncode == 0
    assert b"FM201" not in done.stderr
    listed = fedmigrate("convert", "left.py", "--verbose")
    assert b"left.py:8  FM201  suppressed: KNeighborsClassifier is left: " in listed.stderr
    (file,) = json.loads(fedmigrate("convert", "left.py", "--format", "json").stdout)["files"]
    assert [found["code"] for found in file["suppressed"]] == ["FM201"]
    assert [found["code"] for found in file["diagnostics"]] == ["FM113"]


def test_traps_are_said_and_change_neither_code_nor_exit_code(fedmigrate, script: Path) -> None:
    done = fedmigrate("convert", "train.py")
    assert done.returncode == 0
    assert b"train.py:10  FM113  LogisticRegression is scored on rows" in done.stderr
    assert b"FM113" not in (script.parent / "train_fed.py").read_bytes()


def test_a_suppression_that_does_nothing_is_said(fedmigrate, script: Path) -> None:
    script.write_bytes(script.read_bytes() + b"z = 1  # fedmigrate: ignore[FM205, FM999]\n")
    done = fedmigrate("convert", "train.py")
    assert done.returncode == 0
    assert b"train.py:11  FM122  ignore[FM205] suppresses nothing here" in done.stderr
    assert b"train.py:11  FM121  a suppression names FM999, which is no code" in done.stderr
